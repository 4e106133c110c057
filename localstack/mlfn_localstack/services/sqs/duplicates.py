"""What was sent with which deduplication token a short while ago: to queues, and in a table of their own, to topics.

https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/FIFO-queues-exactly-once-processing.html
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mlfn_localstack.store import Store

DEDUPLICATION_S = 300.0
_SCHEMA = """
CREATE TABLE IF NOT EXISTS {table} (
    queue TEXT, token TEXT, id TEXT NOT NULL, seq INTEGER NOT NULL, at REAL NOT NULL, PRIMARY KEY (queue, token)
) WITHOUT ROWID;
"""


class Duplicates:
    """Reads and writes; every change is durable with the next commit."""

    def __init__(self, store: Store, table: str) -> None:
        self._store = store
        store.script(_SCHEMA.format(table=table))
        self._find = f"SELECT id, seq FROM {table} WHERE queue=? AND token=? AND at>?"  # noqa: S608 - names of ours
        self._forget = f"DELETE FROM {table} WHERE queue=? AND at<=?"  # noqa: S608
        self._put = f"INSERT OR REPLACE INTO {table} VALUES (?, ?, ?, ?, ?)"  # noqa: S608
        self._clear = f"DELETE FROM {table} WHERE queue=?"  # noqa: S608

    def find(self, queue: str, token: str, now: float) -> tuple[str, int] | None:
        """The id and place of the message that was sent with a token a short while ago."""
        row = self._store.execute(self._find, (queue, token, now - DEDUPLICATION_S)).fetchone()
        return (str(row[0]), int(row[1])) if row else None

    def remember(self, queue: str, token: str, message: tuple[str, int], now: float) -> None:
        """Have messages with this token taken for one that has just been sent."""
        self._store.execute(self._forget, (queue, now - DEDUPLICATION_S))
        self._store.execute(self._put, (queue, token, *message, now))

    def clear(self, queue: str) -> None:
        """Forget all that was sent to one."""
        self._store.execute(self._clear, (queue,))


def content_token(text: str) -> str:
    """The deduplication token of a message that is told from others by what it says."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def scoped_token(token: str, group: str, *, per_group: bool) -> str:
    """A token as it counts in a queue or topic, where each group may have tokens of its own."""
    return f"{group}\n{token}" if per_group else token


def unscoped_token(token: str) -> str:
    """The token that a scoped one was made of: what counted before each group had tokens of its own."""
    return token.rpartition("\n")[2]
