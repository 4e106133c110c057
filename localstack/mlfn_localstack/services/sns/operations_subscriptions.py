"""Subscribe, Unsubscribe, ListSubscriptions(ByTopic), Get- and SetSubscriptionAttributes."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING

from mlfn_localstack.service import ServiceError
from mlfn_localstack.services.sns import errors
from mlfn_localstack.services.sns.attributes import check_subscription, dead_letter_queue
from mlfn_localstack.services.sns.fifo import SUFFIX, is_fifo
from mlfn_localstack.services.sns.filters import ATTRIBUTES
from mlfn_localstack.services.sns.model import is_pending
from mlfn_localstack.services.sns.paging import page

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mlfn_localstack.service import Operation, Params, RequestContext, Result
    from mlfn_localstack.services.sns.model import SnsState, Subscription, Topic

_ENDPOINTS = {"sqs": "SQS endpoint ARN", "lambda": "Lambda endpoint ARN"}
_MAILED = ("email", "email-json")
"""Nothing is mailed here, so that nobody confirms: these stay pending, as on AWS until somebody does."""
_OTHER_PROTOCOLS = ("application", "firehose", "http", "https", "sms")
_DEFAULTS = {"RawMessageDelivery": "false", "FilterPolicyScope": ATTRIBUTES}
_LISTED = ("SubscriptionArn", "Owner", "Protocol", "Endpoint", "TopicArn")


class SubscriptionOperations:
    """Who gets the messages of topics."""

    def __init__(self, state: SnsState) -> None:
        self._state = state

    def operations(self) -> Mapping[str, Operation]:
        """By name."""
        return {
            "Subscribe": self.subscribe,
            "ConfirmSubscription": self.confirm,
            "Unsubscribe": self.unsubscribe,
            "ListSubscriptions": self.list,
            "ListSubscriptionsByTopic": self.list_by_topic,
            "GetSubscriptionAttributes": self.get_attributes,
            "SetSubscriptionAttributes": self.set_attribute,
        }

    async def subscribe(self, context: RequestContext, params: Params) -> Result:
        """The ARN of a new subscription, or of the one that there is if it has these attributes."""
        topic = self._state.admitted(params["TopicArn"], context, "SNS:Subscribe")
        protocol, endpoint = params["Protocol"], params.get("Endpoint") or ""
        _check_endpoint(protocol, endpoint, fifo=is_fifo(topic))
        given = _kept({name: value for name, value in (params.get("Attributes") or {}).items() if value != ""})
        try:
            check_subscription(given, given.get("FilterPolicyScope", ATTRIBUTES))
            _check_dead_letters(topic, endpoint, given)
        except ServiceError as error:
            raise errors.in_attributes(error) from None
        _check_raw(protocol, given)
        for existing in self._state.subscriptions(topic["Arn"]):
            if (existing["Protocol"], existing["Endpoint"]) == (protocol, endpoint):
                if not given.items() <= (_DEFAULTS | _kept(existing["Attributes"])).items():
                    raise errors.invalid("Attributes Reason: Subscription already exists with different attributes")
                return _answered(existing, params)
        arn = f"{topic['Arn']}:{uuid.uuid4()}"
        subscription = self._state.put_subscription(
            {
                "SubscriptionArn": arn,
                "TopicArn": topic["Arn"],
                "Protocol": protocol,
                "Endpoint": endpoint,
                "Owner": context.account_id,
                "Principal": context.caller.arn,
                "Attributes": given,
                "Pending": protocol in _MAILED,
            }
        )
        return _answered(subscription, params)

    async def confirm(self, _context: RequestContext, params: Params) -> Result:
        """Never: who would confirm got no token, since nothing is mailed here."""
        self._state.topic(params["TopicArn"])
        raise errors.invalid("Invalid token")

    async def unsubscribe(self, _context: RequestContext, params: Params) -> Result:
        """Nothing, once the subscription is gone."""
        subscription = self._state.find_subscription(errors.checked_subscription(params["SubscriptionArn"]))
        if subscription is not None:
            self._state.delete_subscription(subscription)
        return {}

    async def list(self, _context: RequestContext, params: Params) -> Result:
        """All subscriptions."""
        return page([_listed(each) for each in self._state.subscriptions()], params, "Subscriptions")

    async def list_by_topic(self, context: RequestContext, params: Params) -> Result:
        """The subscriptions of a topic."""
        topic = self._state.admitted(params["TopicArn"], context, "SNS:ListSubscriptionsByTopic")
        return page([_listed(each) for each in self._state.subscriptions(topic["Arn"])], params, "Subscriptions")

    async def get_attributes(self, context: RequestContext, params: Params) -> Result:
        """A subscription's attributes."""
        subscription = self._state.subscription(params["SubscriptionArn"])
        shown = {
            **_listed(subscription),
            "SubscriptionArn": subscription["SubscriptionArn"],
            "ConfirmationWasAuthenticated": "false" if is_pending(subscription) else "true",
            "PendingConfirmation": "true" if is_pending(subscription) else "false",
            "RawMessageDelivery": "false",
            "SubscriptionPrincipal": subscription.get("Principal", context.caller.arn),
            **subscription["Attributes"],
        }
        if "FilterPolicy" in shown:
            shown.setdefault("FilterPolicyScope", ATTRIBUTES)
        return {"Attributes": shown}

    async def set_attribute(self, _context: RequestContext, params: Params) -> Result:
        """Nothing, once the subscription has this attribute, or no more if it was empty."""
        subscription = self._state.subscription(params["SubscriptionArn"])
        name, value = params["AttributeName"], params.get("AttributeValue") or ""
        kept = {other: text for other, text in subscription["Attributes"].items() if other != name}
        given = {name: value} if value else {}
        check_subscription({name: value}, given.get("FilterPolicyScope") or kept.get("FilterPolicyScope", ATTRIBUTES))
        _check_raw(subscription["Protocol"], given)
        _check_dead_letters(self._state.topic(subscription["TopicArn"]), subscription["Endpoint"], given)
        self._state.put_subscription({**subscription, "Attributes": {**kept, **_kept(given)}})
        return {}


