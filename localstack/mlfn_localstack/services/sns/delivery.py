"""From a message to what each subscriber gets, and how it gets it."""

from __future__ import annotations

import json
import time
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from mlfn_localstack.services.sns.attributes import dead_letter_queue
from mlfn_localstack.services.sns.fifo import SUFFIX, is_fifo
from mlfn_localstack.services.sns.filters import is_for
from mlfn_localstack.services.sns.model import PRINCIPAL, is_pending
from mlfn_localstack.services.sqs.message_attributes import plain, restored
from mlfn_localstack.services.sqs.urls import url_of

if TYPE_CHECKING:
    from mlfn_localstack.service import Gateway, ServiceError
    from mlfn_localstack.services.events.delivery_queue import Delivery, DeliveryQueue
    from mlfn_localstack.services.sns.message import Message
    from mlfn_localstack.services.sns.model import SnsState, Subscription, Topic
    from mlfn_localstack.services.sns.signing import Signer

RETRY_POLICY = {"MaximumRetryAttempts": 100_015, "MaximumEventAgeInSeconds": 23 * 86_400}
"""https://docs.aws.amazon.com/sns/latest/dg/sns-message-delivery-retries.html: for AWS's own endpoints."""


class Publisher:
    """Queues messages for subscribers."""

    def __init__(self, state: SnsState, queue: DeliveryQueue, signer: Signer) -> None:
        self._state = state
        self._queue = queue
        self._signer = signer

    async def publish(self, topic: Topic, message: Message) -> Message:
        """Queue a message for every subscription it is for (durable with the next commit); what it is now known as."""
        if is_fifo(topic):
            return self._publish_in_order(topic, message)
        wanted = self._wanted(topic, message)
        notifications = {
            protocol: await self._signed(topic, message, protocol)
            for protocol in {each["Protocol"] for each in wanted if not _is_raw(each)}
        }
        for subscription in wanted:
            if _is_raw(subscription):
                text = _raw(message, subscription)
            else:
                text = self._shown(subscription, message, notifications[subscription["Protocol"]])
            self._put(topic, subscription, message, text)
        return message

    def _publish_in_order(self, topic: Topic, message: Message) -> Message:
        """The same for a FIFO topic; nothing is waited for, so that messages keep their order."""
        ledger, now = self._state.ledger, time.time()
        known = ledger.find(topic, message, now)
        if known is not None:
            return replace(message, id=known[0], sequence=known[1])
        message = replace(message, sequence=ledger.enter(topic, message, now))
        for subscription in self._wanted(topic, message):
            if _is_raw(subscription):
                text = _raw(message, subscription)
            else:
                notification = {**_notification(topic, message, "sqs"), "Attributes": message.shown_attributes()}
                text = self._shown(subscription, message, notification)
            self._put(topic, subscription, message, text, lane=f"{subscription['SubscriptionArn']}\n{message.group}")
        return message

    def _wanted(self, topic: Topic, message: Message) -> list[Subscription]:
        return [
            each
            for each in self._state.subscriptions(topic["Arn"])
            if not is_pending(each)
            and is_for(each["Attributes"], message.text_for(each["Protocol"]), message.attributes)
        ]

    def _put(self, topic: Topic, subscription: Subscription, message: Message, text: str, lane: str = "") -> None:
        target = {
            "Arn": subscription["Endpoint"],
            "Protocol": subscription["Protocol"],
            "RetryPolicy": RETRY_POLICY,
            "DeadLetterConfig": {"Arn": dead_letter_queue(subscription["Attributes"])},
        }
        self._queue.put(topic["Arn"], target, text, message.id, lane=lane)

    async def _signed(self, topic: Topic, message: Message, protocol: str) -> dict[str, Any]:
        notification = _notification(topic, message, protocol)
        version = topic["Attributes"].get("SignatureVersion", "1")
        return (
            notification | await self._signer.sign(notification, version) | {"Attributes": message.shown_attributes()}
        )

    def _shown(self, subscription: Subscription, message: Message, notification: dict[str, Any]) -> str:
        """The text that a queue or a function gets."""
        arn = subscription["SubscriptionArn"]
        url = f"{self._state.environment.endpoint}/?Action=Unsubscribe&SubscriptionArn={arn}"
        members = {name: value for name, value in notification.items() if name != "Attributes"}
        if subscription["Protocol"] == "lambda":
            certificate = {"SigningCertUrl": members.pop("SigningCertURL"), "UnsubscribeUrl": url}
            # functions are told of version 1 whatever the signature is of
            sns = {
                **members,
                "SignatureVersion": "1",
                **certificate,
                "MessageAttributes": notification["Attributes"],
            }
            record = {"EventSource": "aws:sns", "EventVersion": "1.0", "EventSubscriptionArn": arn, "Sns": sns}
            return json.dumps({"Records": [record]}, ensure_ascii=False)
        if members["Subject"] is None:
            del members["Subject"]
        attributes = {"MessageAttributes": notification["Attributes"]} if notification["Attributes"] else {}
        body = json.dumps({**members, "UnsubscribeURL": url, **attributes}, ensure_ascii=False)
        return json.dumps({"MessageBody": body, **_known(message, subscription)})


