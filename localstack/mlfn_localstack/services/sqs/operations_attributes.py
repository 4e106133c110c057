"""GetQueueAttributes, SetQueueAttributes, AddPermission, RemovePermission, ListDeadLetterSourceQueues."""

from __future__ import annotations

import json
import re
import time
from typing import TYPE_CHECKING, Any

from mlfn_localstack.services.sqs import attributes, errors
from mlfn_localstack.services.sqs.access import check_service
from mlfn_localstack.services.sqs.model import is_fifo
from mlfn_localstack.services.sqs.paging import page

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mlfn_localstack.service import Operation, Params, RequestContext, Result
    from mlfn_localstack.services.sqs.model import Queue, SqsState

_LABEL = re.compile(r"[A-Za-z0-9_-]{1,80}")
_ACCOUNT = re.compile(r"\d{12}")
_MAX_ACTIONS = 7
_SHARED = (
    "*",
    "ChangeMessageVisibility",
    "DeleteMessage",
    "GetQueueAttributes",
    "GetQueueUrl",
    "ListDeadLetterSourceQueues",
    "PurgeQueue",
    "ReceiveMessage",
    "SendMessage",
)
"""What a queue's owner may let others do."""
_KNOWN = frozenset(
    {
        "All",
        "ApproximateNumberOfMessages",
        "ApproximateNumberOfMessagesDelayed",
        "ApproximateNumberOfMessagesNotVisible",
        "ContentBasedDeduplication",
        "CreatedTimestamp",
        "DeduplicationScope",
        "DelaySeconds",
        "FifoQueue",
        "FifoThroughputLimit",
        "KmsDataKeyReusePeriodSeconds",
        "KmsMasterKeyId",
        "LastModifiedTimestamp",
        "MaximumMessageSize",
        "MessageRetentionPeriod",
        "Policy",
        "QueueArn",
        "ReceiveMessageWaitTimeSeconds",
        "RedriveAllowPolicy",
        "RedrivePolicy",
        "SqsManagedSseEnabled",
        "VisibilityTimeout",
    }
)


