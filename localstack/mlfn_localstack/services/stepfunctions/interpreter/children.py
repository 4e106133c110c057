"""Scopes that run at the same time, and what is recorded when they have ended or one of them fails."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from mlfn_localstack.services.stepfunctions.interpreter.simple import next_of
from mlfn_localstack.services.stepfunctions.interpreter.stay import Departure

if TYPE_CHECKING:
    from collections.abc import Coroutine, Sequence

    from mlfn_localstack.services.stepfunctions.asl.failure import StateError
    from mlfn_localstack.services.stepfunctions.asl.flow import Definition, Flow
    from mlfn_localstack.services.stepfunctions.asl.json_text import Payload
    from mlfn_localstack.services.stepfunctions.interpreter.frame import Frame
    from mlfn_localstack.services.stepfunctions.interpreter.stay import Stay

_INTERRUPTIBLE = {"Map", "Parallel", "Task", "Wait"}


class ChildError(Exception):
    """A child scope failed."""

    def __init__(self, frame: Frame, failure: StateError) -> None:
        super().__init__(str(failure))
        self.frame = frame
        self.failure = failure


async def together(coroutines: Sequence[Coroutine[Any, Any, None]]) -> None:
    """Run all at the same time; the first that fails stops the others and its exception is raised."""
    tasks = [asyncio.ensure_future(coroutine) for coroutine in coroutines]
    if not tasks:
        return
    try:
        done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_EXCEPTION)
    finally:
        for task in tasks:
            task.cancel()
        results = await asyncio.gather(*tasks, return_exceptions=True)
    for task, result in zip(tasks, results, strict=True):
        if task in done and isinstance(result, BaseException):
            raise result


def succeed(stay: Stay, flow: Flow, result: Payload, last: int) -> Departure:
    """Leave a state whose children have succeeded, the last of them with the event `last`."""
    kind, frame = stay.state["Type"], stay.frame
    frame.previous = stay.run.journal.event(f"{kind}StateSucceeded", last)
    leaving = flow.finish(stay.state, result)  # if that fails, the failure follows the success
    frame.previous = last
    return Departure(exit=leaving, next=next_of(stay.state))


def abort_state(stay: Stay, scope: Definition, child: Frame, previous: int) -> None:
    """Record that the state a child was in is interrupted, if it is one that takes time."""
    kind = scope["States"][child.state]["Type"]
    if child.entered and not child.done and kind in _INTERRUPTIBLE:
        stay.run.journal.event(f"{kind}StateAborted", previous)


def failed_in_task(scope: Definition, child: Frame) -> bool:
    """Whether a child ended in a Task, which then counts as interrupted itself."""
    return bool(scope["States"][child.state]["Type"] == "Task")
