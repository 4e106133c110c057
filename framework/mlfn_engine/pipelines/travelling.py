"""What a state machine looks into, and how much room that leaves each value: the rest may travel as references.

Between states travel 262,144 bytes at most. A value that does not fit is kept in S3 and referred to; what conditions
compare, lists that are looped over and objects whose keys are taken have to stay. Everything here is worked out
from the graph, before any value is known.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from mlfn.runtime.calls import ROOM
from mlfn_engine.canonical import canonical
from mlfn_engine.pipelines.graph import (
    Ask,
    Assign,
    Carried,
    Choose,
    Comparison,
    Constant,
    Fan,
    Field,
    ForEach,
    Inner,
    Invoke,
    ListOf,
    Logic,
    Negation,
    Node,
    ObjectOf,
    Return,
    Value,
    Variable,
    Wait,
    all_nodes,
    parts_of,
    variables_in,
    ways_of,
    with_ways,
)

if TYPE_CHECKING:
    from collections.abc import Iterable

    from mlfn_engine.values import Travel

Plan = Any
"""As `mlfn.runtime.spilling` has it."""
BUDGET = 196_608
"""Bytes for the values in a state's payload; the rest is for records, the caller and names."""
SHORT = 100
"""Bytes of a constant that is shorter than all that is ever kept elsewhere."""
_INPUT = "input"


