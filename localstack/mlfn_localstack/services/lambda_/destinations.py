"""Where the records of asynchronous calls go, as the function's role: queues, topics, functions, buses and buckets.

https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-retain-records.html
"""

from __future__ import annotations

import json
import re
import uuid
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from mlfn_localstack.service import ServiceError
from mlfn_localstack.services.lambda_ import errors
from mlfn_localstack.services.sqs.urls import url_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mlfn_localstack.service import Gateway, Params

_ARN = re.compile(
    r"arn:aws[a-z-]*:(?:(?P<sqs>sqs):[a-z0-9-]+:\d{12}:[^:]+|(?P<sns>sns):[a-z0-9-]+:\d{12}:[^:]+"
    r"|(?P<lambda>lambda):[a-z0-9-]+:\d{12}:function:.+|(?P<events>events):[a-z0-9-]+:\d{12}:event-bus/.+"
    r"|(?P<s3>s3):::[a-z0-9.-]+)"
)
_FIFO = ".fifo"
SUCCESS, FAILURE = "Success", "Failure"


class Kind(StrEnum):
    """The service that takes records."""

    SQS = "sqs"
    SNS = "sns"
    LAMBDA = "lambda"
    EVENTS = "events"
    S3 = "s3"


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """What a destination is to hear."""

    body: str
    result: str = FAILURE
    function_arn: str = ""
    attributes: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    """Message attributes, of queues and topics."""


def kind_of(arn: str) -> Kind | None:
    """What an ARN names, if that can be a destination (queues and topics that keep order cannot)."""
    match = _ARN.fullmatch(arn)
    if match is None or arn.endswith(_FIFO):
        return None
    return next(Kind(kind) for kind in match.groupdict() if match[kind])


async def deliver(gateway: Gateway, arn: str, notice: Notice, role: str) -> None:
    """Hand a destination its notice.

    Raises:
        ServiceError: as the destination answers.
    """
    service, operation, params = _call(arn, notice)
    answer = await gateway.call(service, operation, params, principal=role)
    if answer.get("FailedEntryCount"):
        failed = answer["Entries"][0]
        raise ServiceError(failed["ErrorCode"], failed["ErrorMessage"])


async def check_role(gateway: Gateway, arn: str, role: str) -> None:
    """Refuse a destination that the function's role cannot reach, without sending anything.

    Raises:
        ServiceError: InvalidParameterValueException.
    """
    kind, trial = _trial(arn)
    try:
        await gateway.call(kind, *trial, principal=role)
    except ServiceError as error:
        if error.code.startswith(("AccessDenied", "AuthorizationError")):
            raise errors.invalid_parameter(
                f"The function's execution role does not have permissions to call {trial[0]} on {arn}"
            ) from error
        if "NotFound" in error.code or "DoesNotExist" in error.code or error.code == "NoSuchBucket":
            raise errors.invalid_parameter(f"The destination ARN {arn} is invalid.") from error


def _call(arn: str, notice: Notice) -> tuple[str, str, Params]:
    match kind_of(arn):
        case Kind.SQS:
            attributes = {"MessageAttributes": dict(notice.attributes)} if notice.attributes else {}
            return "sqs", "SendMessage", {"QueueUrl": url_of(arn), "MessageBody": notice.body, **attributes}
        case Kind.SNS:
            attributes = {"MessageAttributes": dict(notice.attributes)} if notice.attributes else {}
            return "sns", "Publish", {"TopicArn": arn, "Message": notice.body, **attributes}
        case Kind.EVENTS:
            return "events", "PutEvents", {"Entries": [_event(arn, notice)]}
        case Kind.S3:
            return "s3", "PutObject", _object(arn, notice)
        case _:
            params = {"FunctionName": arn, "InvocationType": "Event", "Payload": notice.body.encode()}
            return "lambda", "Invoke", params


def _object(arn: str, notice: Notice) -> Params:
    name, now = notice.function_arn.split(":function:")[1].partition(":")[0], datetime.now(UTC)
    key = f"aws/lambda/async/{name}/{now:%Y/%m/%d/%Y-%m-%dT%H.%M.%S}-{uuid.uuid4()}"
    bucket = arn.rpartition(":::")[2]
    return {"Bucket": bucket, "Key": key, "Body": notice.body.encode(), "ContentType": "application/json"}


def _event(arn: str, notice: Notice) -> dict[str, Any]:
    return {
        "EventBusName": arn.rpartition("event-bus/")[2],
        "Source": "lambda",
        "DetailType": f"Lambda Function Invocation Result - {notice.result}",
        "Resources": [arn, notice.function_arn],
        "Detail": notice.body,
    }


def _trial(arn: str) -> tuple[str, tuple[str, Params]]:
    """A call that a destination refuses for what it holds, after it has looked at who calls."""
    match kind_of(arn):
        case Kind.SQS:
            return "sqs", ("SendMessage", {"QueueUrl": url_of(arn), "MessageBody": ""})
        case Kind.SNS:
            return "sns", ("Publish", {"TopicArn": arn, "Message": ""})
        case Kind.EVENTS:
            return "events", ("PutEvents", {"Entries": [{"EventBusName": arn.rpartition("event-bus/")[2]}]})
        case Kind.S3:
            return "s3", ("PutObject", {"Bucket": arn.rpartition(":::")[2], "Key": "aws/lambda/", "ContentMD5": "-"})
        case _:
            return "lambda", ("Invoke", {"FunctionName": arn, "InvocationType": "DryRun"})


def record_text(record: Mapping[str, Any]) -> str:
    """A record as destinations get it."""
    text = json.dumps(record, separators=(",", ":"), ensure_ascii=False)
    return text.encode("utf-8", "replace").decode()  # half a surrogate pair, which a payload may name, has no bytes
