"""The states without effects: Pass, Choice, Wait, Succeed, Fail."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlfn_localstack.services.stepfunctions.asl.choice import choose, timestamp
from mlfn_localstack.services.stepfunctions.asl.failure import StateError, evaluation_failure, runtime_failure
from mlfn_localstack.services.stepfunctions.asl.flow_jsonpath import no_moment
from mlfn_localstack.services.stepfunctions.asl.json_text import Payload
from mlfn_localstack.services.stepfunctions.interpreter.stay import Departure, Stay

if TYPE_CHECKING:
    from mlfn_localstack.services.stepfunctions.asl.flow import Definition


def next_of(state: Definition) -> str | None:
    """The state's Next, or None at an end."""
    return None if state.get("End") else state.get("Next")


async def execute_pass(stay: Stay) -> Departure:
    """Hand on the input, the Parameters or the Result."""
    flow, state = stay.flow(), stay.state
    if flow.jsonata:
        return Departure(exit=flow.skip(state), next=next_of(state))
    result = Payload(state["Result"]) if "Result" in state else flow.arguments(state)
    return Departure(exit=flow.finish(state, result), next=next_of(state))


async def execute_choice(stay: Stay) -> Departure:
    """Go where the first rule that holds says."""
    flow = stay.flow()
    target, rule = choose(stay.state, flow)
    if flow.jsonata:
        return Departure(exit=flow.skip(rule), next=target)
    holder = {**stay.state, "Assign": rule.get("Assign", {})}
    return Departure(exit=flow.skip(holder), next=target)


async def execute_succeed(stay: Stay) -> Departure:
    """End the scope with the input."""
    return Departure(exit=stay.flow().skip(stay.state), next=None)


async def execute_fail(stay: Stay) -> Departure:
    """End the scope with an error."""
    flow, state = stay.flow(), stay.state
    raise StateError(flow.text(state, "Error"), flow.text(state, "Cause"))


async def execute_wait(stay: Stay) -> Departure:
    """Hand on the input once the time has come; the deadline is kept from the first arrival."""
    flow, work = stay.flow(), stay.frame.work
    if "until" not in work:
        work["until"] = _moment(stay)
        await stay.commit()
    await stay.run.world.clock.sleep_until(work["until"])
    return Departure(exit=flow.skip(stay.state), next=next_of(stay.state))


def _moment(stay: Stay) -> float:
    flow, state, now = stay.flow(), stay.state, stay.run.world.clock.now()
    if "Timestamp" in state or "TimestampPath" in state:
        text = flow.text(state, "Timestamp")
        moment = timestamp(text)
        if moment is None and flow.jsonata:
            cause = "The Timestamp field cannot be parsed as an ISO-8601 extended offset date-time format string"
            raise evaluation_failure(f"{cause}: {text}", "Timestamp")
        if moment is None:
            raise no_moment(state, str(text))
        return moment.timestamp()
    seconds = flow.number(state, "Seconds") or 0
    if seconds < 0:
        path = state.get("SecondsPath", "Seconds")
        raise runtime_failure(f"The SecondsPath parameter references a negative value: {path} == {seconds}")
    return now + seconds
