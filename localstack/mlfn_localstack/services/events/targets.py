"""What can be a target, and how each is reached."""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING, Any

from mlfn_localstack.service import ServiceError
from mlfn_localstack.services.events.errors import unsupported, validation
from mlfn_localstack.services.events.inputs import is_path
from mlfn_localstack.services.events.model import FORWARDED, PRINCIPAL
from mlfn_localstack.services.events.strict_json import parse
from mlfn_localstack.services.sqs.urls import url_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mlfn_localstack.service import Gateway
    from mlfn_localstack.services.events.delivery_queue import Delivery

_INPUTS = ("Input", "InputPath", "InputTransformer")
_MEMBERS = frozenset({"Id", "Arn", "RoleArn", "RetryPolicy", "DeadLetterConfig", "SqsParameters", *_INPUTS})
_BY_ROLE = frozenset({"events", "states"})
_SERVICES = frozenset({"events", "lambda", "logs", "sns", "sqs", "states"})


def is_bus(arn: str) -> bool:
    """Whether a target is another event bus."""
    return arn.startswith("arn:aws:events:") and ":event-bus/" in arn


def check_target(target: Mapping[str, Any]) -> None:
    """Refuse a target that EventBridge would not take, or the emulator cannot reach.

    Raises:
        ServiceError: ValidationException.
    """
    arn, name = target["Arn"], target["Id"]
    parts = arn.split(":", 5)
    if len(parts) != 6 or parts[0] != "arn":
        raise validation(f"Parameter {arn} is not valid. Reason: Provided Arn is not in correct format.")
    if parts[2] not in _SERVICES:
        raise unsupported(f"targets of the service {parts[2]} (target {name}); it has {', '.join(sorted(_SERVICES))}")
    if parts[2] == "events" and not is_bus(arn):
        raise unsupported(f"{parts[5].partition('/')[0]}s as targets (target {name})")
    if parts[2] in _BY_ROLE and "RoleArn" not in target:
        raise validation(f"RoleArn is required for target {arn}.")
    if is_bus(arn) and any(member in target for member in _INPUTS):
        raise unsupported(f"inputs of an event bus (target {name}), which gets the event as it is")
    unknown = sorted(name for name, value in target.items() if name not in _MEMBERS and value)
    if unknown:
        raise unsupported(f"{', '.join(unknown)} of target {name}")
    if arn.endswith(".fifo") and not (target.get("SqsParameters") or {}).get("MessageGroupId"):
        raise validation(f"Parameter(s) SqsParameters must be specified for target: {name}.")
    _check_dead_letters(target, name)
    _check_input(target, name)


def _check_dead_letters(target: Mapping[str, Any], name: str) -> None:
    queue = (target.get("DeadLetterConfig") or {}).get("Arn")
    if queue and (queue.split(":")[2:3] != ["sqs"] or queue.endswith(".fifo")):
        raise validation(f"Parameter {queue} is not valid for target {name}. Reason: it is no standard queue of SQS.")


def _check_input(target: Mapping[str, Any], name: str) -> None:
    if sum(member in target for member in _INPUTS) > 1:
        raise validation(f"Only one of Input, InputPath, or InputTransformer must be provided for target {name}.")
    if "Input" in target:
        try:
            parse(target["Input"])
        except ValueError:
            raise validation(f"JSON syntax error in input for target {name}.") from None
    transformer = target.get("InputTransformer", {})
    paths = [*transformer.get("InputPathsMap", {}).values(), *([target["InputPath"]] if "InputPath" in target else [])]
    for path in paths:
        if not is_path(path):
            raise validation(f"Invalid JSON path {path} for target {name}.")
    if any(key.startswith("aws.") for key in transformer.get("InputPathsMap", {})):
        raise validation(f"Invalid InputPathsMap for target {name}: keys must not start with AWS.")


