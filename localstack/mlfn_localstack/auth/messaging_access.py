"""Which IAM actions requests to queues, topics, event buses and schedules need."""

from __future__ import annotations

import base64
import json
from typing import TYPE_CHECKING

from mlfn_localstack.auth.access import Access

if TYPE_CHECKING:
    from mlfn_localstack.service import Params, RequestContext

_TAKING = ("sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes")
"""What a move does to the queue that it empties.

https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-configure-dead-letter-queue-redrive.html
"""


def events(context: RequestContext, action: str, params: Params) -> list[Access]:
    """On buses, rules, archives and replays."""
    prefix = f"arn:aws:events:{context.region}:{context.account_id}:"
    if "Entries" in params:
        buses = dict.fromkeys(_bus_name(entry.get("EventBusName")) for entry in params["Entries"])
        return [Access(action=action, resource=f"{prefix}event-bus/{name}") for name in buses]
    if context.operation.endswith(("EventBus", "Permission")) or "ResourceARN" in params:
        bus = _bus_name(params.get("Name") or params.get("EventBusName"))
        arn = params.get("ResourceARN") or f"{prefix}event-bus/{bus}"
        return [Access(action=action, resource=arn)]
    for kind in ("Archive", "Replay"):
        if f"{kind}Name" in params:
            return [Access(action=action, resource=f"{prefix}{kind.lower()}/{params[f'{kind}Name']}")]
    rule = params.get("Rule") or params.get("Name")
    if rule is None:
        return [Access(action=action, resource="*")]
    bus = _bus_name(params.get("EventBusName"))
    return [Access(action=action, resource=f"{prefix}rule/{rule if bus == 'default' else f'{bus}/{rule}'}")]


def _bus_name(given: str | None) -> str:
    return (given or "default").rpartition("event-bus/")[2]


def scheduler(context: RequestContext, action: str, params: Params) -> list[Access]:
    """On schedules and their groups."""
    prefix, name = f"arn:aws:scheduler:{context.region}:{context.account_id}:", params.get("Name")
    if "ResourceArn" in params or name is None:
        return [Access(action=action, resource=params.get("ResourceArn") or "*")]
    if context.operation.endswith("ScheduleGroup"):
        return [Access(action=action, resource=f"{prefix}schedule-group/{name}")]
    return [Access(action=action, resource=f"{prefix}schedule/{params.get('GroupName') or 'default'}/{name}")]


def sns(context: RequestContext, action: str, params: Params) -> list[Access]:
    """On topics."""
    arn = params.get("TopicArn") or params.get("TargetArn") or params.get("ResourceArn")
    if context.operation == "CreateTopic":
        arn = f"arn:aws:sns:{context.region}:{context.account_id}:{params['Name']}"
    return [Access(action=action, resource=arn or "*")]


def sqs(context: RequestContext, action: str, params: Params) -> list[Access]:
    """On queues; whoever has messages moved takes them out of one, and sends them to the other."""
    if context.operation == "StartMessageMoveTask":
        moving = [Access(action=name, resource=params["SourceArn"]) for name in (action, *_TAKING)]
        target = params.get("DestinationArn")
        return [*moving, Access(action="sqs:SendMessage", resource=target)] if target else moving
    arn = params.get("SourceArn") or _source_of(params.get("TaskHandle"))
    if arn is None:
        name = params.get("QueueName") or str(params.get("QueueUrl") or "*").rstrip("/").rpartition("/")[2]
        arn = f"arn:aws:sqs:{context.region}:{context.account_id}:{name}"
    return [Access(action=action, resource=arn)]


def _source_of(handle: str | None) -> str | None:
    """The queue that the handle of a move names; what is no handle is refused by the service."""
    if handle is None:
        return None
    try:
        return str(json.loads(base64.b64decode(handle, validate=True))["sourceArn"])
    except (ValueError, TypeError, KeyError, RecursionError):
        return None
