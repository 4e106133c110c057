"""wait(): a pipeline that pauses."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlfn_engine.pipelines.graph import Constant, Value, Wait
from mlfn_engine.pipelines.reading.expressions import evaluate
from mlfn_engine.pipelines.reading.source import Refusal
from mlfn_engine.pipelines.types import assignable, show

if TYPE_CHECKING:
    import ast

    from mlfn_engine.pipelines.reading.scope import Block

LONGEST_S = 99_999_999
"""https://docs.aws.amazon.com/step-functions/latest/dg/state-wait.html"""


def pause(node: ast.Call, block: Block) -> None:
    """Add a pause to a block.

    Raises:
        Refusal: it is no number of seconds, or the pipeline would be over before it.
    """
    given = [*node.args, *(each.value for each in node.keywords if each.arg == "seconds")]
    if len(given) != 1 or len(node.args) + len(node.keywords) != 1:
        raise Refusal(node, "wait() takes a number of seconds.", "Write wait(seconds=5).")
    seconds = evaluate(given[0], block)
    _check(given[0], seconds, block.context.timeout_s)
    block.nodes.append(Wait(state=block.context.names.state("wait"), seconds=seconds))


def _check(node: ast.expr, seconds: Value, timeout_s: int) -> None:
    if not assignable(seconds.type, int):
        step = "Wait for whole seconds: an int, or a field that holds one."
        raise Refusal(node, f"wait() takes whole seconds, but this is {show(seconds.type)}.", step)
    if not isinstance(seconds, Constant):
        return
    if not 0 <= seconds.json <= LONGEST_S:
        raise Refusal(node, f"A pipeline cannot wait {seconds.json} s.", f"Write a number from 0 to {LONGEST_S}.")
    if seconds.json >= timeout_s:
        sentence = f"This waits {seconds.json} s, longer than the whole pipeline may take ({timeout_s} s)."
        step = 'Wait less, or give the pipeline more time: @pipeline(mode="async", timeout_s=…).'
        raise Refusal(node, sentence, step)
