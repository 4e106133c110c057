"""AWS::SQS::Queue, ::QueuePolicy and ::QueueInlinePolicy through SQS's API."""

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
    changed,
    found,
    tag_change,
    tag_map,
)
from mlfn_localstack.services.cloudformation.schema import BOOLEAN, INTEGER, JSON, STRING, TAGS

if TYPE_CHECKING:
    from collections.abc import Awaitable, Mapping

_DEFAULTS = {
    "ContentBasedDeduplication": "false",
    "DeduplicationScope": "queue",
    "DelaySeconds": "0",
    "FifoThroughputLimit": "perQueue",
    "KmsDataKeyReusePeriodSeconds": "300",
    "KmsMasterKeyId": "",
    "MaximumMessageSize": "262144",
    "MessageRetentionPeriod": "345600",
    "ReceiveMessageWaitTimeSeconds": "0",
    "RedriveAllowPolicy": "",
    "RedrivePolicy": "",
    "SqsManagedSseEnabled": "true",
    "VisibilityTimeout": "30",
}
"""What an update that drops a property sets: what a new queue has, but for the size, whose old default it is."""
_ATTRIBUTES = (*_DEFAULTS, "FifoQueue")


class Queue(ResourceType):
    """A queue with its attributes and tags."""

    properties: ClassVar[Mapping[str, Any]] = {
        "ContentBasedDeduplication": BOOLEAN,
        "DeduplicationScope": STRING,
        "DelaySeconds": INTEGER,
        "FifoQueue": BOOLEAN,
        "FifoThroughputLimit": STRING,
        "KmsDataKeyReusePeriodSeconds": INTEGER,
        "KmsMasterKeyId": STRING,
        "MaximumMessageSize": INTEGER,
        "MessageRetentionPeriod": INTEGER,
        "QueueName": STRING,
        "ReceiveMessageWaitTimeSeconds": INTEGER,
        "RedriveAllowPolicy": JSON,
        "RedrivePolicy": JSON,
        "SqsManagedSseEnabled": BOOLEAN,
        "Tags": TAGS,
        "VisibilityTimeout": INTEGER,
    }
    create_only = frozenset({"FifoQueue", "QueueName"})
    attributes = frozenset({"Arn", "QueueName", "QueueUrl"})
    name_property = "QueueName"
    identifier = "QueueUrl"
    tag_style = "list"
    system_tags = False

    async def create(self, request: Request) -> Made:
        """Create it."""
        answer = await request.call(
            "sqs",
            "CreateQueue",
            QueueName=self._name(request),
            Attributes=_attributes(request.properties),
            tags=tag_map(request.properties.get("Tags")) or None,
        )
        await request.created(answer["QueueUrl"])
        return _made(request, answer["QueueUrl"])

    async def update(self, request: Request, physical_id: str, old: Mapping[str, Any]) -> Made:
        """Change attributes and tags."""
        new = request.properties
        if changed(new, old, _ATTRIBUTES):
            dropped = {name: value for name, value in _DEFAULTS.items() if name in old and name not in new}
            given = {name: value for name, value in _attributes(new).items() if name != "FifoQueue"}
            await request.call("sqs", "SetQueueAttributes", QueueUrl=physical_id, Attributes={**dropped, **given})
        change = tag_change(new, old)
        if change.put:
            await request.call("sqs", "TagQueue", QueueUrl=physical_id, Tags=change.put)
        if change.removed:
            await request.call("sqs", "UntagQueue", QueueUrl=physical_id, TagKeys=change.removed)
        return _made(request, physical_id)

    async def delete(self, request: Request, physical_id: str) -> None:
        """Delete it with its messages."""
        await request.call("sqs", "DeleteQueue", QueueUrl=physical_id)

    async def find(self, request: Request) -> str | None:
        """The queue of that name."""
        answer = await found(request.call("sqs", "GetQueueUrl", QueueName=self._name(request)))
        return str(answer["QueueUrl"]) if answer else None

    async def read(self, request: Request, physical_id: str) -> dict[str, Any] | None:
        """Its attributes and tags."""
        answer = await found(request.call("sqs", "GetQueueAttributes", QueueUrl=physical_id, AttributeNames=["All"]))
        if answer is None:
            return None
        tags = (await request.call("sqs", "ListQueueTags", QueueUrl=physical_id)).get("Tags", {})
        shown = {name: _read(name, value) for name, value in answer["Attributes"].items() if name in _ATTRIBUTES}
        return {
            **shown,
            "QueueName": physical_id.rpartition("/")[2],
            "Tags": [{"Key": key, "Value": value} for key, value in tags.items()],
        }

    def _name(self, request: Request) -> str:
        given = request.properties.get("QueueName")
        if given or not request.properties.get("FifoQueue"):
            return request.name(given, limit=80)
        return f"{request.name(None, limit=75)}.fifo"


class _ToQueue(Attaching):
    def put(self, request: Request, place: str, policy: str) -> Awaitable[Any]:
        return request.call("sqs", "SetQueueAttributes", QueueUrl=place, Attributes={"Policy": policy})

    async def has_one(self, request: Request, place: str) -> bool:
        answer = await request.call("sqs", "GetQueueAttributes", QueueUrl=place, AttributeNames=["Policy"])
        return "Policy" in answer.get("Attributes", {})


class QueuePolicy(AttachedPolicy):
    """The policy of one or more queues."""

    properties: ClassVar[Mapping[str, Any]] = {"PolicyDocument!": JSON, "Queues!": [STRING]}
    places = "Queues"
    to = _ToQueue()


class QueueInlinePolicy(InlinePolicy):
    """The policy of one queue."""

    properties: ClassVar[Mapping[str, Any]] = {"PolicyDocument!": JSON, "Queue!": STRING}
    create_only = frozenset({"Queue"})
    place = "Queue"
    to = _ToQueue()


def _attributes(properties: Mapping[str, Any]) -> dict[str, str]:
    """A queue's attributes; standard queues do not know that they are not FIFO queues."""
    names = _ATTRIBUTES if properties.get("FifoQueue") else set(_ATTRIBUTES) - {"FifoQueue"}
    return {name: attribute_text(value) for name, value in properties.items() if name in names}


def _read(name: str, value: str) -> Any:
    if name in ("RedrivePolicy", "RedriveAllowPolicy"):
        return json.loads(value)
    if value in ("true", "false"):
        return value == "true"
    return int(value) if value.isdigit() else value


def _made(request: Request, url: str) -> Made:
    name = url.rpartition("/")[2]
    arn = f"arn:aws:sqs:{request.region}:{request.account_id}:{name}"
    return Made(physical_id=url, attributes={"Arn": arn, "QueueName": name, "QueueUrl": url})
