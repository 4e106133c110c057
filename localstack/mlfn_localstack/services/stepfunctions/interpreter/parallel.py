"""The Parallel state: branches at the same time, all or nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mlfn_localstack.services.stepfunctions.asl.failure import StateError
from mlfn_localstack.services.stepfunctions.asl.json_text import Payload
from mlfn_localstack.services.stepfunctions.interpreter.children import (
    ChildError,
    abort_state,
    failed_in_task,
    succeed,
    together,
)
from mlfn_localstack.services.stepfunctions.interpreter.frame import Frame

if TYPE_CHECKING:
    from mlfn_localstack.services.stepfunctions.asl.flow import Definition
    from mlfn_localstack.services.stepfunctions.interpreter.stay import Departure, Stay


async def execute_parallel(stay: Stay) -> Departure:
    """Run every branch with the same input; the result is the array of their outputs."""
    flow, frame = stay.flow(), stay.frame
    data = flow.arguments(stay.state)
    if "started" not in frame.work:
        frame.work["started"] = stay.event("ParallelStateStarted")
        await stay.commit()
    branches = stay.state["Branches"]
    frames = [_frame(stay, index, branch, data) for index, branch in enumerate(branches)]
    variables = {**stay.inherited, **frame.variables}
    try:
        await together([_branch(stay, b, f, variables) for b, f in zip(branches, frames, strict=True)])
    except ChildError as error:
        _fail(stay, frames, error)
        await stay.run.world.abandon(stay.run.arn, stay.frame.path)
        raise error.failure from None
    result = Payload.array([child.data for child in frames])
    return succeed(stay, flow, result, max(child.previous for child in frames))


def _frame(stay: Stay, index: int, branch: Definition, data: Payload) -> Frame:
    path = f"{stay.frame.path}/{index}"
    started = stay.frame.work["started"]
    return stay.run.journal.load(path) or Frame(path=path, state=branch["StartAt"], data=data, previous=started)


async def _branch(stay: Stay, branch: Definition, child: Frame, variables: dict[str, Any]) -> None:
    if child.item is None:
        child.item = stay.frame.item
    try:
        output = await stay.inside(stay.run, branch, child, variables)
    except StateError as failure:
        raise ChildError(child, failure) from failure
    if not child.done:
        child.finish(output)
        stay.run.journal.save(child)
        stay.run.journal.commit_soon()


def _fail(stay: Stay, frames: list[Frame], error: ChildError) -> None:
    stay.frame.previous = error.frame.previous
    for child in frames:
        stay.run.journal.save(child)
    if error.failure.fatal:
        return
    for branch, child in zip(stay.state["Branches"], frames, strict=True):
        if child is not error.frame or failed_in_task(branch, child):
            abort_state(stay, branch, child, error.frame.previous)
