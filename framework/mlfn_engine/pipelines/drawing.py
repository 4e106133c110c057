"""Draws a pipeline: what runs, in which order, with which types, and where errors go."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, assert_never

from mlfn_engine.drawings.drawing import Arrow, Drawing, Kind, Shape
from mlfn_engine.pipelines.graph import (
    Ask,
    Assign,
    Choose,
    Constant,
    Fan,
    ForEach,
    Inner,
    Invoke,
    Node,
    Raise,
    Return,
    Try,
    Wait,
)
from mlfn_engine.pipelines.types import show

if TYPE_CHECKING:
    from mlfn_engine.pipelines.graph import Handler


_YES, _NO = "yes", "no"
_Work = Invoke | Ask | ForEach | Fan | Inner
"""A node that may fail."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Loose:
    """An arrow that has no target yet."""

    source: str
    label: str
    on_error: bool = False


@dataclass(slots=True, kw_only=True)
class _Level:
    """A level being drawn."""

    prefix: str
    shapes: list[Shape] = field(default_factory=list)
    arrows: list[Arrow] = field(default_factory=list)
    handlers: tuple[tuple[str, list[_Loose]], ...] = ()
    """For each handler of the tries around, innermost first: its errors, and the arrows that lead to it."""
    end: str | None = None

    def drawing(self) -> Drawing:
        """The level as a value."""
        return Drawing(shapes=tuple(self.shapes), arrows=_joined(self.arrows))

    def sequence(self, nodes: tuple[Node, ...], loose: list[_Loose]) -> list[_Loose]:
        """Draw nodes after the loose arrows; the arrows that are loose then."""
        for node in nodes:
            loose = self._node(node, loose)
        return loose

    def add(self, label: str, kind: Kind, loose: list[_Loose], levels: tuple[Drawing, ...] = ()) -> str:
        """A shape, which the loose arrows lead to."""
        name = f"{self.prefix}{len(self.shapes)}"
        self.shapes.append(Shape(name=name, label=label, kind=kind, levels=levels))
        self.join(loose, name)
        return name

    def join(self, loose: list[_Loose], target: str) -> None:
        """Let loose arrows lead to a shape."""
        for each in loose:
            self.arrows.append(Arrow(source=each.source, target=target, label=each.label, on_error=each.on_error))

    def _node(self, node: Node, loose: list[_Loose]) -> list[_Loose]:  # noqa: C901 - a line for each kind of node
        match node:
            case Invoke() | Ask() | ForEach() | Fan() | Inner():
                return self._work(node, loose)
            case Choose():
                choice = self.add(node.state, Kind.CHOICE, loose)
                then = self.sequence(node.then, [_Loose(source=choice, label=_YES)])
                return then + self.sequence(node.otherwise, [_Loose(source=choice, label=_NO)])
            case Wait(seconds=seconds):
                label = f"wait {seconds.json} s" if isinstance(seconds, Constant) else "wait"
                return [_Loose(source=self.add(label, Kind.WAIT, loose), label="")]
            case Raise():
                self.add("raise", Kind.RAISE, loose)
                return []
            case Try():
                return self._try(node, loose)
            case Return():
                if self.end is not None:
                    self.join(loose, self.end)
                return []
            case Assign():
                return loose
        assert_never(node)

    def _work(self, node: _Work, loose: list[_Loose]) -> list[_Loose]:
        name = self.add(*_look(node), loose, self._inside(node))
        for errors, leading in self.handlers:
            leading.append(_Loose(source=name, label=errors, on_error=True))
            if errors == "Exception":
                break
        return [_Loose(source=name, label=_gives(node))]

    def _inside(self, node: _Work) -> tuple[Drawing, ...]:
        prefix = f"{self.prefix}{len(self.shapes)}_"
        match node:
            case Invoke() | Ask():
                return ()
            case ForEach(body=body) | Inner(body=body):
                return _levels(prefix, body)
            case Fan(branches=branches):
                ways = [_levels(f"{prefix}{number}_", each.body) for number, each in enumerate(branches)]
                return tuple(level for way in ways for level in way)
        assert_never(node)

    def _try(self, node: Try, loose: list[_Loose]) -> list[_Loose]:
        outer = self.handlers
        own: tuple[tuple[str, list[_Loose]], ...] = tuple((_errors(each), []) for each in node.handlers)
        self.handlers = (*own, *outer)
        ends = self.sequence(node.body, loose)
        self.handlers = outer
        ends = self.sequence(node.otherwise, ends)
        for handler, (_, leading) in zip(node.handlers, own, strict=True):
            ends = ends + self.sequence(handler.body, leading)
        return ends


def draw(nodes: tuple[Node, ...], takes: Any, gives: Any) -> Drawing:
    """The drawing of a pipeline that takes a value of one type and gives one of another."""
    level = _Level(prefix="s")
    start = level.add("start", Kind.END, [])
    level.end = level.add("end", Kind.END, [])
    level.sequence(nodes, [_Loose(source=start, label=show(takes))])
    arrows = [_last(each, show(gives)) if each.target == level.end else each for each in level.arrows]
    return Drawing(shapes=tuple(level.shapes), arrows=_joined(arrows))


def _joined(arrows: list[Arrow]) -> tuple[Arrow, ...]:
    """One arrow for all errors that lead from one shape to another."""
    found: dict[tuple[str, str, bool], Arrow] = {}
    for each in arrows:
        key = (each.source, each.target, each.on_error)
        before = found.get(key)
        labels = dict.fromkeys([before.label, each.label] if before else [each.label])
        found[key] = replace(each, label=", ".join(labels))
    return tuple(found.values())


def _last(arrow: Arrow, gives: str) -> Arrow:
    """An arrow to the end, labelled by what the pipeline gives."""
    if arrow.on_error:
        return arrow
    return replace(arrow, label=f"{arrow.label}: {gives}" if arrow.label in (_YES, _NO) else gives)


def _levels(prefix: str, body: tuple[Node, ...]) -> tuple[Drawing, ...]:
    level = _Level(prefix=prefix)
    level.sequence(body, [])
    return (level.drawing(),) if level.shapes else ()


def _look(node: _Work) -> tuple[str, Kind]:
    match node:
        case Invoke(state=state, again=again):
            return (f"{state}, {again.more + 1} attempts" if again else state), Kind.STEP
        case Ask(state=state):
            return state, Kind.PERSON
        case ForEach(state=state, at_once=at_once):
            return (f"{state}, {at_once} at once" if at_once else state), Kind.MAP
        case Fan():
            return "parallel", Kind.PARALLEL
        case Inner(pipeline=pipeline):
            return pipeline, Kind.PIPELINE
    assert_never(node)


def _gives(node: _Work) -> str:
    if isinstance(node, Fan):
        return ", ".join(show(branch.result.type) for branch in node.branches)
    return show(node.result.type)


def _errors(handler: Handler) -> str:
    return ", ".join("Exception" if each == "States.ALL" else each for each in handler.errors)
