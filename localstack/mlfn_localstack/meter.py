"""How services publish metrics of their own: counted in memory on the hot path, handed to CloudWatch once a second."""

from __future__ import annotations

import asyncio
import itertools
import logging
from collections.abc import Hashable
from typing import TYPE_CHECKING, Any, Generic, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from mlfn_localstack.service import Gateway

FLUSH_S = 1.0
_MAX_DATUMS = 1_000
_MAX_VALUES = 150
"""Values of one datum (PutMetricData)."""
_LOG = logging.getLogger(__name__)

Subject = TypeVar("Subject", bound=Hashable)


class Meter(Generic[Subject]):
    """Counts values about subjects; `dimension_sets` says under which dimensions each subject's are published."""

    def __init__(
        self,
        gateway: Gateway,
        principal: str,
        namespace: str,
        dimension_sets: Callable[[Subject], list[Mapping[str, str]]],
    ) -> None:
        self._gateway = gateway
        self._principal = principal
        self._namespace = namespace
        self._dimension_sets = dimension_sets
        self._counted: dict[tuple[Subject, str, str], dict[float, int]] = {}
        self._timer: asyncio.TimerHandle | None = None
        self._flushing: set[asyncio.Task[None]] = set()

    def add(self, subject: Subject, metric: str, unit: str, value: float) -> None:
        """Count a value; costs about a microsecond."""
        values = self._counted.get((subject, metric, unit))
        if values is None:
            values = self._counted[subject, metric, unit] = {}
            if self._timer is None:
                self._timer = asyncio.get_running_loop().call_later(FLUSH_S, self._flush_soon)
        values[value] = values.get(value, 0) + 1

    async def stop(self) -> None:
        """Hand over what is counted, and count no more."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        await asyncio.gather(*self._flushing)
        await self._flush()

    def _flush_soon(self) -> None:
        self._timer = None
        task = asyncio.create_task(self._flush())
        self._flushing.add(task)
        task.add_done_callback(self._flushing.discard)

    async def _flush(self) -> None:
        counted, self._counted = self._counted, {}
        datums = list(self._datums(counted))
        try:
            for start in range(0, len(datums), _MAX_DATUMS):
                params = {"Namespace": self._namespace, "MetricData": datums[start : start + _MAX_DATUMS]}
                await self._gateway.call("cloudwatch", "PutMetricData", params, principal=self._principal)
        except Exception:  # whatever is wrong with metrics must not disturb what they are about
            _LOG.exception("Metrics of %s were lost", self._namespace)

    def _datums(self, counted: Mapping[tuple[Subject, str, str], Mapping[float, int]]) -> Iterator[dict[str, Any]]:
        for (subject, metric, unit), values in counted.items():
            for dimensions, start in itertools.product(
                self._dimension_sets(subject), range(0, len(values), _MAX_VALUES)
            ):
                part = list(values.items())[start : start + _MAX_VALUES]
                yield {
                    "MetricName": metric,
                    "Dimensions": [{"Name": name, "Value": value} for name, value in dimensions.items()],
                    "Unit": unit,
                    "Values": [value for value, _ in part],
                    "Counts": [times for _, times in part],
                }
