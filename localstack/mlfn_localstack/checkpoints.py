"""Checkpoints beside the work: a thread copies what the write-ahead log holds into the database.

SQLite by itself does so within the commit that fills the log, and whoever waits for that commit waits for three
`fdatasync` with it: under a load of puts, a sixth of the time. https://www.sqlite.org/wal.html#ckpt
"""

from __future__ import annotations

import logging
import sqlite3
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from concurrent.futures import Future
    from pathlib import Path

logger = logging.getLogger(__name__)

_BEGIN = 4_000
"""Rows that changed since the last pass: about as many pages of the log, each of 4 kB. A page that is written often is
then copied once."""
_LONG_PAGES = 6_000
"""A log that has to start again, for which nothing of it may be missing in the database: while writes go on, whatever
came during the last pass is copied at once, and they wait. Reading a log of this length after a crash takes 30 ms."""
_REST = 300
"""Rows that are few enough to be copied while writes wait."""
_MOST_PASSES = 4
"""After which the rest is copied however much it is."""


class Checkpoints:
    """Those of one database, which `database` writes, and nobody else."""

    def __init__(self, database: sqlite3.Connection, path: Path) -> None:
        self._database = database
        self._path = path
        self._seen = 0
        """Changes that are in the database, or will be after the pass that is under way."""
        self._passes = 0
        self._pass: Future[int] | None = None
        self._thread: ThreadPoolExecutor | None = None
        self._connection: sqlite3.Connection | None = None

    def advance(self) -> None:
        """Begin, go on with or finish a checkpoint, as the log has grown; must be called between transactions."""
        changed = self._database.total_changes - self._seen
        if self._pass is None:
            if changed >= _BEGIN:
                self._begin()
        elif self._pass.done():
            if self._pass.result() < _LONG_PAGES:
                self._passes, self._pass = 0, None
            elif changed > _REST and self._passes < _MOST_PASSES:
                self._begin()
            else:
                self._finish()

    def wait(self) -> None:
        """Until the pass that is under way is over (blocking)."""
        if self._pass is not None:
            self._pass.result()

    def close(self) -> None:
        """Wait for the pass that is under way, and end the thread."""
        if self._thread is not None:
            self._thread.submit(self._disconnect).result()
            self._thread.shutdown()
            self._thread = None

    def _begin(self) -> None:
        if self._thread is None:
            self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="checkpoints")
        self._seen = self._database.total_changes
        self._passes += 1
        self._pass = self._thread.submit(self._copy)

    def _finish(self) -> None:
        """Copy what came during the last pass, and let the log start again."""
        self._seen, self._passes, self._pass = self._database.total_changes, 0, None
        _copy(self._database)

    def _copy(self) -> int:
        """One pass, in the thread; the log's pages."""
        try:
            self._connection = self._connection or sqlite3.connect(self._path, isolation_level=None)
        except sqlite3.Error as error:
            logger.warning("The database cannot be opened for a checkpoint: %s", error)
            return 0
        return _copy(self._connection)

    def _disconnect(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None


def _copy(connection: sqlite3.Connection) -> int:
    """Copy what of the log no reader needs any more; its pages. What fails (a full disk) is tried again next time."""
    try:
        _, pages, _ = connection.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchone()
    except sqlite3.Error as error:
        logger.warning("A checkpoint failed: %s", error)
        return 0
    return int(pages)
