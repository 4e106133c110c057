"""What a Task's Resource stands for: how it is scheduled, performed and named in the history."""

from __future__ import annotations

import re
from functools import lru_cache

from mlfn_localstack.services.stepfunctions.asl.failure import runtime_failure
from mlfn_localstack.services.stepfunctions.integrations.activity import ActivityTask
from mlfn_localstack.services.stepfunctions.integrations.dynamodb import OPERATIONS, request_dynamodb
from mlfn_localstack.services.stepfunctions.integrations.events import request_put_events
from mlfn_localstack.services.stepfunctions.integrations.known import SERVICE
from mlfn_localstack.services.stepfunctions.integrations.lambda_ import LambdaFunction, request_invoke
from mlfn_localstack.services.stepfunctions.integrations.messages import request_publish, request_send_message
from mlfn_localstack.services.stepfunctions.integrations.sdk import SDK_SERVICES, SdkRequest
from mlfn_localstack.services.stepfunctions.integrations.states import await_execution, request_start
from mlfn_localstack.services.stepfunctions.integrations.task import Integration, Mode, Request, ServiceTask, TaskCall

_LAMBDA = re.compile(
    r"arn:aws[a-z-]*:lambda:[a-z0-9-]+:\d{12}:function:[A-Za-z0-9_-]+(?::(?:\$LATEST|[A-Za-z0-9_-]+))?"
)
_ACTIVITY = re.compile(r"arn:aws[a-z-]*:states:[a-z0-9-]+:\d{12}:activity:.+")

_REQUESTS: dict[str, Request] = {
    "events:putEvents": request_put_events,
    "lambda:invoke": request_invoke,
    "sns:publish": request_publish,
    "sqs:sendMessage": request_send_message,
    "states:startExecution": request_start,
    **{f"dynamodb:{name}": request_dynamodb for name in OPERATIONS},
}
_SYNCHRONOUS = {"states:startExecution": await_execution}


@lru_cache(maxsize=1024)
def find_integration(resource: str) -> Integration | None:
    """The integration behind a Resource ARN, or None if the emulator knows none of that name."""
    if _LAMBDA.fullmatch(resource):
        return LambdaFunction(resource)
    if _ACTIVITY.fullmatch(resource):
        return ActivityTask(resource)
    match = SERVICE.fullmatch(resource)
    return None if match is None else _service_task(match["type"], match["action"], match["mode"] or "")


def integration_for(resource: str) -> Integration:
    """The integration behind a Resource ARN.

    Raises:
        StateError: there is none.
    """
    integration = find_integration(resource)
    if integration is None:
        raise runtime_failure(f"The resource provided {resource} is not recognized.")
    return integration


def _service_task(kind: str, action: str, suffix: str) -> Integration | None:
    mode = Mode(suffix)
    completion = _SYNCHRONOUS.get(f"{kind}:{action}")
    if mode in {Mode.SYNC, Mode.SYNC_2} and completion is None:
        return None
    request = _REQUESTS.get(f"{kind}:{action}")
    if request is None:
        service = SDK_SERVICES.get(kind.removeprefix("aws-sdk:"))
        if service is None or not kind.startswith("aws-sdk:"):
            return None
        request = SdkRequest(service, action)
        if not request.known():
            return None
    return ServiceTask(kind=kind, action=action, mode=mode, request=request, completion=completion)


__all__ = ["Integration", "Mode", "TaskCall", "find_integration", "integration_for"]
