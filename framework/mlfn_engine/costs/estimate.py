"""What an app costs a month as it is and as it would be."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import reduce
from operator import add
from typing import TYPE_CHECKING, TypeVar

from mlfn_audit.traffic import Traffic
from mlfn_engine.costs.billing import THOUSAND, Item, added, call_bill, function_bill, machine_bill, total
from mlfn_engine.declarations.naming import INGRESS_KEY

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from mlfn_engine.costs.billing import Bill
    from mlfn_engine.costs.prices import Prices
    from mlfn_engine.costs.shapes import AppShape, FunctionShape, MachineShape

LEFT_OUT = (
    "taxes, discounts and free tiers",
    "data transfer",
    "what initialises a new environment (Lambda bills it)",
    "payloads, large values and data in S3",
    "what models print",
    "lines of batches and repeated states",
    "retained versions' provisioned concurrency",
    "calls of the platform's own functions",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """What one function or pipeline costs."""

    name: str
    calls: float
    """A month."""
    mean_ms: float
    now: Bill
    after: Bill
    thousand: float | None = None
    """What 1,000 calls of 100 ms would cost, where there is no traffic to count with."""

    @property
    def difference(self) -> float:
        """What the plan adds a month."""
        return total(self.after) - total(self.now)

    @property
    def changed(self) -> Iterator[tuple[Item, float]]:
        """What of it the plan changes, and by how much."""
        for item in Item:
            if difference := self.after.get(item, 0.0) - self.now.get(item, 0.0):
                yield item, difference


@dataclass(frozen=True, slots=True, kw_only=True)
class Costs:
    """All there is to say about what an app costs."""

    lines: tuple[Line, ...]
    shared: Bill
    """What the stage costs without calls, whatever apps it has."""
    stored: Bill
    """What images and archives cost that are there now; new ones come on top."""
    prices: Prices
    is_whole: bool
    """Every record of the last 30 days was counted."""
    unknown: str | None = None
    """Why no traffic is known."""

    @property
    def now(self) -> float:
        """What the app costs a month as it is."""
        return sum(total(line.now) for line in self.lines) + total(self.stored)

    @property
    def after(self) -> float:
        """What it would cost."""
        return sum(total(line.after) for line in self.lines) + total(self.stored)


@dataclass(frozen=True, slots=True, kw_only=True)
class Basis:
    """What an estimate rests on."""

    prices: Prices
    prefix: str
    """What the app's names in AWS begin with: `<app>-<stage>-`."""
    traffic: Mapping[str, Traffic] = field(default_factory=dict)
    """By model and pipeline."""
    log_days: int = 365

    def lines(self, before: AppShape, after: AppShape) -> Iterator[Line]:
        """Each function and pipeline that there is or would be."""
        old, new = _by_name(before.functions), _by_name(after.functions)
        machines = {self._key(name) for name in {*_by_name(before.machines), *_by_name(after.machines)}}
        for name in sorted({*old, *new}):
            key = self._key(name)
            seen = [self.traffic[each] for each in machines if each in self.traffic] if key == INGRESS_KEY else []
            traffic = reduce(add, seen, self.traffic.get(key, Traffic()))
            yield self._line(key, traffic, self._function(key, old.get(name)), self._function(key, new.get(name)))
        was, would = _by_name(before.machines), _by_name(after.machines)
        for name in sorted({*was, *would}):
            key = self._key(name)
            traffic = self.traffic.get(key, Traffic())
            yield self._line(key, traffic, self._machine(was.get(name)), self._machine(would.get(name)))

    def _key(self, name: str) -> str:
        return name.removeprefix(self.prefix)

    def _line(self, key: str, traffic: Traffic, now: _Priced, after: _Priced) -> Line:
        thousand = None if traffic.calls else total(after(THOUSAND)) - total(after(Traffic()))
        return Line(
            name=key,
            calls=traffic.calls,
            mean_ms=traffic.mean_ms,
            now=now(traffic),
            after=after(traffic),
            thousand=thousand or None,
        )

    def _function(self, key: str, shape: FunctionShape | None) -> _Priced:
        return _Priced(function=shape, is_front_door=key == INGRESS_KEY, basis=self)

    def _machine(self, shape: MachineShape | None) -> _Priced:
        return _Priced(machine=shape, basis=self)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Priced:
    """A function or a pipeline; neither, and it costs nothing."""

    basis: Basis
    function: FunctionShape | None = None
    machine: MachineShape | None = None
    is_front_door: bool = False
    """Its calls are the pipelines', and counted there."""

    def __call__(self, traffic: Traffic) -> Bill:
        """The bill of a month with this traffic."""
        prices, days = self.basis.prices, self.basis.log_days
        if self.function:
            own = function_bill(self.function, traffic, prices)
            return own if self.is_front_door else added(own, call_bill(traffic, days, prices))
        if self.machine:
            return added(machine_bill(self.machine, traffic, days, prices), call_bill(traffic, days, prices))
        return {}


_Shape = TypeVar("_Shape", "FunctionShape", "MachineShape")


def _by_name(shapes: Iterable[_Shape]) -> dict[str, _Shape]:
    return {shape.name: shape for shape in shapes}
