"""A pipeline as a typed graph: values that are reshaped, and nodes that run one after another."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, assert_never

from mlfn_engine.values import Travel

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from mlfn_engine.declarations.signatures import Signature


@dataclass(frozen=True, slots=True, kw_only=True)
class Callee:
    """A model, or another pipeline, that a pipeline may call."""

    name: str
    handler: Callable[..., Any]
    signature: Signature | None
    """None if the model's own declaration is wrong: calls of it are then not checked."""
    timeout_s: int
    has_own_timeout: bool = False
    """Its time is declared, not the default."""
    is_pipeline: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Again:
    """When a step is tried again: after errors of these names, so many times more."""

    errors: tuple[str, ...]
    more: int
    delay_s: int
    backoff: float
    max_delay_s: int | None
    jitter: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Constant:
    """A value known when the pipeline is compiled."""

    json: Any
    type: Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Variable:
    """A workflow variable, with the variables that hold the ids of the records it stems from."""

    name: str
    type: Any
    records: tuple[str, ...]
    from_caller: bool = False
    """It holds what the caller sent, so fields with a default may be missing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """A field of an object; `default` stands in where a caller may leave it out."""

    of: Value
    key: str
    type: Any
    default: Constant | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ListOf:
    """A list built from values."""

    items: tuple[Value, ...]
    type: Any


@dataclass(frozen=True, slots=True, kw_only=True)
class ObjectOf:
    """An object built from values: a dict literal, or a dataclass, TypedDict or pydantic model."""

    entries: tuple[tuple[str, Value], ...]
    type: Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """A comparison of two values; `operator` is JSONata's."""

    operator: str
    left: Value
    right: Value
    type: Any = bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Logic:
    """Conditions joined by `and` or `or`."""

    operator: str
    conditions: tuple[Value, ...]
    type: Any = bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Negation:
    """The opposite of a condition."""

    condition: Value
    type: Any = bool


Value = Constant | Variable | Field | ListOf | ObjectOf | Comparison | Logic | Negation


