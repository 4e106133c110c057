"""Telling queues, topics, functions and EventBridge what happens to a bucket's objects."""

from __future__ import annotations

import json
import logging
from typing import TYPE_CHECKING, Any

from mlfn_localstack.service import ServiceError
from mlfn_localstack.services.events.delivery_queue import DeliveryQueue
from mlfn_localstack.services.s3.model import next_number
from mlfn_localstack.services.s3.notification_records import PRINCIPAL, Event, Happening, bus_entry, record, trial
from mlfn_localstack.services.s3.notification_rules import concerned, destinations
from mlfn_localstack.services.s3.writing import versioning
from mlfn_localstack.services.sqs.urls import url_of

if TYPE_CHECKING:
    from datetime import datetime

    from mlfn_localstack.service import Environment, RequestContext
    from mlfn_localstack.services.events.delivery_queue import Delivery
    from mlfn_localstack.services.s3.model import Bucket, Version
    from mlfn_localstack.services.s3.notification_rules import Destination

_BUS = "arn:aws:events"
_SUBJECT = "Amazon S3 Notification"
_LOG = logging.getLogger(__name__)


class Notifier:
    """Queues notifications with what they tell of, and delivers them."""

    def __init__(self, environment: Environment) -> None:
        self._gateway = environment.gateway
        self.queue = DeliveryQueue(environment.store, self._deliver, _give_up, owner="s3")

    def tell(
        self, context: RequestContext, bucket: Bucket, event: Event, version: Version, until: datetime | None = None
    ) -> None:
        """Queue what is to be told of an event (durable with the next commit)."""
        configuration = bucket["Settings"].get("NotificationConfiguration")
        if not configuration:
            return
        is_versioned = versioning(bucket) == "Enabled"
        happening = Happening(
            event=event, version=version, is_versioned=is_versioned, number=next_number(), until=until
        )
        source = _source(bucket)
        for each in concerned(configuration, event, version.key):
            text = record(happening, context, each.rule.get("Id", ""))
            self.queue.put(source, {"Arn": each.arn}, text, context.request_id)
        if "EventBridgeConfiguration" in configuration:
            text = json.dumps(bus_entry(happening, context))
            self.queue.put(source, {"Arn": _BUS}, text, context.request_id)

    async def refusals(self, context: RequestContext, bucket: Bucket, configuration: dict[str, Any]) -> dict[str, str]:
        """Which destinations would not take what S3 sends, and why: they are tried."""
        found = [(each, await self._refusal(context, bucket, each)) for each in destinations(configuration)]
        return {each.arn: reason for each, reason in found if reason}

    async def _refusal(self, context: RequestContext, bucket: Bucket, destination: Destination) -> str:
        try:
            await self._send(destination.arn, trial(bucket["Name"], context), _source(bucket), is_trial=True)
        except ServiceError as error:
            return _reason(destination, error)
        return ""

    async def _deliver(self, delivery: Delivery) -> None:
        await self._send(delivery.target["Arn"], delivery.input, delivery.rule)

    async def _send(self, arn: str, text: str, source: str, *, is_trial: bool = False) -> None:
        params: dict[str, Any]
        match arn.split(":")[2]:
            case "sqs":
                service, operation = "sqs", "SendMessage"
                params = {"QueueUrl": url_of(arn), "MessageBody": text}
            case "sns":
                service, operation = "sns", "Publish"
                params = {"TopicArn": arn, "Message": text, "Subject": _SUBJECT}
            case "lambda":
                service, operation = "lambda", "Invoke"
                kind = "DryRun" if is_trial else "Event"
                params = {"FunctionName": arn, "InvocationType": kind, "Payload": text.encode()}
            case _:
                service, operation = "events", "PutEvents"
                params = {"Entries": [json.loads(text)]}
        await self._gateway.call(service, operation, params, principal=PRINCIPAL, source_arn=source)


async def _give_up(delivery: Delivery, error: ServiceError) -> None:
    """S3 has no dead-letter queue: the event is lost, as the queue's log says."""


def _source(bucket: Bucket) -> str:
    return f"arn:aws:s3:::{bucket['Name']}"


def _reason(destination: Destination, error: ServiceError) -> str:
    if destination.service == "lambda":
        return f"Not authorized to invoke function [{destination.arn}]"
    kind = "queue" if destination.service == "sqs" else "topic"
    if error.status == 404 or "NonExistent" in error.code or "DoesNotExist" in error.code:
        return f"The destination {kind} does not exist"
    return f"Permissions on the destination {kind} do not allow S3 to publish notifications from this bucket"
