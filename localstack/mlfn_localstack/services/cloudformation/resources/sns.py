"""AWS::SNS::Topic, ::Subscription, ::TopicPolicy and ::TopicInlinePolicy through SNS's API."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, ClassVar

from mlfn_localstack.services.cloudformation.resources.attached_policy import (
    AttachedPolicy,
    Attaching,
    InlinePolicy,
    attribute_text,
)
from mlfn_localstack.services.cloudformation.resources.handler import (
    Made,
    Request,
    ResourceType,
    found,
    tag_change,
)
from mlfn_localstack.services.cloudformation.schema import BOOLEAN, JSON, STRING, TAGS

if TYPE_CHECKING:
    from collections.abc import Awaitable, Mapping

_TOPIC_DEFAULTS = {"DisplayName": "", "SignatureVersion": "1", "TracingConfig": "PassThrough"}
_ORDERED_DEFAULTS = {"ContentBasedDeduplication": "false", "FifoThroughputScope": "Topic"}
_TOPIC_ATTRIBUTES = (*_TOPIC_DEFAULTS, *_ORDERED_DEFAULTS, "FifoTopic", "KmsMasterKeyId")
_SUBSCRIPTION_ATTRIBUTES = ("FilterPolicyScope", "FilterPolicy", "RawMessageDelivery", "RedrivePolicy")


class Topic(ResourceType):
    """A topic, and subscriptions that belong to it."""

    properties: ClassVar[Mapping[str, Any]] = {
        "ContentBasedDeduplication": BOOLEAN,
        "DisplayName": STRING,
        "FifoThroughputScope": STRING,
        "FifoTopic": BOOLEAN,
        "KmsMasterKeyId": STRING,
        "SignatureVersion": STRING,
        "Subscription": [{"Endpoint!": STRING, "Protocol!": STRING}],
        "Tags": TAGS,
        "TopicName": STRING,
        "TracingConfig": STRING,
    }
    create_only = frozenset({"FifoTopic", "TopicName"})
    attributes = frozenset({"TopicArn", "TopicName"})
    name_property = "TopicName"
    identifier = "TopicArn"
    tag_style = "list"

    async def create(self, request: Request) -> Made:
        """Create it and subscribe whom it names."""
        attributes = {
            name: attribute_text(request.properties[name]) for name in _TOPIC_ATTRIBUTES if name in request.properties
        }
        answer = await request.call(
            "sns",
            "CreateTopic",
            Name=self._name(request),
            Attributes=attributes or None,
            Tags=request.properties.get("Tags") or None,
        )
        arn = answer["TopicArn"]
        await request.created(arn)
        await self._subscribe(request, arn, [])
        return _topic(arn)

    async def update(self, request: Request, physical_id: str, old: Mapping[str, Any]) -> Made:
        """Change attributes, subscriptions and tags."""
        new = request.properties
        for name in _TOPIC_ATTRIBUTES:
            if new.get(name) != old.get(name):
                value = (
                    attribute_text(new[name]) if name in new else (_TOPIC_DEFAULTS | _ORDERED_DEFAULTS).get(name, "")
                )
                await _set_topic(request, physical_id, name, value)
        await self._subscribe(request, physical_id, old.get("Subscription", []))
        change = tag_change(new, old)
        if change.put:
            tags = [{"Key": key, "Value": value} for key, value in change.put.items()]
            await request.call("sns", "TagResource", ResourceArn=physical_id, Tags=tags)
        if change.removed:
            await request.call("sns", "UntagResource", ResourceArn=physical_id, TagKeys=change.removed)
        return _topic(physical_id)

    async def delete(self, request: Request, physical_id: str) -> None:
        """Delete it with its subscriptions."""
        await request.call("sns", "DeleteTopic", TopicArn=physical_id)

    async def find(self, request: Request) -> str | None:
        """The topic of that name."""
        arn = f"arn:aws:sns:{request.region}:{request.account_id}:{self._name(request)}"
        return arn if await found(request.call("sns", "GetTopicAttributes", TopicArn=arn)) else None

    async def read(self, request: Request, physical_id: str) -> dict[str, Any] | None:
        """Its attributes and tags."""
        answer = await found(request.call("sns", "GetTopicAttributes", TopicArn=physical_id))
        if answer is None:
            return None
        tags = await request.call("sns", "ListTagsForResource", ResourceArn=physical_id)
        shown = {name: value for name, value in answer["Attributes"].items() if name in _TOPIC_DEFAULTS}
        return {**shown, "TopicName": physical_id.rpartition(":")[2], "Tags": tags["Tags"]}

    def _name(self, request: Request) -> str:
        if request.properties.get("TopicName") or not request.properties.get("FifoTopic"):
            return request.name(request.properties.get("TopicName"), limit=256)
        return f"{request.name(None, limit=251)}.fifo"

    async def _subscribe(self, request: Request, arn: str, before: list[dict[str, str]]) -> None:
        wanted = request.properties.get("Subscription", [])
        for each in wanted:
            await request.call("sns", "Subscribe", TopicArn=arn, **each)
        for subscription in await _subscriptions(request, arn):
            place = {name: subscription[name] for name in ("Endpoint", "Protocol")}
            if place in before and place not in wanted:
                await request.call("sns", "Unsubscribe", SubscriptionArn=subscription["SubscriptionArn"])


class Subscription(ResourceType):
    """Somebody who gets a topic's messages."""

    properties: ClassVar[Mapping[str, Any]] = {
        "DeliveryPolicy": JSON,
        "Endpoint": STRING,
        "FilterPolicy": JSON,
        "FilterPolicyScope": STRING,
        "Protocol!": STRING,
        "RawMessageDelivery": BOOLEAN,
        "RedrivePolicy": JSON,
        "SubscriptionRoleArn": STRING,
        "TopicArn!": STRING,
    }
    create_only = frozenset({"Endpoint", "Protocol", "TopicArn"})
    attributes = frozenset({"Arn"})

    async def create(self, request: Request) -> Made:
        """Subscribe."""
        given = {key: value for key, value in request.properties.items() if key not in self.create_only}
        answer = await request.call(
            "sns",
            "Subscribe",
            Attributes={name: attribute_text(value) for name, value in given.items()} or None,
            ReturnSubscriptionArn=True,
            **request.pick("TopicArn", "Protocol", "Endpoint"),
        )
        await request.created(answer["SubscriptionArn"])
        return _subscription(answer["SubscriptionArn"])

    async def update(self, request: Request, physical_id: str, old: Mapping[str, Any]) -> Made:
        """Change what can change."""
        for name in _SUBSCRIPTION_ATTRIBUTES:
            if request.properties.get(name) != old.get(name):
                value = attribute_text(request.properties[name]) if name in request.properties else ""
                await request.call(
                    "sns",
                    "SetSubscriptionAttributes",
                    SubscriptionArn=physical_id,
                    AttributeName=name,
                    AttributeValue=value,
                )
        return _subscription(physical_id)

    async def delete(self, request: Request, physical_id: str) -> None:
        """Unsubscribe."""
        await request.call("sns", "Unsubscribe", SubscriptionArn=physical_id)

    async def find(self, request: Request) -> str | None:
        """The subscription of that endpoint: there can be only one."""
        wanted = request.pick("Endpoint", "Protocol")
        for subscription in await _subscriptions(request, request.properties["TopicArn"]):
            if {name: subscription[name] for name in wanted} == wanted:
                return str(subscription["SubscriptionArn"])
        return None


