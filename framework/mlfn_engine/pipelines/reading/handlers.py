"""try, except and raise: which errors of which steps go where."""

from __future__ import annotations

import ast
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from mlfn_engine.pipelines.error_names import ALL, error_names
from mlfn_engine.pipelines.graph import Field, Handler, Raise, Try, Value, can_fail
from mlfn_engine.pipelines.reading.merging import assigned_names, merge
from mlfn_engine.pipelines.reading.scope import IN_TRY, ON_ONE_WAY, Block, Caught, Handling, undefined
from mlfn_engine.pipelines.reading.source import Refusal
from mlfn_engine.pipelines.reading.static import static

if TYPE_CHECKING:
    from collections.abc import Callable

    Compile = Callable[[list[ast.stmt], Block], bool]

_RAISE_STEP = "Raise inside a model: the pipeline fails with its error."


def compile_try(node: ast.Try, block: Block, compile_statements: Compile) -> bool:
    """Add a try statement to a block; True if it ends in a return on every way.

    Raises:
        Refusal: a state machine cannot handle errors like this.
    """
    if node.finalbody:
        raise Refusal(node.finalbody[0], "A pipeline has no finally.", "Write it after the try, and in each except.")
    body = replace(block.child(), tried=True)
    ends = compile_statements(node.body, body)
    if not can_fail(body.nodes) and not block.context.problems:
        raise Refusal(node, "This try calls no model, so nothing in it fails.", "Remove the try.")
    if ends and node.orelse:
        raise Refusal(node.orelse[0], "This is never reached.", "Remove it, or the return before it.")
    otherwise = replace(body.child(), tried=block.tried)
    ends = compile_statements(node.orelse, otherwise) or ends
    ways = [] if ends else [otherwise]
    handlers: list[tuple[Handler, Block]] = []
    for each in node.handlers:
        _check_reachable(each, handlers)
        handler, way, returns = _handler(each, node, block, compile_statements)
        handlers.append((handler, way))
        ways += [] if returns else [way]
    merge(block, ways)
    block.nodes.append(
        Try(
            body=tuple(body.nodes),
            handlers=tuple(replace(handler, body=tuple(way.nodes)) for handler, way in handlers),
            otherwise=tuple(otherwise.nodes),
        )
    )
    return not ways


def _check_reachable(node: ast.ExceptHandler, before: list[tuple[Handler, Block]]) -> None:
    if any(handler.errors == ALL for handler, _ in before):
        raise Refusal(node, "This except is never reached.", "Write it before except Exception.")


def _handler(
    node: ast.ExceptHandler, tried: ast.Try, block: Block, compile_statements: Compile
) -> tuple[Handler, Block, bool]:
    errors = _errors(node, block)
    handling = Handling(error=node.name)
    way = replace(block.child(), handling=handling)
    for name in assigned_names(tried.body):
        way.lose(name, IN_TRY)
    error = None
    if node.name is not None:
        error = way.answer(node.name, Any)
        way.assign(node.name, Caught(variable=error))
    returns = compile_statements(node.body, way)
    if node.name is not None:
        way.lose(node.name, ON_ONE_WAY)
    return Handler(errors=errors, error=error, raised=handling.raised, body=()), way, returns


def _errors(node: ast.ExceptHandler, block: Block) -> tuple[str, ...]:
    if node.type is None:
        raise Refusal(node, "This except names no errors.", "Write except Exception for all of them.")
    found = static(node.type, block)
    classes = found if isinstance(found, (list, tuple)) else [found]
    for each in classes:
        if not isinstance(each, type) or not issubclass(each, Exception):
            sentence = f"{ast.unparse(node.type)} is not an exception that a model can raise."
            raise Refusal(node.type, sentence, "Name classes that derive from Exception.")
    return error_names(classes, block.context.root)


def raise_again(node: ast.Raise, block: Block) -> None:
    """Add the end of a handler by the error that it handles.

    Raises:
        Refusal: it is another error, or somebody else's handler would have to see it.
    """
    handling = block.handling
    if handling is None:
        raise Refusal(node, "A pipeline cannot raise.", _RAISE_STEP)
    is_same = node.exc is None or (isinstance(node.exc, ast.Name) and node.exc.id == handling.error)
    if not is_same or node.cause is not None:
        raise Refusal(node, "A pipeline can only raise what it caught.", f"Write raise alone. {_RAISE_STEP}")
    if block.tried:
        step = "Name the errors that are handled, and let the others pass to the outer try."
        raise Refusal(node, "A pipeline cannot raise inside another try.", step)
    if handling.raised is None:
        handling.raised = block.fresh(f"{handling.error or 'error'}_raised", Any)
    block.nodes.append(Raise(state=block.context.names.state("raise"), error=handling.raised))


def error_part(node: ast.expr, block: Block) -> Value | None:
    """`str(error)` or `type(error).__name__`, if `node` is one of them."""
    match node:
        case ast.Call(func=ast.Name() as function, args=[ast.Name() as name], keywords=[]):
            key = "message"
        case ast.Attribute(value=ast.Call(func=ast.Name() as function, args=[ast.Name() as name]), attr="__name__"):
            key = "type"
        case _:
            return None
    if block.outside(function) is not (str if key == "message" else type):
        return None
    caught = block.local(name)
    if caught is None and name.id in block.lost:
        raise undefined(name, block)
    if not isinstance(caught, Caught):
        return None
    return Field(of=caught.variable, key=key, type=str)