class AttributeOperations:
    """What queues are like."""

    def __init__(self, state: SqsState) -> None:
        self._state = state

    def operations(self) -> Mapping[str, Operation]:
        """By name."""
        return {
            "GetQueueAttributes": self.get,
            "SetQueueAttributes": self.set,
            "AddPermission": self.add_permission,
            "RemovePermission": self.remove_permission,
            "ListDeadLetterSourceQueues": self.list_sources,
        }

    async def get(self, context: RequestContext, params: Params) -> Result:
        """Attributes by name, or all of them."""
        queue = self._queue(context, params, "sqs:GetQueueAttributes")
        wanted = set(params.get("AttributeNames") or ())
        for name in sorted(wanted - _KNOWN):
            raise errors.unknown_attribute(name)
        found = {name: value for name, value in self._all(queue).items() if "All" in wanted or name in wanted}
        return {"Attributes": found} if found else {}

    async def set(self, context: RequestContext, params: Params) -> Result:
        """Nothing, once the queue has these attributes."""
        queue = self._queue(context, params, "sqs:SetQueueAttributes")
        given = attributes.normal(params["Attributes"])
        if "FifoQueue" in given and given["FifoQueue"] != queue["Attributes"].get("FifoQueue"):
            if is_fifo(queue):
                raise errors.invalid_attribute("FifoQueue", "Modifying queue type is not supported.")
            raise errors.unknown_attribute("FifoQueue")
        attributes.check(given, fifo=is_fifo(queue))
        wanted = attributes.changed(queue["Attributes"], given)
        attributes.check_throughput(wanted)
        if "RedrivePolicy" in given:
            self._state.check_redrive(queue["Name"], wanted)
        self._write(queue, wanted)
        self._state.arrivals.notify(queue["Name"])
        return {}

    async def add_permission(self, context: RequestContext, params: Params) -> Result:
        """Nothing, once the queue's policy lets these accounts do this."""
        queue = self._queue(context, params, "sqs:AddPermission")
        _check_permission(params)
        policy = self._policy(queue)
        if any(statement.get("Sid") == params["Label"] for statement in policy["Statement"]):
            raise errors.invalid_value(params["Label"], "Label", "Already exists.")
        statement = {
            "Sid": params["Label"],
            "Effect": "Allow",
            "Principal": {"AWS": _plain([f"arn:aws:iam::{account}:root" for account in params["AWSAccountIds"]])},
            "Action": _plain([f"SQS:{action}" for action in params["Actions"]]),
            "Resource": self._state.arn(queue["Name"]),
        }
        text = json.dumps({**policy, "Statement": [*policy["Statement"], statement]})
        self._write(queue, attributes.changed(queue["Attributes"], {"Policy": text}))
        return {}

    async def remove_permission(self, context: RequestContext, params: Params) -> Result:
        """Nothing, once the statement is gone."""
        queue = self._queue(context, params, "sqs:RemovePermission")
        policy = self._policy(queue)
        kept = [statement for statement in policy["Statement"] if statement.get("Sid") != params["Label"]]
        if len(kept) == len(policy["Statement"]):
            raise errors.invalid_value(params["Label"], "Label", "can't find label.")
        text = json.dumps({**policy, "Statement": kept}) if kept else ""
        self._write(queue, attributes.changed(queue["Attributes"], {"Policy": text}))
        return {}

    async def list_sources(self, context: RequestContext, params: Params) -> Result:
        """The queues whose dead-letter queue this is."""
        queue = self._queue(context, params, "sqs:ListDeadLetterSourceQueues")
        arn = self._state.arn(queue["Name"])
        names = [
            each["Name"] for each in self._state.all() if (attributes.redrive_of(each["Attributes"]) or ("",))[0] == arn
        ]
        return page(names, [self._state.url(context, name) for name in names], params, "queueUrls")

    def _all(self, queue: Queue) -> dict[str, str]:
        counts = self._state.messages.counts(queue["Name"], time.time())
        return {
            "QueueArn": self._state.arn(queue["Name"]),
            "ApproximateNumberOfMessages": str(counts.visible),
            "ApproximateNumberOfMessagesNotVisible": str(counts.in_flight),
            "ApproximateNumberOfMessagesDelayed": str(counts.delayed),
            "CreatedTimestamp": str(queue["Created"]),
            "LastModifiedTimestamp": str(queue["Modified"]),
            **queue["Attributes"],
        }

    def _queue(self, context: RequestContext, params: Params, action: str) -> Queue:
        queue = self._state.queue(params["QueueUrl"])
        check_service(queue, self._state.arn(queue["Name"]), context, action)
        return queue

    def _policy(self, queue: Queue) -> dict[str, Any]:
        empty = {"Version": "2008-10-17", "Id": f"{self._state.arn(queue['Name'])}/SQSDefaultPolicy", "Statement": []}
        policy: dict[str, Any] = json.loads(queue["Attributes"].get("Policy") or json.dumps(empty))
        statements = policy["Statement"]
        return {**policy, "Statement": statements if isinstance(statements, list) else [statements]}

    def _write(self, queue: Queue, wanted: Mapping[str, str]) -> None:
        self._state.put({**queue, "Attributes": dict(wanted), "Modified": int(time.time())})


def _check_permission(params: Params) -> None:
    if _LABEL.fullmatch(params["Label"]) is None:
        reason = "Can only include alphanumeric characters, hyphens, or underscores. 1 to 80 in length."
        raise errors.invalid_value(params["Label"], "Label", reason)
    if len(params["Actions"]) > _MAX_ACTIONS:
        message = f"{len(params['Actions'])} Actions were found, maximum allowed is {_MAX_ACTIONS}."
        raise errors.over_limit(message)
    for action in params["Actions"]:
        if action not in _SHARED:
            reason = "Only the queue owner is allowed to invoke this action."
            raise errors.invalid_value(f"SQS:{action}", "ActionName", reason)
    accounts = params["AWSAccountIds"]
    if not accounts or any(_ACCOUNT.fullmatch(account) is None for account in accounts):
        raise errors.invalid_value(f"[{', '.join(accounts)}]", "PrincipalId", "Unable to verify.")


def _plain(values: list[str]) -> list[str] | str:
    """One value by itself, as SQS writes policies."""
    return values[0] if len(values) == 1 else values
