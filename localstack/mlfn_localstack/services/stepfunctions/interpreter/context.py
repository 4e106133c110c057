"""The context object (`$$`, `$states.context`) of a state.

https://docs.aws.amazon.com/step-functions/latest/dg/input-output-contextobject.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mlfn_localstack.services.stepfunctions.asl.flow import Definition
    from mlfn_localstack.services.stepfunctions.interpreter.frame import Frame
    from mlfn_localstack.services.stepfunctions.interpreter.world import Run

_RETRIED = {"Task", "Map", "Parallel"}


def context_of(run: Run, frame: Frame, state: Definition) -> dict[str, Any]:
    """The context object of the state that a frame is in."""
    started: dict[str, Any] = {"StartTime": run.started_at}
    named: dict[str, Any] = {"Name": run.name, "RoleArn": run.role or None}
    execution: dict[str, Any] = {"Id": run.arn, "Input": run.data}
    execution |= named | started if run.express else started | named  # in AWS's order
    if not run.synchronous:
        execution["RedriveCount"] = run.redrives
        if run.redriven_at is not None:
            execution["RedriveTime"] = run.redriven_at
    current: dict[str, Any] = {"Name": frame.state, "EnteredTime": frame.entered_at}
    if state["Type"] in _RETRIED:
        current["RetryCount"] = sum(frame.retries)
    context: dict[str, Any] = {
        "Execution": execution,
        "StateMachine": {"Id": run.machine_arn, "Name": run.machine_name},
        "State": current,
    }
    if "token" in frame.work:
        context["Task"] = {"Token": frame.work["token"]}
    if frame.item is not None:
        context["Map"] = {"Item": frame.item}
    return context