class Targets:
    """Hands deliveries to Lambda, Step Functions, SQS, SNS, CloudWatch Logs and other event buses."""

    def __init__(self, gateway: Gateway) -> None:
        self._gateway = gateway

    async def deliver(self, delivery: Delivery) -> None:
        """Return once the target has it.

        Raises:
            ServiceError: as the target answers.
        """
        match delivery.target["Arn"].split(":")[2]:
            case "lambda":
                await self._invoke(delivery)
            case "events":
                entry = {"EventBusName": delivery.target["Arn"], FORWARDED: json.loads(delivery.input)}
                await self._call("events", "PutEvents", {"Entries": [entry]}, delivery)
            case "states":
                await self._start(delivery)
            case "sqs":
                await self._send(delivery)
            case "sns":
                params = {"TopicArn": delivery.target["Arn"], "Message": delivery.input}
                await self._call("sns", "Publish", params, delivery)
            case _:
                await self._log(delivery)

    async def _invoke(self, delivery: Delivery) -> None:
        params = {
            "FunctionName": delivery.target["Arn"],
            "InvocationType": "Event",
            "Payload": delivery.input.encode(),
        }
        await self._gateway.call("lambda", "Invoke", params, principal=PRINCIPAL, source_arn=delivery.rule)

    async def _start(self, delivery: Delivery) -> None:
        """Start an execution under the delivery's own name, so that none is started twice."""
        role = delivery.target["RoleArn"]
        await self._assume(role, delivery)
        params = {
            "stateMachineArn": delivery.target["Arn"],
            "name": f"{delivery.event_id}_{delivery.id}"[:80],
            "input": delivery.input,
        }
        try:
            await self._gateway.call("stepfunctions", "StartExecution", params, principal=role)
        except ServiceError as error:
            if error.code != "ExecutionAlreadyExists":
                raise

    async def _send(self, delivery: Delivery) -> None:
        group = (delivery.target.get("SqsParameters") or {}).get("MessageGroupId")
        params = {"QueueUrl": url_of(delivery.target["Arn"]), "MessageBody": delivery.input}
        await self._call("sqs", "SendMessage", params | ({"MessageGroupId": group} if group else {}), delivery)

    async def _call(self, service: str, operation: str, params: dict[str, Any], delivery: Delivery) -> None:
        """Call as the target's role or, if it has none, as EventBridge, which the resource's policy must let in."""
        role = delivery.target.get("RoleArn")
        if role:
            await self._assume(role, delivery)
        await self._gateway.call(service, operation, params, principal=role or PRINCIPAL, source_arn=delivery.rule)

    async def _assume(self, role: str, delivery: Delivery) -> None:
        session = {"RoleArn": role, "RoleSessionName": delivery.id}
        await self._gateway.call("sts", "AssumeRole", session, principal=PRINCIPAL, source_arn=delivery.rule)

    async def _log(self, delivery: Delivery) -> None:
        group = delivery.target["Arn"].partition(":log-group:")[2].removesuffix(":*")
        stream = {"logGroupName": group, "logStreamName": delivery.id}
        try:
            await self._call_logs("CreateLogStream", stream, delivery)
        except ServiceError as error:
            if error.code != "ResourceAlreadyExistsException":
                raise
        await self._call_logs("PutLogEvents", {**stream, "logEvents": [_log_event(delivery)]}, delivery)

    async def _call_logs(self, operation: str, params: dict[str, Any], delivery: Delivery) -> None:
        await self._gateway.call("logs", operation, params, principal=PRINCIPAL, source_arn=delivery.rule)


def _log_event(delivery: Delivery) -> dict[str, Any]:
    """The event as a line; a template of the form `{"timestamp": …, "message": …}` says both itself."""
    event = {"timestamp": int(time.time() * 1000), "message": delivery.input}
    if "InputTransformer" not in delivery.target:
        return event
    try:
        shaped = json.loads(delivery.input)
    except ValueError:
        return event
    if isinstance(shaped, dict) and isinstance(shaped.get("timestamp"), int) and "message" in shaped:
        message = shaped["message"]
        text = message if isinstance(message, str) else json.dumps(message, separators=(",", ":"))
        return {"timestamp": shaped["timestamp"], "message": text}
    return event
