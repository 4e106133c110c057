"""What names mean inside a pipeline: its own variables, then what Python would find."""

from __future__ import annotations

import ast
import builtins
import difflib
import inspect
import re
from dataclasses import dataclass, field, replace
from types import ModuleType
from typing import TYPE_CHECKING, Any, Protocol

from mlfn_engine.pipelines.graph import Callee, Field, Node, Value, Variable, records_of
from mlfn_engine.pipelines.reading.names import Names
from mlfn_engine.pipelines.reading.source import Refusal
from mlfn_engine.pipelines.types import without_none

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path

    from mlfn_engine.declarations.problems import Problem
    from mlfn_engine.values import PipelineMode

MISSING = object()
ON_ONE_WAY = ("is not assigned on every way here", "Assign it before the if, or in else too.")
IN_TRY = (
    "may or may not have its value from inside the try",
    "Assign it before the try under another name, or inside this except.",
)
BESIDE = ("is assigned by a branch that runs at the same time", "Write this line after the with.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Unknown:
    """The value of a statement that could not be compiled; nothing more is said about it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Caught:
    """An error that a handler names: the variable holds its type and message."""

    variable: Variable


Local = Value | Unknown | Caught
"""What a name of a pipeline can hold."""


class CompileInner(Protocol):
    """Compiles the body of a pipeline that another one calls."""

    def __call__(self, callee: Callee, scope: dict[str, Local], block: Block) -> tuple[Node, ...]:
        """Its nodes; what is wrong goes to the context's problems."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Context:
    """What is the same everywhere in a pipeline."""

    callees: tuple[Callee, ...]
    root: Path
    timeout_s: int
    """The pipeline's own."""
    outside: dict[str, Any]
    """What Python's own lookup finds: closure, globals, builtins."""
    mode: PipelineMode
    """The outermost pipeline's."""
    inside: tuple[Callable[..., Any], ...]
    """The pipelines whose bodies this is inside of, outermost first."""
    compile_inner: CompileInner
    names: Names = field(default_factory=Names)
    problems: list[Problem] = field(default_factory=list)


def outside_of(function: Callable[..., Any]) -> dict[str, Any]:
    """What the names in a function's body mean to Python, but for its own."""
    code = inspect.unwrap(function)
    closure = inspect.getclosurevars(code)
    return {**vars(builtins), **code.__globals__, **closure.nonlocals}


@dataclass(slots=True, kw_only=True)
class Handling:
    """A handler being compiled: where the error is kept as it came, once something raises it again."""

    error: str | None
    """The error's name in the source."""
    raised: Variable | None = None


@dataclass(slots=True, kw_only=True)
class Block:
    """Statements being compiled: the local names so far, and the nodes they became."""

    context: Context
    scope: dict[str, Local]
    nodes: list[Node] = field(default_factory=list)
    narrowed: set[str] = field(default_factory=set)
    """Names and dotted paths that are known not to be None here."""

    lost: dict[str, tuple[str, str]] = field(default_factory=dict)
    """Names that cannot be used here though they are assigned above: why, and what to write instead."""
    handling: Handling | None = None
    """The handler that this is inside of."""
    tried: bool = False
    """It is inside the body of a try."""

    def child(self) -> Block:
        """A block inside this one, that sees its names and leaves them alone."""
        return replace(self, scope=dict(self.scope), nodes=[], narrowed=set(self.narrowed), lost=dict(self.lost))

    def lose(self, name: str, why: tuple[str, str]) -> None:
        """Let a name hold nothing from here on."""
        self.scope.pop(name, None)
        self.lost[name] = why

    def assign(self, name: str, value: Local) -> None:
        """Let a name hold a value from here on."""
        self.scope[name] = value
        self.lost.pop(name, None)
        self.narrowed = {each for each in self.narrowed if not re.match(rf"{name}\b", each)}

    def narrow(self, node: ast.expr, value: Value) -> Value:
        """`value`, without None in its type if a condition ruled it out."""
        if isinstance(value, (Variable, Field)) and ast.unparse(node) in self.narrowed:
            return replace(value, type=without_none(value.type))
        return value

    def fresh(self, name: str, hint: Any, sources: Iterable[Value] = ()) -> Variable:
        """A new workflow variable; the records of `sources` travel with it."""
        variable = self.context.names.variable(name)
        records = tuple(dict.fromkeys(record for each in sources for record in records_of(each)))
        return Variable(name=variable, type=hint, records=records)

    def answer(self, name: str, hint: Any) -> Variable:
        """A new workflow variable for what a model answers, with a record of its own."""
        variable = self.context.names.variable(name)
        return Variable(name=variable, type=hint, records=(f"{variable}_record",))

    def local(self, node: ast.Name) -> Local | None:
        """What a local name holds, or None if there is no such name."""
        return self.scope.get(node.id)

    def outside(self, node: ast.expr) -> Any:
        """The Python object that a name or dotted name means outside the pipeline, or MISSING."""
        match node:
            case ast.Name(id=name) if name not in self.scope:
                return self.context.outside.get(name, MISSING)
            case ast.Attribute(value=of, attr=name):
                owner = self.outside(of)
                return getattr(owner, name, MISSING) if isinstance(owner, (ModuleType, type)) else MISSING
        return MISSING


def undefined(node: ast.Name, block: Block) -> Refusal:
    """The refusal of a name that means nothing."""
    if node.id in block.lost:
        reason, step = block.lost[node.id]
        return Refusal(node, f"{node.id} {reason}.", step)
    known = [*block.scope, *(name for name in block.context.outside if not hasattr(builtins, name))]
    close = difflib.get_close_matches(node.id, known, n=1)
    step = f"Did you mean {close[0]}?" if close else "Assign it first, or import it at module level."
    return Refusal(node, f"{node.id} is not defined.", step)