class _ToTopic(Attaching):
    def put(self, request: Request, place: str, policy: str) -> Awaitable[Any]:
        return _set_topic(request, place, "Policy", policy)

    async def has_one(self, request: Request, place: str) -> bool:
        answer = await request.call("sns", "GetTopicAttributes", TopicArn=place)
        match json.loads(answer["Attributes"]["Policy"]):
            case {"Statement": [{"Sid": "__default_statement_ID"}]}:
                return False
        return True


class TopicPolicy(AttachedPolicy):
    """The policy of one or more topics."""

    properties: ClassVar[Mapping[str, Any]] = {"PolicyDocument!": JSON, "Topics!": [STRING]}
    places = "Topics"
    to = _ToTopic()


class TopicInlinePolicy(InlinePolicy):
    """The policy of one topic."""

    properties: ClassVar[Mapping[str, Any]] = {"PolicyDocument!": JSON, "TopicArn!": STRING}
    create_only = frozenset({"TopicArn"})
    place = "TopicArn"
    to = _ToTopic()


async def _set_topic(request: Request, arn: str, name: str, value: str) -> dict[str, Any]:
    return await request.call("sns", "SetTopicAttributes", TopicArn=arn, AttributeName=name, AttributeValue=value)


async def _subscriptions(request: Request, arn: str) -> list[dict[str, Any]]:
    """All subscriptions of a topic; none of one that is not there."""
    found_all: list[dict[str, Any]] = []
    token: str | None = None
    while answer := await found(request.call("sns", "ListSubscriptionsByTopic", TopicArn=arn, NextToken=token)):
        found_all += answer["Subscriptions"]
        token = answer.get("NextToken")
        if token is None:
            break
    return [await _with_arn(request, subscription) for subscription in found_all]


async def _with_arn(request: Request, subscription: dict[str, Any]) -> dict[str, Any]:
    """A subscription with its ARN, which lists do not tell of one that nobody has confirmed."""
    if subscription["SubscriptionArn"] != "PendingConfirmation":
        return subscription
    same = {name: subscription[name] for name in ("TopicArn", "Protocol", "Endpoint")}
    return subscription | await request.call("sns", "Subscribe", ReturnSubscriptionArn=True, **same)


def _topic(arn: str) -> Made:
    return Made(physical_id=arn, attributes={"TopicArn": arn, "TopicName": arn.rpartition(":")[2]})


def _subscription(arn: str) -> Made:
    return Made(physical_id=arn, attributes={"Arn": arn})