def _check_endpoint(protocol: str, endpoint: str, *, fifo: bool) -> None:
    if protocol not in (*_ENDPOINTS, *_MAILED, *_OTHER_PROTOCOLS):
        raise errors.invalid(f"Amazon SNS does not support this protocol string: {protocol}")
    if fifo and protocol != "sqs":
        raise errors.invalid(f"Invalid protocol type: {protocol}")
    if protocol in _OTHER_PROTOCOLS:
        raise errors.unsupported(f"the protocol {protocol}; it has sqs and lambda, and keeps email unconfirmed")
    if protocol in _MAILED:
        if "@" not in endpoint.strip("@"):
            raise errors.invalid("Email address")
        return
    parts = endpoint.split(":")
    if parts[:3] != ["arn", "aws", protocol] or len(parts) < 6:
        raise errors.invalid(_ENDPOINTS[protocol])
    if endpoint.endswith(SUFFIX) and not fifo:
        raise errors.invalid(
            "Invalid parameter: Endpoint Reason: FIFO SQS Queues can not be subscribed to standard SNS topics"
        )


def _check_dead_letters(topic: Topic, endpoint: str, given: Mapping[str, str]) -> None:
    """Refuse a dead-letter queue that loses the order which topic and queue keep."""
    dead = dead_letter_queue(given)
    if dead is not None and is_fifo(topic) and endpoint.endswith(SUFFIX) and not dead.endswith(SUFFIX):
        raise errors.invalid("RedrivePolicy: must use a FIFO queue as DLQ for a FIFO Subscription to a FIFO Topic.")


def _kept(given: Mapping[str, str]) -> dict[str, str]:
    """Attributes as they are kept: `True` is `true`."""
    return {name: value.lower() if name == "RawMessageDelivery" else value for name, value in given.items()}


def _check_raw(protocol: str, attributes: Mapping[str, str]) -> None:
    if protocol != "sqs" and attributes.get("RawMessageDelivery", "false").lower() == "true":
        raise errors.invalid(
            f"Attributes Reason: Delivery protocol [{protocol}] does not support raw message delivery."
        )


def _listed(subscription: Subscription) -> dict[str, str]:
    shown = {name: subscription[name] for name in _LISTED}
    return shown | ({"SubscriptionArn": "PendingConfirmation"} if is_pending(subscription) else {})


def _answered(subscription: Subscription, params: Params) -> Result:
    """The ARN of a subscription; that it is pending, if the request does not want the ARN even then."""
    hidden = is_pending(subscription) and not params.get("ReturnSubscriptionArn")
    return {"SubscriptionArn": "pending confirmation" if hidden else subscription["SubscriptionArn"]}
