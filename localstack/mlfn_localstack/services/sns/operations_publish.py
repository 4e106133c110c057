"""Publish and PublishBatch."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from mlfn_localstack.service import ServiceError
from mlfn_localstack.services.sns import errors
from mlfn_localstack.services.sns.message import MAX_BYTES, Message, check_form, message_of, size_of
from mlfn_localstack.services.sqs.batches import check_entries, each

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mlfn_localstack.service import Operation, Params, RequestContext, Result
    from mlfn_localstack.services.sns.delivery import Publisher
    from mlfn_localstack.services.sns.model import SnsState

_ACTION = "SNS:Publish"
_NUMBER = re.compile(r"\+?[0-9]{1,20}")
_BATCH_WORDS = {
    "EmptyBatchRequest": "The batch request doesn't contain any entries.",
    "TooManyEntriesInBatchRequest": "The batch request contains more entries than permissible.",
    "InvalidBatchEntryId": "The Id of a batch entry in a batch request doesn't abide by the specification.",
    "BatchEntryIdsNotDistinct": "Two or more batch entries in the request have the same Id.",
}


class PublishOperations:
    """Messages."""

    def __init__(self, state: SnsState, publisher: Publisher) -> None:
        self._state = state
        self._publisher = publisher

    def operations(self) -> Mapping[str, Operation]:
        """By name."""
        return {"Publish": self.publish, "PublishBatch": self.publish_batch}

    async def publish(self, context: RequestContext, params: Params) -> Result:
        """The message's id, once it is queued for every subscriber."""
        if (number := params.get("PhoneNumber")) is not None:
            raise _no_text_message(number)
        arn = params.get("TopicArn") or params.get("TargetArn", params.get("TopicArn"))
        if arn is None:
            raise errors.invalid("TopicArn or TargetArn Reason: no value for required parameter")
        if ":endpoint/" in arn:
            raise errors.invalid("TargetArn Reason: No endpoint found for the target arn specified")
        topic = self._state.admitted(arn, context, _ACTION)
        return _answer(await self._publisher.publish(topic, message_of(params, topic, context.trace)))

    async def publish_batch(self, context: RequestContext, params: Params) -> Result:
        """The same of up to ten messages; what a message says may be refused by itself, what it is with all of them."""
        topic = self._state.admitted(params["TopicArn"], context, _ACTION)
        entries = params["PublishBatchRequestEntries"]
        check_entries(entries, _BATCH_WORDS)
        if sum(size_of(entry) for entry in entries) > MAX_BYTES:
            raise ServiceError(
                "BatchRequestTooLong", "The length of all the messages put together is more than the limit."
            )
        for entry in entries:
            check_form(entry, topic)
        messages: dict[str, Message] = {}

        def take(entry: Params) -> dict[str, Any]:
            messages[entry["Id"]] = message_of(entry, topic, context.trace)
            return {}

        failed = each(entries, take).get("Failed", [])
        done = [
            {"Id": name, **_answer(await self._publisher.publish(topic, message))} for name, message in messages.items()
        ]
        return {"Successful": done, "Failed": failed}


def _no_text_message(number: str) -> ServiceError:
    if _NUMBER.fullmatch(number) is None:
        return errors.invalid(f"PhoneNumber Reason: {number} is not valid to publish to")
    return errors.unsupported("text messages")


def _answer(message: Message) -> Result:
    sequence = {} if message.sequence is None else {"SequenceNumber": message.sequence}
    return {"MessageId": message.id, **sequence}
