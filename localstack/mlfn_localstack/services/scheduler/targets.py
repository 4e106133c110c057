"""What a schedule can call, and how: always as the target's role.

https://docs.aws.amazon.com/scheduler/latest/UserGuide/managing-targets-templated.html
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from mlfn_localstack.service import ServiceError
from mlfn_localstack.services.scheduler import errors
from mlfn_localstack.services.scheduler.model import PRINCIPAL
from mlfn_localstack.services.sqs.urls import url_of

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from mlfn_localstack.service import Gateway, Params
    from mlfn_localstack.services.events.delivery_queue import Delivery

_MEMBERS = frozenset(
    {"Arn", "RoleArn", "DeadLetterConfig", "RetryPolicy", "Input", "SqsParameters", "EventBridgeParameters"}
)
_ATTEMPT = "<aws.scheduler.attempt-number>"


def check_target(target: Mapping[str, Any]) -> None:
    """Refuse a target that the scheduler would not take, or the emulator cannot reach.

    Raises:
        ServiceError: ValidationException.
    """
    unknown = sorted(name for name, value in target.items() if name not in _MEMBERS and value)
    if unknown:
        raise errors.unsupported(f"{', '.join(unknown)} of targets")
    arn = target["Arn"]
    service = arn.split(":")[2] if arn.count(":") >= 5 else ""
    if service not in _CALLS:
        raise errors.unsupported(f"the target {arn}; it has {', '.join(sorted(_CALLS))}")
    if arn.endswith(".fifo") and not (target.get("SqsParameters") or {}).get("MessageGroupId"):
        raise errors.validation("MessageGroupId must be provided for FIFO queues.")
    if service == "events" and not target.get("EventBridgeParameters"):
        raise errors.validation("EventBridgeParameters must be provided for event buses.")
    queue = (target.get("DeadLetterConfig") or {}).get("Arn")
    if queue and (queue.split(":")[2:3] != ["sqs"] or queue.endswith(".fifo")):
        raise errors.validation("DeadLetterConfig must name a standard queue of SQS.")


class Targets:
    """Hands deliveries to their targets."""

    def __init__(self, gateway: Gateway) -> None:
        self._gateway = gateway

    async def check_role(self, role: str, group: str) -> None:
        """Refuse a role that the scheduler may not take on behalf of a group of schedules (its ARN).

        Raises:
            ServiceError: ValidationException.
        """
        try:
            await self._assume(role, "check", group)
        except ServiceError as error:
            raise errors.validation(
                "The execution role you provide must allow AWS EventBridge Scheduler to assume the role."
            ) from error

    async def deliver(self, delivery: Delivery) -> None:
        """Return once the target has it.

        Raises:
            ServiceError: as the target answers.
        """
        role = delivery.target["RoleArn"]
        await self._assume(role, delivery.id, _group_of(delivery.rule))
        text = delivery.input.replace(_ATTEMPT, str(delivery.attempts + 1))
        service = delivery.target["Arn"].split(":")[2]
        name, operation, params_of = _CALLS[service]
        try:
            answer = await self._gateway.call(
                name, operation, params_of(delivery, text), principal=role, source_arn=delivery.rule
            )
        except ServiceError as error:
            if error.code == "ExecutionAlreadyExists":  # of an attempt whose answer was lost
                return
            raise
        if answer.get("FailedEntryCount"):
            failed = answer["Entries"][0]
            raise ServiceError(failed["ErrorCode"], failed["ErrorMessage"])

    async def _assume(self, role: str, session: str, group: str) -> None:
        """Take a role: what its trust policy may ask for as `aws:SourceArn` is the schedule's group.

        https://docs.aws.amazon.com/scheduler/latest/UserGuide/cross-service-confused-deputy-prevention.html
        """
        params = {"RoleArn": role, "RoleSessionName": session}
        await self._gateway.call("sts", "AssumeRole", params, principal=PRINCIPAL, source_arn=group)


def _group_of(schedule: str) -> str:
    """The ARN of the group of a schedule's ARN."""
    return schedule.rpartition("/")[0].replace(":schedule/", ":schedule-group/", 1)


def _invoke(delivery: Delivery, text: str) -> Params:
    return {"FunctionName": delivery.target["Arn"], "InvocationType": "Event", "Payload": text.encode()}


def _start(delivery: Delivery, text: str) -> Params:
    """An execution under the delivery's own name, so that none is started twice."""
    return {"stateMachineArn": delivery.target["Arn"], "name": delivery.id, "input": text}


def _send(delivery: Delivery, text: str) -> Params:
    group = (delivery.target.get("SqsParameters") or {}).get("MessageGroupId")
    return {
        "QueueUrl": url_of(delivery.target["Arn"]),
        "MessageBody": text,
        **({"MessageGroupId": group} if group else {}),
    }


def _publish(delivery: Delivery, text: str) -> Params:
    return {"TopicArn": delivery.target["Arn"], "Message": text}


def _put_events(delivery: Delivery, text: str) -> Params:
    given = delivery.target["EventBridgeParameters"]
    entry = {
        "EventBusName": delivery.target["Arn"].rpartition("event-bus/")[2],
        "Source": given["Source"],
        "DetailType": given["DetailType"],
        "Resources": [delivery.rule],
        "Detail": text,
    }
    return {"Entries": [entry]}


_CALLS: dict[str, tuple[str, str, Callable[[Delivery, str], Params]]] = {
    "events": ("events", "PutEvents", _put_events),
    "lambda": ("lambda", "Invoke", _invoke),
    "sns": ("sns", "Publish", _publish),
    "sqs": ("sqs", "SendMessage", _send),
    "states": ("stepfunctions", "StartExecution", _start),
}
"""By the service in a target's ARN."""


def default_input(arn: str, account_id: str, region: str, at: str, execution: str) -> str:
    """What a target gets for whom no input is given."""
    event = {
        "version": "0",
        "id": execution,
        "detail-type": "Scheduled Event",
        "source": "aws.scheduler",
        "account": account_id,
        "time": at,
        "region": region,
        "resources": [arn],
        "detail": "{}",
    }
    return json.dumps(event, separators=(",", ":"))
