"""The parts of a JSONPath, and the nodes each of them selects."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, assert_never

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mlfn_localstack.services.stepfunctions.asl.jsonpath_filter import Filter


@dataclass(frozen=True, slots=True)
class Name:
    """One member of an object."""

    name: str


@dataclass(frozen=True, slots=True)
class Names:
    """Some members of an object, as an object."""

    names: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Index:
    """One element of an array."""

    index: int


@dataclass(frozen=True, slots=True)
class Indexes:
    """Some elements of an array."""

    indexes: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Slice:
    """A range of an array."""

    start: int | None
    stop: int | None
    step: int | None


@dataclass(frozen=True, slots=True)
class Wildcard:
    """Every child."""


@dataclass(frozen=True, slots=True)
class Descend:
    """The node itself and everything below it."""


@dataclass(frozen=True, slots=True)
class Where:
    """The children for which a filter holds."""

    test: Filter


Segment = Name | Names | Index | Indexes | Slice | Wildcard | Descend | Where


def bracket_of(segment: Segment) -> str:
    """A segment in brackets, as causes show it."""
    match segment:
        case Name(name):
            return f"['{name}']"
        case Names(names):
            return "[" + ",".join(json.dumps(name) for name in names) + "]"
        case Index(index):
            return f"[{index}]"
        case _:
            return ""


def children(segment: Segment, node: Any) -> Iterator[Any]:
    """The nodes that a segment selects below a node."""
    match segment:
        case Name() | Names():
            return _members(segment, node)
        case Index() | Indexes() | Slice():
            return _elements(segment, node)
        case Wildcard():
            return iter(_values(node))
        case Descend():
            return _descend(node)
        case Where(test):
            return (child for child in _values(node) if test(child))
        case _:
            assert_never(segment)


def _members(segment: Name | Names, node: Any) -> Iterator[Any]:
    if not isinstance(node, dict):
        return
    if isinstance(segment, Names):
        yield {name: node[name] for name in segment.names if name in node}
    elif segment.name in node:
        yield node[segment.name]


def _elements(segment: Index | Indexes | Slice, node: Any) -> Iterator[Any]:
    if not isinstance(node, list):
        return
    if isinstance(segment, Slice):
        yield from node[segment.start : segment.stop : segment.step]
        return
    indexes = (segment.index,) if isinstance(segment, Index) else segment.indexes
    yield from (node[index] for index in indexes if -len(node) <= index < len(node))


def _values(node: Any) -> list[Any]:
    if isinstance(node, dict):
        return list(node.values())
    return list(node) if isinstance(node, list) else []


def _descend(node: Any) -> Iterator[Any]:
    yield node
    for child in _values(node):
        yield from _descend(child)
