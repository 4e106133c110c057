"""From state to state: entering, executing, retrying, catching, leaving."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from mlfn_localstack.services.stepfunctions.asl.failure import StateError
from mlfn_localstack.services.stepfunctions.asl.json_text import Payload, check_size, dump
from mlfn_localstack.services.stepfunctions.asl.recovery import find_catcher, find_retrier, next_delay
from mlfn_localstack.services.stepfunctions.clock import instant
from mlfn_localstack.services.stepfunctions.interpreter.executors import EXECUTORS
from mlfn_localstack.services.stepfunctions.interpreter.stay import Departure, Stay, report

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from mlfn_localstack.services.stepfunctions.asl.flow import Definition
    from mlfn_localstack.services.stepfunctions.interpreter.frame import Frame
    from mlfn_localstack.services.stepfunctions.interpreter.world import Run

_NOT_TRUNCATED = {"truncated": False}
_CHILDREN = {"Map", "Parallel"}
_COMMITTED_LATER = frozenset({"Map", "Parallel", "Task", "Wait"})
"""States that commit of themselves before anything comes of them."""


async def run_scope(run: Run, scope: Definition, frame: Frame, inherited: dict[str, Any]) -> Payload:
    """Run a scope's states from where its frame stands, to its output.

    Raises:
        StateError: a state failed and nothing caught it.
    """
    if frame.done:
        return frame.data
    while True:
        state = scope["States"][frame.state]
        language = state.get("QueryLanguage")
        jsonata = run.jsonata if language is None else language == "JSONata"
        stay = Stay(run=run, frame=frame, state=state, inherited=inherited, jsonata=jsonata, inside=run_scope)
        departure = await _stay(stay)
        output = _leave(stay, departure)
        if departure.next is None:
            return output
        frame.move(departure.next, output)


async def _stay(stay: Stay) -> Departure:
    await _enter(stay)
    while True:
        await _pause(stay)
        try:
            return await _execute(stay)
        except StateError as failure:
            report(stay, failure)
            if not await _retries(stay, failure):
                departure = _catch(stay, failure)
                await stay.run.journal.durable()  # a circle of states that fail must let others have their turn
                return departure


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """How one try at one state ended, in TestState's words."""

    status: str
    """SUCCEEDED, FAILED, RETRIABLE or CAUGHT_ERROR."""
    departure: Departure | None = None
    failure: StateError | None = None
    retrier: int | None = None
    """The position of the retrier for the failure, used up or not."""
    delay: float | None = None
    """Seconds until a retry."""
    catcher: int | None = None
    """The position of the catcher that handled the failure."""

    @property
    def assigned(self) -> dict[str, Any]:
        """The variables that the state assigned."""
        return {} if self.departure is None else self.departure.exit.assigned


async def attempt(
    stay: Stay, executor: Callable[[Stay], Awaitable[Departure]] | None = None, *, retried: int = 0
) -> Attempt:
    """Try a state once (by `executor`, if given), without waiting for a retry that its definition may allow.

    `retried` counts the attempts that its retrier has made already.
    """
    await _enter(stay)
    try:
        departure = await (executor or _execute)(stay)
        return Attempt(status="SUCCEEDED", departure=departure)
    except StateError as failure:
        failure.internal = False  # no history, so AWS names no event in front of the cause
        return _recover(stay, failure, retried)


def _recover(stay: Stay, failure: StateError, retried: int) -> Attempt:
    found = find_retrier(stay.state, failure)
    retrier = None if found is None else found[0]
    if retrier is not None:
        stay.frame.retries[retrier] = retried
    delay = next_delay(stay.state, failure, stay.frame.retries)
    if delay is not None:
        return Attempt(status="RETRIABLE", failure=failure, retrier=retrier, delay=delay)
    if retrier is not None:
        stay.frame.retries[retrier] = 0
    caught = find_catcher(stay.state, failure)
    try:
        departure = _catch(stay, failure)
    except StateError as last:
        return Attempt(status="FAILED", failure=last, retrier=retrier)
    catcher = None if caught is None else caught[0]
    return Attempt(status="CAUGHT_ERROR", departure=departure, failure=failure, retrier=retrier, catcher=catcher)


async def _enter(stay: Stay) -> None:
    frame = stay.frame
    if frame.entered:
        return
    frame.entered_after = frame.previous
    frame.entered_at = instant(stay.run.world.clock.now())
    details = {"name": frame.state, "input": frame.data.text, "inputDetails": _NOT_TRUNCATED}
    frame.entered_id = stay.event(f"{stay.state['Type']}StateEntered", details)
    frame.entered = True
    frame.retries = [0] * len(stay.state.get("Retry", []))
    stay.run.journal.save(frame)
    if stay.state["Type"] not in _COMMITTED_LATER:
        await stay.run.journal.durable()


async def _pause(stay: Stay) -> None:
    if stay.frame.retry_at is not None:
        await stay.run.world.clock.sleep_until(stay.frame.retry_at)
        stay.frame.retry_at = None


async def _execute(stay: Stay) -> Departure:
    departure = await EXECUTORS[stay.state["Type"]](stay)
    check_size(departure.exit.output, stay.frame.state)
    return departure


async def _retries(stay: Stay, failure: StateError) -> bool:
    delay = next_delay(stay.state, failure, stay.frame.retries)
    if delay is None:
        return False
    stay.frame.retry_at = stay.run.world.clock.now() + delay
    stay.frame.work = {}
    stay.run.journal.drop_below(stay.frame.path)
    await stay.commit()
    return True


def _catch(stay: Stay, failure: StateError) -> Departure:
    before = stay.frame.previous
    if stay.state["Type"] in _CHILDREN and not failure.fatal:
        stay.event(f"{stay.state['Type']}StateFailed")
    found = find_catcher(stay.state, failure)
    if found is None:
        raise failure
    position, catcher = found
    try:
        caught = stay.flow().caught(catcher, f"Catch[{position}]", failure.output)
    except StateError as second:
        stay.frame.previous = before
        report(stay, second)
        if stay.state["Type"] in _CHILDREN and not second.fatal:
            stay.event(f"{stay.state['Type']}StateFailed")
        raise
    return Departure(exit=caught, next=catcher["Next"])


def _leave(stay: Stay, departure: Departure) -> Payload:
    output, assigned = departure.exit.output, departure.exit.assigned
    if stay.state["Type"] in _CHILDREN:
        stay.run.journal.drop_below(stay.frame.path)
    details: dict[str, Any] = {"name": stay.frame.state, "output": output.text, "outputDetails": _NOT_TRUNCATED}
    if assigned:
        stay.frame.variables = {**stay.frame.variables, **assigned}
        details["assignedVariables"] = {name: dump(value) for name, value in assigned.items()}
        details["assignedVariablesDetails"] = _NOT_TRUNCATED
    stay.event(f"{stay.state['Type']}StateExited", details)
    return output
