"""How a step calls its model: retries and time, checked against the pipeline's own."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from mlfn_engine.pipelines.error_names import error_names
from mlfn_engine.pipelines.graph import Again, Callee
from mlfn_engine.pipelines.reading.source import Refusal

if TYPE_CHECKING:
    import ast

    from mlfn.steps import Retry, Step
    from mlfn_engine.pipelines.reading.scope import Block


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """A model as one step calls it."""

    callee: Callee
    again: Again | None
    timeout_s: int | None


def policy_of(node: ast.Call, step: Step | None, callee: Callee, block: Block) -> Policy:
    """How a call is made.

    Raises:
        Refusal: it may take longer than the pipeline.
    """
    own = step.timeout_s if step else None
    if own is not None and callee.is_pipeline:
        sentence = f"{callee.name} is a pipeline, and has no time of its own inside another."
        raise Refusal(node.func, sentence, "Give its steps theirs: step(model, timeout_s=…).")
    longest = own or (callee.timeout_s if callee.has_own_timeout else 0)
    if longest > block.context.timeout_s:
        sentence = f"{callee.name} may take {longest} s, longer than the whole pipeline ({block.context.timeout_s} s)."
        less = "Give it less time" if callee.is_pipeline else f"Write step({callee.name}, timeout_s=…)"
        raise Refusal(node.func, sentence, f"{less}, or give the pipeline more.")
    retry = step.retry if step else None
    return Policy(callee=callee, again=again_of(retry, block) if retry else None, timeout_s=own)


def again_of(retry: Retry, block: Block) -> Again:
    """A retry as a state machine is told of it."""
    return Again(
        errors=error_names(retry.on, block.context.root),
        more=retry.attempts - 1,
        delay_s=retry.delay_s,
        backoff=retry.backoff,
        max_delay_s=retry.max_delay_s,
        jitter=retry.jitter,
    )
