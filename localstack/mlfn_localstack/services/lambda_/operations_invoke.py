"""Invoke, in its three forms."""

from __future__ import annotations

import base64
import binascii
import json
from typing import TYPE_CHECKING, Any

from mlfn_localstack.json_refusals import reason
from mlfn_localstack.services.lambda_ import errors
from mlfn_localstack.services.lambda_.execution.invocation import MAX_ASYNC_BYTES, MAX_SYNC_BYTES
from mlfn_localstack.services.lambda_.invoker import Answer, Call
from mlfn_localstack.services.lambda_.policy import check_service_call
from mlfn_localstack.services.lambda_.resolve import resolve

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mlfn_localstack.service import Operation, Params, RequestContext, Result
    from mlfn_localstack.services.lambda_.event_queue import EventQueue
    from mlfn_localstack.services.lambda_.state import LambdaState

MAX_CLIENT_CONTEXT_BYTES = 3_583


class InvokeOperations:
    """Calls from outside and from other services."""

    def __init__(self, state: LambdaState, queue: EventQueue) -> None:
        self._state = state
        self._queue = queue

    def operations(self) -> Mapping[str, Operation]:
        """By name."""
        return {"Invoke": self.invoke, "InvokeAsync": self.invoke_async}

    async def invoke(self, context: RequestContext, params: Params) -> Result:
        """The function's answer, or for an event 202 once it is durably queued."""
        reference = self._state.reference(params)
        arn = self._state.repository.arns.function(reference.name, reference.qualifier)
        check_service_call(self._state.policies, reference, arn, context)
        _refuse_others(params)
        kind = params.get("InvocationType", "RequestResponse")
        payload = _payload(params.get("Payload"), MAX_ASYNC_BYTES if kind == "Event" else MAX_SYNC_BYTES)
        call = Call(
            reference=reference,
            payload=payload,
            request_id=context.request_id,
            client_context=_client_context(params.get("ClientContext")),
            with_tail=params.get("LogType") == "Tail" and kind == "RequestResponse",
        )
        if kind == "RequestResponse":
            return _result(await self._state.invoker.call(call), call)
        resolve(self._state.repository, reference, lambda: 1.0)
        if kind == "DryRun":
            return {"StatusCode": 204}
        if kind != "Event":
            enum = "Member must satisfy enum value set: [Event, RequestResponse, DryRun]"
            raise errors.validation(kind, "invocationType", enum)
        self._queue.put(call)
        return {"StatusCode": 202, "Payload": b""}

    async def invoke_async(self, context: RequestContext, params: Params) -> Result:
        """202 once an event is durably queued: what clients called before there were kinds of calls."""
        event = {"InvocationType": "Event", "Payload": params.get("InvokeArgs")}
        answer = await self.invoke(context, {"FunctionName": params["FunctionName"], **event})
        return {"Status": answer["StatusCode"]}


def _refuse_others(params: Params) -> None:
    """Say that calls are for no tenant and belong to no durable execution: no function here has either."""
    for member in ("TenantId", "DurableExecutionName"):
        if params.get(member):
            raise errors.invalid_parameter(f"The emulator does not support {member} of calls.")


def _result(answer: Answer, call: Call) -> Result:
    result: Result = {
        "StatusCode": 200,
        "ExecutedVersion": answer.version,
        "Payload": answer.outcome.payload,
        "ResponseMetadata": {"RequestId": call.request_id},
    }
    if answer.outcome.error is not None:
        result["FunctionError"] = answer.outcome.error
    if call.with_tail:
        result["LogResult"] = base64.b64encode(answer.outcome.log_tail).decode()
    return result


def _payload(given: Any, limit: int) -> bytes:
    data: bytes = given.read() if hasattr(given, "read") else (given or b"")
    if len(data) > limit:
        raise errors.payload_too_large(limit)
    if not data:
        return b"{}"
    try:
        _JSON.decode(data.decode(json.detect_encoding(data), "surrogatepass"))
    except (ValueError, RecursionError) as error:
        why = reason(data, error) if isinstance(error, ValueError) else str(error)
        message = f"Could not parse request body into json: Could not parse payload into json: {why}"
        raise errors.invalid_content(message) from None
    return data


def _refuse_constant(text: str) -> None:
    raise ValueError(f"Non-standard token '{text}'")


_JSON = json.JSONDecoder(parse_constant=_refuse_constant)
"""Made once: `json.loads` makes one for each text."""


def _client_context(text: str | None) -> str | None:
    """The JSON text of a ClientContext, on one line, as it fits into a header."""
    if text is None:
        return None
    if len(text) > MAX_CLIENT_CONTEXT_BYTES:
        raise errors.invalid_content(f"Client context must be no more than {MAX_CLIENT_CONTEXT_BYTES} bytes.")
    try:
        return json.dumps(json.loads(base64.b64decode(text, validate=True)), separators=(",", ":"))
    except (binascii.Error, ValueError):
        raise errors.invalid_content("Client context must be a valid Base64-encoded JSON object.") from None
