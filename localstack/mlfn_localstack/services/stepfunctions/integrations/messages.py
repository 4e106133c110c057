"""Optimised integrations of SQS and SNS: `sqs:sendMessage` and `sns:publish`.

https://docs.aws.amazon.com/step-functions/latest/dg/connect-sqs.html
https://docs.aws.amazon.com/step-functions/latest/dg/connect-sns.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from mlfn_localstack.service import ServiceError
from mlfn_localstack.services.stepfunctions.asl.failure import StateError
from mlfn_localstack.services.stepfunctions.asl.json_text import Payload, dump
from mlfn_localstack.services.stepfunctions.integrations.failures import SNS, SQS, optimised_failure
from mlfn_localstack.services.stepfunctions.integrations.metadata import sns_metadata, sqs_metadata
from mlfn_localstack.services.stepfunctions.integrations.shapes import to_json, to_params

if TYPE_CHECKING:
    from mlfn_localstack.services.stepfunctions.integrations.failures import ErrorStyle
    from mlfn_localstack.services.stepfunctions.integrations.task import TaskCall


async def request_send_message(call: TaskCall) -> Payload:
    """Send a message; a body that is JSON becomes text."""
    return Payload(sqs_metadata(await _sent(call, ("sqs", "SendMessage", "MessageBody"), SQS)))


async def request_publish(call: TaskCall) -> Payload:
    """Publish a message; one that is JSON becomes text."""
    return Payload(sns_metadata(await _sent(call, ("sns", "Publish", "Message"), SNS)))


async def _sent(call: TaskCall, target: tuple[str, str, str], style: ErrorStyle) -> dict[str, Any]:
    service, operation, member = target
    params = to_params(service, operation, call.arguments.value)
    if params.get(member) is None:  # which AWS does not send
        params.pop(member, None)
    elif not isinstance(params[member], str):
        params[member] = dump(params[member])
    try:
        answer = await call.run.world.call(service, operation, params, principal=call.role)
    except ServiceError as error:
        if error.code == "InvalidAddress":
            _check_host(params["QueueUrl"])
        raise optimised_failure(error, style, service) from error
    return to_json(service, operation, answer)


def _check_host(url: str) -> None:
    """A queue's URL says where to send: to a host, unless its name is of this machine's network alone."""
    host = urlsplit(url).hostname
    if host and "." not in host and host != "localhost":
        cause = f"Unable to execute HTTP request: {host}: Name or service not known"
        raise StateError("SQS.SdkClientException", cause)