@dataclass(frozen=True, slots=True, kw_only=True)
class Carried(Travel):
    """How a value travels between steps, where it may be inside of lists."""

    lists: tuple[Value, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Invoke:
    """A call of a model, its answer kept in a variable."""

    state: str
    callee: Callee
    arguments: tuple[tuple[str, Value], ...]
    result: Variable
    again: Again | None = None
    timeout_s: int | None = None
    """The step's own; None: the model's."""
    carried: Carried | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Ask:
    """A question to a person, the answer kept in a variable."""

    state: str
    about: Value
    by: tuple[str, ...]
    """Principals that may answer."""
    timeout_s: int | None
    """None: as long as the pipeline may take."""
    result: Variable


@dataclass(frozen=True, slots=True, kw_only=True)
class ForEach:
    """The same nodes for each item of a list, the values kept in a list."""

    state: str
    items: Value
    item: Variable
    body: tuple[Node, ...]
    value: Value
    """What one iteration gives."""
    result: Variable
    item_state: str
    value_state: str
    at_once: int | None = None
    """How many at the same time; None: as many as may be."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Assign:
    """Values kept in variables, together with the records they stem from."""

    state: str
    values: tuple[tuple[Variable, Value], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Choose:
    """One of two ways on; both meet after it unless they return."""

    state: str
    condition: Value
    then: tuple[Node, ...]
    otherwise: tuple[Node, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Branch:
    """One of the ways that run at the same time, and the variable that its value goes to."""

    body: tuple[Node, ...]
    value: Value
    value_state: str
    result: Variable


@dataclass(frozen=True, slots=True, kw_only=True)
class Fan:
    """Branches that run at the same time; it goes on when all have ended."""

    state: str
    branches: tuple[Branch, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Inner:
    """Another pipeline's nodes, which end in its value, kept in a variable."""

    state: str
    pipeline: str
    body: tuple[Node, ...]
    result: Variable
    again: Again | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Wait:
    """A pause."""

    state: str
    seconds: Value


@dataclass(frozen=True, slots=True, kw_only=True)
class Handler:
    """What happens after errors of these names."""

    errors: tuple[str, ...]
    error: Variable | None
    """Holds the error's type and message, if the handler names it."""
    raised: Variable | None
    """Holds the error as it came, if the handler raises it again."""
    body: tuple[Node, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Try:
    """Nodes whose errors have handlers, and what follows when there was none."""

    body: tuple[Node, ...]
    handlers: tuple[Handler, ...]
    otherwise: tuple[Node, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Raise:
    """The end by an error that came before."""

    state: str
    error: Variable


@dataclass(frozen=True, slots=True, kw_only=True)
class Return:
    """The pipeline's value."""

    state: str
    value: Value
    is_inner: bool = False
    """It goes to the pipeline that called this one, with the records it stems from."""


Node = Invoke | Ask | ForEach | Assign | Choose | Fan | Inner | Wait | Try | Raise | Return


def ways_of(node: Node) -> tuple[tuple[Node, ...], ...]:
    """The nodes inside a node, way by way."""
    match node:
        case ForEach(body=body) | Inner(body=body):
            return (body,)
        case Fan(branches=branches):
            return tuple(branch.body for branch in branches)
        case Choose(then=then, otherwise=otherwise):
            return (then, otherwise)
        case Try(body=body, handlers=handlers, otherwise=otherwise):
            return (body, *(handler.body for handler in handlers), otherwise)
        case Invoke() | Ask() | Assign() | Wait() | Raise() | Return():
            return ()
    assert_never(node)


def with_ways(node: Node, change: Callable[[Node, tuple[Node, ...]], tuple[Node, ...]]) -> Node:
    """A node with each of its ways changed; `change` gets the node, too."""
    match node:
        case ForEach(body=body) | Inner(body=body):
            return replace(node, body=change(node, body))
        case Fan(branches=branches):
            return replace(node, branches=tuple(replace(each, body=change(node, each.body)) for each in branches))
        case Choose(then=then, otherwise=otherwise):
            return replace(node, then=change(node, then), otherwise=change(node, otherwise))
        case Try(body=body, handlers=handlers, otherwise=otherwise):
            return replace(
                node,
                body=change(node, body),
                handlers=tuple(replace(each, body=change(node, each.body)) for each in handlers),
                otherwise=change(node, otherwise),
            )
        case Invoke() | Ask() | Assign() | Wait() | Raise() | Return():
            return node
    assert_never(node)


def all_nodes(nodes: Iterable[Node]) -> Iterator[Node]:
    """Nodes and those inside them, in the order of the source."""
    for node in nodes:
        yield node
        for way in ways_of(node):
            yield from all_nodes(way)


def can_fail(nodes: Iterable[Node]) -> bool:
    """Whether any of them, or of those inside them, may end in an error."""
    return any(isinstance(node, Invoke | Ask) for node in all_nodes(nodes))


def calls_in(nodes: Iterable[Node]) -> Iterator[Invoke]:
    """Every call of a model, those inside other nodes too."""
    return (node for node in all_nodes(nodes) if isinstance(node, Invoke))


def parts_of(value: Value) -> tuple[Value, ...]:
    """The values that a value is made of."""
    match value:
        case Field(of=part) | Negation(condition=part):
            return (part,)
        case Comparison(left=left, right=right):
            return (left, right)
        case ListOf(items=parts) | Logic(conditions=parts):
            return parts
        case ObjectOf(entries=entries):
            return tuple(part for _, part in entries)
        case Constant() | Variable():
            return ()
    assert_never(value)


def variables_in(value: Value) -> Iterator[Variable]:
    """The variables that a value takes something from, each time it does."""
    if isinstance(value, Variable):
        yield value
    for part in parts_of(value):
        yield from variables_in(part)


def questions_in(nodes: Iterable[Node]) -> Iterator[Ask]:
    """Every question to a person, those inside other nodes too."""
    return (node for node in all_nodes(nodes) if isinstance(node, Ask))


def records_of(value: Value) -> tuple[str, ...]:
    """The variables that hold the records a value stems from, each once."""
    return tuple(dict.fromkeys(record for each in variables_in(value) for record in each.records))


def is_from_caller(value: Value) -> bool:
    """The caller sent it, so fields with a default may be missing."""
    while isinstance(value, Field):
        value = value.of
    return isinstance(value, Variable) and value.from_caller


def replaced(value: Value, old: Variable, new: Variable) -> Value:  # noqa: C901 - a line for each kind of value
    """`value` with another variable in the place of one."""

    def again(part: Value) -> Value:
        return replaced(part, old, new)

    match value:
        case Constant():
            return value
        case Variable(name=name):
            return replace(value, name=new.name) if name == old.name else value
        case Field(of=of):
            return replace(value, of=again(of))
        case Negation(condition=condition):
            return replace(value, condition=again(condition))
        case Comparison(left=left, right=right):
            return replace(value, left=again(left), right=again(right))
        case ListOf(items=items):
            return replace(value, items=tuple(map(again, items)))
        case Logic(conditions=conditions):
            return replace(value, conditions=tuple(map(again, conditions)))
        case ObjectOf(entries=entries):
            return replace(value, entries=tuple((key, again(each)) for key, each in entries))