class Subscribers:
    """Hands deliveries to queues and functions."""

    def __init__(self, gateway: Gateway) -> None:
        self._gateway = gateway

    async def deliver(self, delivery: Delivery) -> None:
        """Return once the subscriber has it.

        Raises:
            ServiceError: as the subscriber answers.
        """
        if delivery.target["Protocol"] == "lambda":
            params = {
                "FunctionName": delivery.target["Arn"],
                "InvocationType": "Event",
                "Payload": delivery.input.encode(),
            }
            await self._gateway.call("lambda", "Invoke", params, principal=PRINCIPAL, source_arn=delivery.rule)
        else:
            await self._send(delivery.target["Arn"], _message(delivery.input), delivery)

    async def give_up(self, delivery: Delivery, _error: ServiceError) -> None:
        """Put what a subscriber did not take into the subscription's dead-letter queue, if it has one.

        Raises:
            ServiceError: that queue does not take it either.
        """
        queue = delivery.target["DeadLetterConfig"]["Arn"]
        if queue:
            is_text = delivery.target["Protocol"] == "lambda"
            await self._send(queue, {"MessageBody": delivery.input} if is_text else _message(delivery.input), delivery)

    async def _send(self, queue: str, message: dict[str, Any], delivery: Delivery) -> None:
        params = {"QueueUrl": url_of(queue), **message}
        await self._gateway.call("sqs", "SendMessage", params, principal=PRINCIPAL, source_arn=delivery.rule)


def _is_raw(subscription: Subscription) -> bool:
    return str(subscription["Attributes"].get("RawMessageDelivery", "false")).lower() == "true"


def _raw(message: Message, subscription: Subscription) -> str:
    attributes = {"MessageAttributes": plain(message.attributes)}
    return json.dumps({"MessageBody": message.text_for("sqs"), **attributes, **_known(message, subscription)})


def _known(message: Message, subscription: Subscription) -> dict[str, Any]:
    """What a queue is told of a message beside it."""
    if not message.trace:
        return _ids(message, subscription)
    traced = {"AWSTraceHeader": {"DataType": "String", "StringValue": message.trace}}
    return {"MessageSystemAttributes": traced, **_ids(message, subscription)}


def _ids(message: Message, subscription: Subscription) -> dict[str, str]:
    """What a queue is told of a message's order: a standard queue nothing by a FIFO topic."""
    if message.token is None:
        return {} if message.group is None else {"MessageGroupId": message.group}
    if not subscription["Endpoint"].endswith(SUFFIX):
        return {}
    return {"MessageGroupId": str(message.group), "MessageDeduplicationId": message.token}


def _notification(topic: Topic, message: Message, protocol: str) -> dict[str, Any]:
    """What every subscriber is told, without a signature, which FIFO topics do not have."""
    now = datetime.now(UTC)
    return {
        "Type": "Notification",
        "MessageId": message.id,
        **({} if message.sequence is None else {"SequenceNumber": message.sequence}),
        "TopicArn": topic["Arn"],
        "Subject": message.subject,
        "Message": message.text_for(protocol),
        "Timestamp": f"{now:%Y-%m-%dT%H:%M:%S}.{now.microsecond // 1000:03}Z",
    }


def _message(text: str) -> dict[str, Any]:
    message: dict[str, Any] = json.loads(text)
    attributes = restored(message.pop("MessageAttributes", {}))
    return {**message, **({"MessageAttributes": attributes} if attributes else {})}
