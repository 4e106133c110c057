"""The store's log is copied into its database beside the work, and never grows without end."""

from __future__ import annotations

import asyncio
import sqlite3
from typing import TYPE_CHECKING

import pytest

from mlfn_localstack import checkpoints
from mlfn_localstack.checkpoints import Checkpoints
from mlfn_localstack.store import Store

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

PAGE_BYTES = 4_096
ROW = "x" * (PAGE_BYTES // 2)
TOGETHER = 50


@pytest.fixture(name="path")
def _path(tmp_path: Path) -> Path:
    return tmp_path / "state.db"


@pytest.fixture(name="database")
def _database(path: Path) -> Iterator[sqlite3.Connection]:
    database = sqlite3.connect(path, isolation_level=None)
    database.execute("PRAGMA journal_mode=WAL")
    database.execute("PRAGMA wal_autocheckpoint=0")
    database.execute("CREATE TABLE rows (number INTEGER PRIMARY KEY, body TEXT)")
    yield database
    database.close()


@pytest.fixture(autouse=True)
def _short_logs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checkpoints, "_BEGIN", 400)
    monkeypatch.setattr(checkpoints, "_LONG_PAGES", 600)


def write(database: sqlite3.Connection, passes: Checkpoints, count: int) -> Iterator[None]:
    """Rows of half a page, a transaction at a time, the next of which is written beside the pass."""
    for start in range(0, count, TOGETHER):
        database.execute("BEGIN")
        database.executemany("INSERT INTO rows VALUES (?, ?)", [(start + n, ROW) for n in range(TOGETHER)])
        database.execute("COMMIT")
        passes.wait()
        passes.advance()
        yield


def log_pages(path: Path) -> int:
    """The size of a database's log: it stays as large as it once was."""
    return path.with_name(f"{path.name}-wal").stat().st_size // PAGE_BYTES


def counted(path: Path, count: str) -> int:
    """What a query counts in a database, if it is whole."""
    with sqlite3.connect(path) as database:
        assert database.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        return int(database.execute(count).fetchone()[0])


def test_a_log_under_constant_writes_starts_again(path: Path, database: sqlite3.Connection) -> None:
    passes = Checkpoints(database, path)

    lengths = [log_pages(path) for _ in write(database, passes, 10_000)]

    assert 400 < max(lengths) < 1_500, "all of the rows fill more than 5,000 pages"
    passes.close()
    assert counted(path, "SELECT count(*) FROM rows") == 10_000


def test_the_database_has_the_rows_before_the_log_is_long(path: Path, database: sqlite3.Connection) -> None:
    passes = Checkpoints(database, path)

    sizes = [path.stat().st_size // PAGE_BYTES for _ in write(database, passes, 500)]

    assert sizes[0] < 10
    assert sizes[-1] > 200
    assert log_pages(path) < 600
    passes.close()


def test_closing_a_store_waits_for_the_pass_under_way(path: Path) -> None:
    store = Store(path)

    async def fill() -> None:
        documents = store.documents("test")
        for number in range(1_000):
            documents.put(str(number), ROW)
        await store.durable()

    asyncio.run(fill())
    store.close()

    assert not path.with_name("state.db-wal").exists(), "whoever closes a database last takes its log away"
    assert counted(path, "SELECT count(*) FROM documents") == 1_000


def test_a_pass_that_fails_is_told_and_tried_again(
    path: Path, database: sqlite3.Connection, caplog: pytest.LogCaptureFixture
) -> None:
    passes = Checkpoints(database, path / "nowhere")

    for _ in write(database, passes, 1_000):
        pass

    told = [record.getMessage() for record in caplog.records]
    assert len(told) == 2
    assert set(told) == {"The database cannot be opened for a checkpoint: unable to open database file"}
    passes.close()
