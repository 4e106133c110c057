"""Arguments that are known when a pipeline is compiled: of step(), Retry(), limit() and except."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING, Any

from mlfn.errors import MlfnError
from mlfn.steps import Retry, Step, step
from mlfn_engine.pipelines.reading.scope import MISSING, undefined
from mlfn_engine.pipelines.reading.source import Refusal

if TYPE_CHECKING:
    from collections.abc import Callable

    from mlfn_engine.pipelines.reading.scope import Block

_NOW = "Write it out here, or name a constant of the module."


def static(node: ast.expr, block: Block) -> Any:
    """The Python value of an argument.

    Raises:
        Refusal: it is only known when the pipeline runs.
    """
    match node:
        case ast.Constant(value=value):
            return value
        case ast.UnaryOp(op=ast.USub(), operand=ast.Constant(value=int() | float() as number)):
            return -number
        case ast.List(elts=items) | ast.Tuple(elts=items):
            return [static(each, block) for each in items]
        case ast.Call(func=func) if block.outside(func) is Retry:
            return made(node, Retry, block)
        case ast.Name() | ast.Attribute() if (found := block.outside(node)) is not MISSING:
            return found
        case ast.Name(id=name) if name not in block.scope:
            raise undefined(node, block)
    raise Refusal(node, f"{ast.unparse(node)} is not known when the pipeline is compiled.", _NOW)


def made(node: ast.Call, function: Callable[..., Any], block: Block) -> Any:
    """What a call gives whose arguments are all known.

    Raises:
        Refusal: one is not known, or the function does not take it.
    """
    if any(each.arg is None for each in node.keywords):
        raise Refusal(node, f"{ast.unparse(node.func)} is called with **.", "Write the arguments out.")
    positional = [static(each, block) for each in node.args]
    named = {str(each.arg): static(each.value, block) for each in node.keywords}
    try:
        return function(*positional, **named)
    except MlfnError as error:
        raise Refusal(node, error.message, error.hint) from error
    except TypeError as error:
        sentence = str(error).replace(".__init__", "")
        raise Refusal(node, f"{sentence}.", "Correct the arguments.") from error


def step_of(node: ast.expr, block: Block) -> Step | None:
    """The step that a called expression makes or names, if it is one: `step(model, …)`, or a constant that holds it."""
    if isinstance(node, ast.Call):
        return made(node, step, block) if block.outside(node.func) is step else None
    found = block.outside(node)
    return found if isinstance(found, Step) else None
