"""Answers wait for the commit of what they say, and share it."""

from __future__ import annotations

import asyncio
import sqlite3
from typing import TYPE_CHECKING

import pytest

from mlfn_localstack.store import Store

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

SCHEMA = """
CREATE TABLE parents (id INTEGER PRIMARY KEY);
CREATE TABLE children (parent INTEGER REFERENCES parents DEFERRABLE INITIALLY DEFERRED);
"""


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    """An empty database whose commit fails while a child has no parent."""
    store = Store(tmp_path / "state.db")
    store.script(SCHEMA)
    yield store
    store.execute("DELETE FROM children")
    store.close()


def test_who_wrote_nothing_is_told_at_once(store: Store) -> None:
    told: list[sqlite3.Error | None] = []

    store.when_durable(told.append)

    assert told == [None]


def test_nobody_is_told_before_the_commit(store: Store) -> None:
    told: list[sqlite3.Error | None] = []

    async def write() -> list[sqlite3.Error | None]:
        store.execute("INSERT INTO parents VALUES (1)")
        store.when_durable(told.append)
        before = list(told)
        await store.durable()
        return before

    assert asyncio.run(write()) == []
    assert told == [None]


def test_one_answer_that_fails_keeps_no_other_waiting(store: Store) -> None:
    told: list[sqlite3.Error | None] = []

    def fail(_: sqlite3.Error | None) -> None:
        raise RuntimeError("the client is gone")

    async def write() -> None:
        store.execute("INSERT INTO parents VALUES (1)")
        store.when_durable(fail)
        store.when_durable(told.append)
        await store.durable()

    asyncio.run(write())

    assert told == [None]


def test_all_who_share_a_commit_that_fails_are_told(store: Store) -> None:
    told: list[sqlite3.Error | None] = []

    async def write() -> None:
        store.execute("INSERT INTO children VALUES (7)")
        store.when_durable(told.append)
        await store.durable()

    with pytest.raises(sqlite3.IntegrityError, match="FOREIGN KEY"):
        asyncio.run(write())
    assert [str(failure) for failure in told] == ["FOREIGN KEY constraint failed"]
