"""Durable state: one SQLite database in WAL mode, one open transaction, committed once per turn of the event loop.

An operation writes with `execute` and answers only after `durable()`; all operations of one turn share one commit
(group commit). Validate first, write after, and do not await between two writes that belong together: then no commit
can fall between them.
"""

from __future__ import annotations

import asyncio
import json
import logging
import sqlite3
from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING, Any

from mlfn_localstack.checkpoints import Checkpoints

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    Committed = Callable[[sqlite3.Error | None], None]
    """Told that a commit is over, and of what went wrong."""

logger = logging.getLogger(__name__)

_MOST_LOG_PAGES = 12_000
"""Of 4 kB, after which a commit makes a checkpoint itself: `Checkpoints` counts rows, and some fill many pages."""
_LAST = "\U0010ffff"
_SURROGATES, _AFTER_SURROGATES = 0xD800, 0xE000
"""No text has them; UTF-8 sorts as code points do."""
_MAX_TURNS = 4
"""Of the event loop, that a commit is put off for others to join it."""


class Store:
    """The emulator's database. Single-threaded: used from the event loop only."""

    def __init__(self, path: Path | None = None, *, synchronous: str = "NORMAL") -> None:
        self._db = sqlite3.connect(str(path) if path else ":memory:", isolation_level=None)
        self._db.execute("PRAGMA journal_mode=WAL")
        self._db.execute(f"PRAGMA synchronous={synchronous}")
        self._db.execute(f"PRAGMA wal_autocheckpoint={_MOST_LOG_PAGES}")
        self._db.execute("PRAGMA foreign_keys=ON")
        self._db.execute(
            "CREATE TABLE IF NOT EXISTS documents"
            " (kind TEXT, key TEXT, body TEXT, PRIMARY KEY (kind, key)) WITHOUT ROWID"
        )
        self._checkpoints = Checkpoints(self._db, path) if path else None
        self._waiting: list[Committed] = []
        self._savepoints = 0

    def execute(self, sql: str, args: Sequence[Any] = ()) -> sqlite3.Cursor:
        """Run one statement in the open transaction, beginning it if there is none."""
        if not self._db.in_transaction and not sql.lstrip()[:6].upper().startswith("SELECT"):
            self._db.execute("BEGIN IMMEDIATE")
        return self._db.execute(sql, args)

    def execute_many(self, sql: str, rows: Sequence[Sequence[Any]]) -> None:
        """Run one writing statement for each row, in the open transaction."""
        if not self._db.in_transaction:
            self._db.execute("BEGIN IMMEDIATE")
        self._db.executemany(sql, rows)

    def script(self, sql: str) -> None:
        """Run a schema script (`CREATE TABLE IF NOT EXISTS …`)."""
        self.commit()
        self._db.executescript(sql)

    async def durable(self) -> None:
        """Return once everything written so far is committed; calls of one loop turn share a commit."""
        if not self._db.in_transaction:
            return
        committed: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.when_durable(partial(_settle, committed))
        await committed

    def when_durable(self, tell: Committed) -> None:
        """Call `tell` once everything written so far is committed: at once, if it is."""
        if not self._db.in_transaction:
            tell(None)
            return
        self._waiting.append(tell)
        if len(self._waiting) == 1:
            asyncio.get_running_loop().call_soon(self._flush, 1, _MAX_TURNS)

    def commit(self) -> None:
        """Commit now, for code outside the event loop."""
        if self._db.in_transaction:
            self._db.execute("COMMIT")

    @contextmanager
    def savepoint(self) -> Iterator[None]:
        """All of the writes inside, or none. Must not contain an `await`."""
        name = f"s{self._savepoints}"
        self._savepoints += 1
        self.execute(f"SAVEPOINT {name}")
        try:
            yield
        except BaseException:
            self._db.execute(f"ROLLBACK TO {name}")
            raise
        finally:
            self._db.execute(f"RELEASE {name}")
            self._savepoints -= 1

    def documents(self, kind: str) -> Documents:
        """A durable dictionary of JSON documents, for state that needs no query."""
        return Documents(self, kind)

    def close(self) -> None:
        """Commit and close."""
        self.commit()
        if self._checkpoints is not None:
            self._checkpoints.close()
        self._db.close()

    def _flush(self, seen: int, turns: int) -> None:
        """Commit once no turn of the loop adds to those who wait: what comes in together shares a commit."""
        if seen < len(self._waiting) and turns:
            asyncio.get_running_loop().call_soon(self._flush, len(self._waiting), turns - 1)
            return
        waiting, self._waiting = self._waiting, []
        failure: sqlite3.Error | None = None
        try:
            self.commit()
        except sqlite3.Error as error:
            failure = error
        for tell in waiting:
            try:
                tell(failure)
            except Exception:  # the others wait for the same commit
                logger.exception("An answer could not be given after its commit")
        if self._checkpoints is not None and not self._db.in_transaction:
            self._checkpoints.advance()


def _settle(committed: asyncio.Future[None], failure: sqlite3.Error | None) -> None:
    if committed.done():
        return
    if failure is None:
        committed.set_result(None)
    else:
        committed.set_exception(failure)


def following(prefix: str) -> str:
    """The first text behind all that start with `prefix`, as SQLite sorts them; nothing for those at the very end."""
    head = prefix.rstrip(_LAST)
    if not head:
        return ""
    code = ord(head[-1]) + 1
    return head[:-1] + chr(_AFTER_SURROGATES if code == _SURROGATES else code)


class Documents:
    """JSON documents of one kind by key, sorted by key."""

    def __init__(self, store: Store, kind: str) -> None:
        self._store = store
        self._kind = kind

    def get(self, key: str) -> Any | None:
        """The document, or None."""
        text = self.text(key)
        return None if text is None else json.loads(text)

    def text(self, key: str) -> str | None:
        """The document as it is stored, or None."""
        row = self._store.execute("SELECT body FROM documents WHERE kind=? AND key=?", (self._kind, key)).fetchone()
        return None if row is None else str(row[0])

    def put(self, key: str, body: Any) -> None:
        """Write a document (durable after `Store.durable`)."""
        self._store.execute(
            "INSERT OR REPLACE INTO documents VALUES (?, ?, ?)",
            (self._kind, key, json.dumps(body, separators=(",", ":"))),
        )

    def delete(self, key: str) -> None:
        """Remove a document if it is there."""
        self._store.execute("DELETE FROM documents WHERE kind=? AND key=?", (self._kind, key))

    def items(self, prefix: str = "") -> list[tuple[str, Any]]:
        """All documents whose key starts with `prefix`, in key order; what comes after those is not looked at."""
        end = following(prefix)
        rows = self._store.execute(
            f"SELECT key, body FROM documents WHERE kind=? AND key>=? {'AND key<?' if end else ''} ORDER BY key",  # noqa: S608 - ours
            (self._kind, prefix, *([end] if end else [])),
        ).fetchall()
        return [(key, json.loads(body)) for key, body in rows]
