"""CreateTopic, DeleteTopic, ListTopics, GetTopicAttributes, SetTopicAttributes."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

from mlfn_localstack.services.sns import errors
from mlfn_localstack.services.sns.attributes import DELIVERY_POLICY, check_topic
from mlfn_localstack.services.sns.fifo import SUFFIX, is_fifo
from mlfn_localstack.services.sns.model import default_policy, is_pending
from mlfn_localstack.services.sns.operations_tags import checked_tags
from mlfn_localstack.services.sns.paging import page

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mlfn_localstack.service import Operation, Params, RequestContext, Result
    from mlfn_localstack.services.sns.model import SnsState, Topic

_NAME = re.compile(r"[A-Za-z0-9_-]{1,256}")
_MAX_NAME = 256
_FIFO = {"FifoTopic": "true", "ContentBasedDeduplication": "false"}


class TopicOperations:
    """Topics as a whole."""

    def __init__(self, state: SnsState) -> None:
        self._state = state

    def operations(self) -> Mapping[str, Operation]:
        """By name."""
        return {
            "CreateTopic": self.create,
            "DeleteTopic": self.delete,
            "ListTopics": self.list,
            "GetTopicAttributes": self.get_attributes,
            "SetTopicAttributes": self.set_attribute,
        }

    async def create(self, context: RequestContext, params: Params) -> Result:
        """The ARN of a new topic, or of the one that there is if it has these attributes."""
        name, given = params["Name"], dict(params.get("Attributes") or {})
        fifo = _is_fifo(name, given.pop("FifoTopic", "false"))
        if params.get("DataProtectionPolicy"):
            raise errors.unsupported("data protection policies")
        check_topic(given, fifo=fifo)
        arn = self._state.arn(name)
        existing = self._state.find_topic(arn)
        tags = checked_tags(params.get("Tags") or [])
        if existing is not None:
            _check_same(existing, given, tags)
            return {"TopicArn": arn}
        defaults = {"DisplayName": "", "Policy": default_policy(arn, context.account_id)} | (_FIFO if fifo else {})
        attributes = {**defaults, **given}
        self._state.put_topic({"Name": name, "Arn": arn, "Attributes": attributes, "Tags": tags})
        return {"TopicArn": arn}

    async def delete(self, context: RequestContext, params: Params) -> Result:
        """Nothing, once the topic and its subscriptions are gone; also if there was none."""
        self._state.check_topic_arn(params["TopicArn"])
        topic = self._state.find_topic(params["TopicArn"])
        if topic is not None:
            self._state.delete_topic(self._state.admitted(topic["Arn"], context, "SNS:DeleteTopic"))
        return {}

    async def list(self, _context: RequestContext, params: Params) -> Result:
        """All topics."""
        return page([{"TopicArn": topic["Arn"]} for topic in self._state.topics()], params, "Topics")

    async def get_attributes(self, context: RequestContext, params: Params) -> Result:
        """A topic's attributes."""
        topic = self._state.admitted(params["TopicArn"], context, "SNS:GetTopicAttributes")
        pending = [is_pending(each) for each in self._state.subscriptions(topic["Arn"])]
        return {
            "Attributes": {
                "TopicArn": topic["Arn"],
                "Owner": context.account_id,
                "SubscriptionsConfirmed": str(pending.count(False)),
                "SubscriptionsPending": str(pending.count(True)),
                "SubscriptionsDeleted": "0",
                "EffectiveDeliveryPolicy": json.dumps(DELIVERY_POLICY),
                **topic["Attributes"],
            }
        }

    async def set_attribute(self, context: RequestContext, params: Params) -> Result:
        """Nothing, once the topic has this attribute."""
        topic = self._state.admitted(params["TopicArn"], context, "SNS:SetTopicAttributes")
        name, value = params["AttributeName"], params.get("AttributeValue") or ""
        if name == "Policy" and not value:
            value = default_policy(topic["Arn"], context.account_id)
        check_topic({name: value}, fifo=is_fifo(topic))
        self._state.put_topic({**topic, "Attributes": {**topic["Attributes"], name: value}})
        return {}


def _is_fifo(name: str, wanted: str) -> bool:
    """Whether a new topic is to keep order.

    Raises:
        ServiceError: InvalidParameter: its name is none, or none for that.
    """
    if wanted.lower() not in ("true", "false"):
        raise errors.invalid(f"Attributes Reason: FifoTopic: Invalid value [{wanted}]. Must be true or false.")
    fifo = wanted.lower() == "true"
    if fifo and not name.endswith(SUFFIX):
        raise errors.invalid(
            "Fifo Topic names must end with .fifo and must be made up of only uppercase and lowercase ASCII letters, "
            "numbers, underscores, and hyphens, and must be between 1 and 256 characters long."
        )
    plain = name.removesuffix(SUFFIX) if fifo else name
    if _NAME.fullmatch(plain) is None or len(name) > _MAX_NAME:
        raise errors.invalid("Topic Name")
    return fifo


def _check_same(existing: Topic, given: Mapping[str, str], tags: Mapping[str, str]) -> None:
    if any(existing["Attributes"].get(name) != value for name, value in given.items()):
        raise errors.invalid("Attributes Reason: Topic already exists with different attributes")
    if tags and tags != existing["Tags"]:
        raise errors.invalid("Tags Reason: Topic already exists with different tags")
