"""Which messages FIFO topics have taken, so that their order is kept and each goes out once.

https://docs.aws.amazon.com/sns/latest/dg/fifo-topic-message-ordering.html
https://docs.aws.amazon.com/sns/latest/dg/fifo-message-dedup.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mlfn_localstack.services.sqs.duplicates import Duplicates, scoped_token

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mlfn_localstack.services.sns.message import Message
    from mlfn_localstack.store import Store

_FIRST_SEQUENCE = 10_000_000_000_000_000_000
_STEP = 1_000


class Ledger:
    """Which messages FIFO topics have taken; every change is durable with the next commit."""

    def __init__(self, store: Store) -> None:
        self._duplicates = Duplicates(store, "sns_duplicates")
        self._last = store.documents("sns-sequence")

    def find(self, topic: Mapping[str, Any], message: Message, now: float) -> tuple[str, str] | None:
        """The id and sequence number of the message that another is a repetition of."""
        found = self._duplicates.find(topic["Arn"], _token(topic, message), now)
        return None if found is None else (found[0], _shown(found[1]))

    def enter(self, topic: Mapping[str, Any], message: Message, now: float) -> str:
        """The sequence number of a message that is now taken."""
        place = int(self._last.get(topic["Name"]) or 0) + 1
        self._last.put(topic["Name"], place)
        self._duplicates.remember(topic["Arn"], _token(topic, message), (message.id, place), now)
        return _shown(place)

    def clear(self, topic: Mapping[str, Any]) -> None:
        """Forget a topic's messages."""
        self._last.delete(topic["Name"])
        self._duplicates.clear(topic["Arn"])


def _token(topic: Mapping[str, Any], message: Message) -> str:
    per_group = topic["Attributes"].get("FifoThroughputScope") == "MessageGroup"
    return scoped_token(str(message.token), str(message.group), per_group=per_group)


def _shown(place: int) -> str:
    """A place as clients see it: twenty digits, growing."""
    return str(_FIRST_SEQUENCE + _STEP * place)