def with_room(nodes: tuple[Node, ...]) -> tuple[tuple[Node, ...], Travel]:
    """The nodes, their calls knowing how their answers travel; and how the pipeline's input does."""
    looks = _Looks()
    before = None
    while before != (before := looks.state()):
        looks.visit(nodes)
    loads = _Loads(looks.copied)
    loads.visit(nodes)
    known = _Known(looks=looks, unit=BUDGET // loads.heaviest)
    return known.nodes(nodes, ()), known.carried(_INPUT, ())


def merged(one: Plan, other: Plan) -> Plan:
    """What has to stay for both."""
    if one is True or other is True:
        return True
    if isinstance(one, list) and isinstance(other, list):
        return [merged(one[0], other[0])]
    if isinstance(one, dict) and isinstance(other, dict):
        return {key: merged(one.get(key, {}), other.get(key, {})) for key in dict.fromkeys((*one, *other))}
    return (one or other) if not one or not other else True


class _Looks:
    """What is looked into, by variable; visited again until nothing is new, since values flow from one to the next."""

    def __init__(self) -> None:
        self.plans: dict[str, Plan] = {}
        self.copied: set[str] = set()
        """Variables that each iteration of a loop passes on: their size counts as often as there are items."""

    def state(self) -> tuple[str, int]:
        return repr(self.plans), len(self.copied)

    def visit(self, nodes: Iterable[Node]) -> None:
        for node in all_nodes(nodes):
            self._node(node)

    def _node(self, node: Node) -> None:
        match node:
            case Invoke(arguments=arguments):
                for _, value in arguments:
                    self._take(value, {})
            case Choose(condition=value) | Wait(seconds=value):
                self._take(value, True)
            case Return(value=value) | Ask(about=value):
                self._take(value, {})
            case ForEach():
                self._loop(node)
            case _:
                for variable, value in _flows(node):
                    self._flow(value, variable)

    def _loop(self, node: ForEach) -> None:
        self._take(node.items, [self.plans.get(node.item.name, {})])
        plan = self.plans.get(node.result.name, {})
        self._take(node.value, _of_items(plan))
        own = {node.item.name, *_assigned(node.body)}
        self.copied |= _names(node.value) - own
        if node.result.name in self.copied:
            self.copied |= _names(node.value)
        if node.item.name in self.copied:
            self.copied |= _names(node.items)

    def _flow(self, value: Value, into: Variable) -> None:
        self._take(value, self.plans.get(into.name, {}))
        if into.name in self.copied:
            self.copied |= _names(value)

    def _take(self, value: Value, plan: Plan) -> None:
        match value:
            case Variable(name=name):
                self.plans[name] = merged(self.plans.get(name, {}), plan)
            case Field(of=of, key=key):
                self._take(of, {key: plan})
            case ListOf(items=items):
                for item in items:
                    self._take(item, _of_items(plan))
            case ObjectOf(entries=entries):
                for key, each in entries:
                    self._take(each, plan.get(key, {}) if isinstance(plan, dict) else plan)
            case _:
                for part, needed in _compared(value):
                    self._take(part, needed)


class _Loads:
    """How many answers the payload of a state may hold at once, those of a loop counting as one."""

    def __init__(self, copied: set[str]) -> None:
        self._copied = copied
        self._weights: dict[str, int] = {}
        self.heaviest = 1

    def visit(self, nodes: Iterable[Node]) -> None:
        for node in nodes:
            if isinstance(node, ForEach):
                self._weights[node.item.name] = self._load(node.items)
            for way in ways_of(node):
                self.visit(way)
            self._node(node)

    def _node(self, node: Node) -> None:
        match node:
            case Invoke(arguments=arguments):
                self._load(*(value for _, value in arguments))
            case Return(value=value) | Ask(about=value):
                self._load(value)
            case ForEach(result=result, value=value):
                self._flow((result, value))
            case _:
                self._flow(*_flows(node))

    def _flow(self, *pairs: tuple[Variable, Value]) -> None:
        self._load(*(value for _, value in pairs))
        for variable, value in pairs:
            self._weights[variable.name] = max(self._weights.get(variable.name, 0), self._load(value))

    def _load(self, *values: Value) -> int:
        names = [each.name for value in values if not _is_bool(value) for each in variables_in(value)]
        total = sum(self._weights.get(name, 1) for name in names if name not in self._copied)
        self.heaviest = max(self.heaviest, total)
        return total


@dataclass(frozen=True, slots=True, kw_only=True)
class _Known:
    """What has been found out."""

    looks: _Looks
    unit: int

    def nodes(self, nodes: tuple[Node, ...], lists: tuple[Value, ...]) -> tuple[Node, ...]:
        def inside(node: Node, way: tuple[Node, ...]) -> tuple[Node, ...]:
            return self.nodes(way, (*lists, node.items) if isinstance(node, ForEach) else lists)

        return tuple(
            replace(node, carried=self.carried(node.result.name, lists))
            if isinstance(node, Invoke)
            else with_ways(node, inside)
            for node in nodes
        )

    def carried(self, name: str, lists: tuple[Value, ...]) -> Carried:
        plan = self.looks.plans.get(name, {})
        if name in self.looks.copied:
            return Carried(room=0, inline=plan)
        return Carried(room=self.unit if lists else min(self.unit, ROOM), lists=lists, inline=plan)


def _compared(value: Value) -> tuple[tuple[Value, Plan], ...]:
    """What a condition looks at, and how."""
    match value:
        case Comparison(operator="=" | "!=" | "in", left=left, right=right) if _is_short(right):
            return ((left, {}),)  # a reference is none of these constants, nor is what it refers to
        case Comparison(operator="in", left=left, right=right) if _is_short(left):
            return ((right, [{}]),)
    return tuple((part, True) for part in parts_of(value))


def _is_short(value: Value) -> bool:
    """Constants, each too short to be kept elsewhere."""
    match value:
        case Constant(json=data):
            each = data if isinstance(data, list) else [data]
            return all(len(canonical(item).encode()) < SHORT for item in each)
        case ListOf(items=items):
            return all(map(_is_short, items))
    return False


def _of_items(plan: Plan) -> Plan:
    return plan[0] if isinstance(plan, list) else plan


def _flows(node: Node) -> tuple[tuple[Variable, Value], ...]:
    """The variables that a node assigns together, with their values."""
    match node:
        case Assign(values=values):
            return values
        case Fan(branches=branches):
            return tuple((branch.result, branch.value) for branch in branches)
        case Inner(body=body, result=result):
            return tuple((result, value) for value in _returned(body))
    return ()


def _is_bool(value: Value) -> bool:
    return isinstance(value, Comparison | Logic | Negation)


def _names(value: Value) -> set[str]:
    return {each.name for each in variables_in(value)}


def _returned(nodes: Iterable[Node]) -> Iterable[Value]:
    """The values that a pipeline gives to the one that calls it; those of pipelines inside it go no further."""
    for node in nodes:
        if isinstance(node, Return):
            yield node.value
        if not isinstance(node, Inner):
            for way in ways_of(node):
                yield from _returned(way)


def _assigned(nodes: Iterable[Node]) -> set[str]:
    """The variables that nodes assign."""
    names: set[str] = set()
    for node in all_nodes(nodes):
        match node:
            case Invoke(result=result) | Ask(result=result) | Inner(result=result) | ForEach(result=result):
                names.add(result.name)
            case Assign(values=values):
                names |= {variable.name for variable, _ in values}
            case Fan(branches=branches):
                names |= {branch.result.name for branch in branches}
    return names
