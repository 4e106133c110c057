"""approval(): a pipeline that waits for a person's answer."""

from __future__ import annotations

import ast
import typing
from typing import TYPE_CHECKING, Any

from pydantic import TypeAdapter

from mlfn.approvals import Approval
from mlfn_engine.contracts.redaction import is_sensitive, redaction
from mlfn_engine.declarations.accesses import principal_problem
from mlfn_engine.pipelines.graph import Ask, Value, Variable
from mlfn_engine.pipelines.reading.lists import settled
from mlfn_engine.pipelines.reading.source import Refusal
from mlfn_engine.pipelines.reading.static import static
from mlfn_engine.pipelines.types import Shape, show
from mlfn_engine.values import PipelineMode

if TYPE_CHECKING:
    from collections.abc import Callable

    from mlfn_engine.pipelines.reading.scope import Block

_EXAMPLE = "arn:aws:iam::123456789012:role/reviewer"
_FORM = "Write approval(value, by=[…], timeout_s=3600)."


def ask(
    node: ast.Call, block: Block, evaluate: Callable[[ast.expr, Block], Value], wanted: str | None = None
) -> Variable:
    """The variable that holds a person's answer.

    Raises:
        Refusal: nobody could answer: the caller waits, no one is named, or the time is longer than the pipeline's.
    """
    if block.context.mode is PipelineMode.SYNC:
        sentence = "A synchronous pipeline cannot wait for a person: its caller waits, and Express has no callbacks."
        raise Refusal(node, sentence, 'Write @pipeline(mode="async").')
    if block.context.mode is PipelineMode.BATCH:
        sentence = "A batch pipeline cannot wait for a person: there would be a question for each line."
        raise Refusal(node, sentence, 'Write @pipeline(mode="async"), and call it for the lines that need one.')
    about, named = _arguments(node)
    by = _by(node, named.get("by"), block)
    timeout_s = _timeout_s(named.get("timeout_s"), block)
    value = evaluate(about, block)
    _check_shown(about, value)
    name = ast.unparse(about) if isinstance(about, ast.Name | ast.Attribute) else wanted or "this"
    settled_value = settled(value, "about", block)
    variable = block.answer(wanted or "approval", Approval)
    state = block.context.names.state(f"approval of {name}")
    block.nodes.append(Ask(state=state, about=settled_value, by=by, timeout_s=timeout_s, result=variable))
    return variable


def _arguments(node: ast.Call) -> tuple[ast.expr, dict[str, ast.expr]]:
    named = {str(each.arg): each.value for each in node.keywords}
    for each in node.keywords:
        if each.arg not in ("about", "by", "timeout_s"):
            raise Refusal(each, f"approval() has no parameter {each.arg!r}.", _FORM)
    values = [*node.args, *([named.pop("about")] if "about" in named else [])]
    if len(values) != 1 or isinstance(values[0], ast.Starred):
        raise Refusal(node, "approval() takes one value to approve.", _FORM)
    return values[0], named


def _by(node: ast.Call, given: ast.expr | None, block: Block) -> tuple[str, ...]:
    found: Any = None if given is None else static(given, block)
    if not isinstance(found, list | tuple) or not found or not all(isinstance(each, str) for each in found):
        raise Refusal(given or node, "approval() names nobody who may answer.", f"Write by=[{_EXAMPLE!r}].")
    for principal in found:
        problem, _ = principal_problem(principal)
        if problem:
            step = f"Write ARNs such as {_EXAMPLE}; '*' may stand for a part of the name at its end."
            raise Refusal(given or node, f"approval() has {principal!r} in by, {problem}.", step)
    return tuple(dict.fromkeys(found))


def _timeout_s(given: ast.expr | None, block: Block) -> int | None:
    if given is None:
        return None
    found = static(given, block)
    if isinstance(found, bool) or not isinstance(found, int) or found < 1:
        raise Refusal(given, f"approval()'s timeout_s= is {found!r}.", "Write a whole number of seconds from 1.")
    longest = block.context.timeout_s
    if found >= longest:
        sentence = f"This waits {found} s, longer than the whole pipeline may take ({longest} s)."
        raise Refusal(given, sentence, "Wait less, or give the pipeline more time.")
    return found


def _check_shown(node: ast.expr, value: Value) -> None:
    """Refuse what is declared sensitive: a person would be shown it, and it would lie in a table."""
    if _holds_sensitive(value.type):
        sentence = f"{ast.unparse(node)} holds something that is marked Sensitive ({show(value.type)})."
        raise Refusal(node, sentence, "Ask about a part without it, or let a model make a text to decide by.")


def _holds_sensitive(hint: Any) -> bool:
    if isinstance(hint, Shape):
        return any(_holds_sensitive(each) for _, each in hint.fields)
    if _holds_shape(hint):
        return any(map(_holds_sensitive, typing.get_args(hint)))
    return is_sensitive(redaction(TypeAdapter(hint).core_schema, result=True))


def _holds_shape(hint: Any) -> bool:
    return isinstance(hint, Shape) or any(map(_holds_shape, typing.get_args(hint)))
