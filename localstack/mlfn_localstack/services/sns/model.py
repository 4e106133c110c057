"""What SNS keeps: topics by name, and subscriptions by ARN."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from mlfn_localstack.auth.resource_policies import is_service, lets_service_in
from mlfn_localstack.services.sns import errors
from mlfn_localstack.services.sns.ledger import Ledger

if TYPE_CHECKING:
    from mlfn_localstack.service import Environment, RequestContext

PRINCIPAL = "sns.amazonaws.com"
ALARMS = "cloudwatch.amazonaws.com"
"""Calls on behalf of the topic's owner, which the default policy lets in."""
OWNER_ACTIONS = (
    "GetTopicAttributes",
    "SetTopicAttributes",
    "AddPermission",
    "RemovePermission",
    "DeleteTopic",
    "Subscribe",
    "ListSubscriptionsByTopic",
    "Publish",
)

Topic = dict[str, Any]
"""`Name`, `Arn`, `Attributes` (as texts) and `Tags`."""
Subscription = dict[str, Any]
"""`SubscriptionArn`, `TopicArn`, `Protocol`, `Endpoint`, `Owner`, `Attributes` (as texts), whether it is `Pending`."""


class SnsState:
    """Topics and subscriptions."""

    def __init__(self, environment: Environment) -> None:
        self.environment = environment
        self._topics = environment.store.documents("sns-topic")
        self._subscriptions = environment.store.documents("sns-subscription")
        self.ledger = Ledger(environment.store)
        self._prefix = f"arn:aws:sns:{environment.region}:{environment.account_id}:"

    def arn(self, name: str) -> str:
        """The ARN of a topic."""
        return self._prefix + name

    def find_topic(self, arn: str) -> Topic | None:
        """A topic by ARN, or None."""
        topic: Topic | None = self._topics.get(arn.removeprefix(self._prefix)) if arn.startswith(self._prefix) else None
        return topic

    def topic(self, arn: str) -> Topic:
        """A topic by ARN.

        Raises:
            ServiceError: InvalidParameter, NotFound.
        """
        self.check_topic_arn(arn)
        topic = self.find_topic(arn)
        if topic is None:
            raise errors.no_topic()
        return topic

    def check_topic_arn(self, arn: str) -> None:
        """Refuse what names no topic of this region.

        Raises:
            ServiceError: InvalidParameter.
        """
        if not arn.startswith("arn:") or arn.count(":") != 5:
            raise errors.no_arn("TopicArn", arn)
        if arn.split(":")[3] != self.environment.region:
            raise errors.invalid("TopicArn")

    def admitted(self, arn: str, context: RequestContext, action: str) -> Topic:
        """A topic by ARN, on which a service may do this; users and roles are checked in front of every service.

        Raises:
            ServiceError: InvalidParameter, NotFound, AuthorizationError.
        """
        topic = self.topic(arn)
        if is_service(context):
            keys = {"aws:sourceowner": (context.account_id,)} if context.caller.arn == ALARMS else {}
            if not lets_service_in(topic["Attributes"]["Policy"], context, action, topic["Arn"], keys):
                raise errors.denied(context.caller.arn, action, topic["Arn"])
        return topic

    def topics(self) -> list[Topic]:
        """All topics, by name."""
        return [topic for _, topic in self._topics.items()]

    def put_topic(self, topic: Topic) -> None:
        """Write a topic."""
        self._topics.put(topic["Name"], topic)

    def delete_topic(self, topic: Topic) -> None:
        """Remove a topic with its subscriptions."""
        for subscription in self.subscriptions(topic["Arn"]):
            self.delete_subscription(subscription)
        self._topics.delete(topic["Name"])
        self.ledger.clear(topic)

    def subscriptions(self, topic: str = "") -> list[Subscription]:
        """All subscriptions (of a topic), by ARN."""
        prefix = f"{topic}:" if topic else ""
        return [subscription for _, subscription in self._subscriptions.items(prefix)]

    def subscription(self, arn: str) -> Subscription:
        """A subscription by ARN.

        Raises:
            ServiceError: InvalidParameter, NotFound.
        """
        found = self.find_subscription(errors.checked_subscription(arn))
        if found is None:
            raise errors.no_subscription()
        return found

    def find_subscription(self, arn: str) -> Subscription | None:
        """A subscription by ARN, or None."""
        found: Subscription | None = self._subscriptions.get(arn)
        return found

    def put_subscription(self, subscription: Subscription) -> Subscription:
        """Write a subscription."""
        self._subscriptions.put(subscription["SubscriptionArn"], subscription)
        return subscription

    def delete_subscription(self, subscription: Subscription) -> None:
        """Remove a subscription."""
        self._subscriptions.delete(subscription["SubscriptionArn"])


def is_pending(subscription: Subscription) -> bool:
    """Whether nobody has confirmed it, so that it gets nothing."""
    return bool(subscription.get("Pending"))


def default_policy(arn: str, account_id: str) -> str:
    """The policy of a new topic: its owner may do everything, and nobody else anything."""
    statement = {
        "Sid": "__default_statement_ID",
        "Effect": "Allow",
        "Principal": {"AWS": "*"},
        "Action": [f"SNS:{action}" for action in OWNER_ACTIONS],
        "Resource": arn,
        "Condition": {"StringEquals": {"AWS:SourceOwner": account_id}},
    }
    return json.dumps({"Version": "2008-10-17", "Id": "__default_policy_ID", "Statement": [statement]})
