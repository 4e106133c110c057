"""Lambda, by its service integration (`lambda:invoke`) and by a function's ARN.

https://docs.aws.amazon.com/step-functions/latest/dg/connect-lambda.html
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from mlfn_localstack.service import ServiceError
from mlfn_localstack.services.stepfunctions.asl.failure import StateError
from mlfn_localstack.services.stepfunctions.asl.json_text import Payload, dump, parse
from mlfn_localstack.services.stepfunctions.integrations.failures import LAMBDA, optimised_failure
from mlfn_localstack.services.stepfunctions.integrations.metadata import lambda_metadata

if TYPE_CHECKING:
    from mlfn_localstack.services.stepfunctions.integrations.task import TaskCall


async def _invoke(call: TaskCall, params: dict[str, Any]) -> dict[str, Any]:
    try:
        return await call.run.world.call("lambda", "Invoke", params, principal=call.role)
    except ServiceError as error:
        raise optimised_failure(error, LAMBDA, "lambda") from error


def _body(answer: dict[str, Any]) -> str:
    payload = answer.get("Payload") or b""
    body = payload if isinstance(payload, bytes) else payload.read()
    return body.decode("utf-8", "replace")


def _function_failure(text: str, *, compact: bool) -> StateError:
    try:
        parsed = json.loads(text)
    except ValueError:
        parsed = None
    name = parsed.get("errorType") if isinstance(parsed, dict) else None
    if not name:
        cause = (
            f"The cause could not be determined because Lambda did not return an error type. Returned payload: {text}"
        )
        return StateError("Lambda.Unknown", cause)
    return StateError(str(name), dump(parsed) if compact else text)


def _value(text: str) -> Any:
    try:
        return parse(text)
    except ValueError:
        return text


async def request_invoke(call: TaskCall) -> Payload:
    """Invoke with `FunctionName`, `Payload`, `Qualifier` …; the result has the payload parsed, and metadata."""
    params = dict(call.arguments.value)
    if "Payload" in params:
        params["Payload"] = dump(params["Payload"]).encode()
    answer = await _invoke(call, params)
    text = _body(answer)
    if answer.get("FunctionError"):
        raise _function_failure(text, compact=True)
    result = {"ExecutedVersion": answer.get("ExecutedVersion", "$LATEST"), "StatusCode": answer.get("StatusCode", 200)}
    result["Payload"] = _value(text) if text else {}
    if "LogResult" in answer:
        result["LogResult"] = answer["LogResult"]
    return Payload(lambda_metadata(result, text))


@dataclass(frozen=True, slots=True)
class LambdaFunction:
    """A task whose Resource is a function's ARN: input and result are the payloads themselves."""

    resource: str
    family: str = "LambdaFunction"
    needs_token: bool = False
    submits: bool = False
    starts_at_once: bool = True
    activity: str | None = None

    @property
    def labels(self) -> dict[str, Any]:
        """Nothing: only the scheduled event names the function."""
        return {}

    @property
    def subject(self) -> str:
        """The function's ARN."""
        return self.resource

    def scheduled(self, arguments: Payload, region: str) -> dict[str, Any]:
        """The payload."""
        return {"resource": self.resource, "input": arguments.text, "inputDetails": {"truncated": False}}

    async def perform(self, call: TaskCall) -> Payload:
        """Invoke the function."""
        answer = await _invoke(call, {"FunctionName": self.resource, "Payload": call.arguments.text.encode()})
        text = _body(answer)
        if answer.get("FunctionError"):
            raise _function_failure(text, compact=False)
        return Payload(_value(text) if text else None)
