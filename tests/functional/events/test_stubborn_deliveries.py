"""Deliveries that nobody takes for long, or that cannot even be given up: they keep nobody busy."""

from __future__ import annotations

import asyncio
import sqlite3
import time
from typing import TYPE_CHECKING

import pytest

from mlfn_localstack.service import ServiceError
from mlfn_localstack.services.events import delivery_queue
from mlfn_localstack.services.events.delivery_queue import Delivery, DeliveryQueue
from mlfn_localstack.store import Store

if TYPE_CHECKING:
    from pathlib import Path

TARGET = {"Arn": "arn:aws:sqs:us-east-1:000000000000:q", "RetryPolicy": {"MaximumRetryAttempts": 100_015}}
CEILING_S = 60
MANY = 2_000


class Stubborn:
    """Refuses all, and counts."""

    def __init__(self, error: Exception, *, on_giving_up: Exception | None = None) -> None:
        self.asked = 0
        self.given_up = 0
        self._error = error
        self._on_giving_up = on_giving_up

    async def deliver(self, _delivery: Delivery) -> None:
        self.asked += 1
        raise self._error

    async def give_up(self, _delivery: Delivery, _error: ServiceError) -> None:
        self.given_up += 1
        if self._on_giving_up is not None:
            raise self._on_giving_up


def rows(store: Store) -> list[tuple[int, float]]:
    found: list[tuple[int, float]] = store.execute("SELECT attempts, due_at FROM t_deliveries").fetchall()
    return found


async def until_asked(receiver: Stubborn) -> None:
    async with asyncio.timeout(CEILING_S):
        while not receiver.asked:
            await asyncio.sleep(0.005)
    await asyncio.sleep(0.1)  # in which a busy loop would ask very often


def test_the_thousandth_attempt_is_followed_by_the_next_after_minutes(tmp_path: Path) -> None:
    async def scenario() -> None:
        receiver, store = Stubborn(ServiceError("Throttling", "later", status=429)), Store(tmp_path / "state.db")
        queue = DeliveryQueue(store, receiver.deliver, receiver.give_up, owner="t")
        queue.put("r", TARGET, "x", "e")
        store.execute("UPDATE t_deliveries SET attempts=?", (MANY,))
        queue.start()
        await until_asked(receiver)
        assert receiver.asked == 1
        ((attempts, due_at),) = rows(store)
        assert attempts == MANY + 1
        assert due_at > time.time() + 100
        await queue.stop()
        store.close()

    asyncio.run(scenario())


@pytest.mark.parametrize("mistake", [KeyError("RoleArn"), ServiceError("NoSuchQueue", "gone")], ids=["ours", "theirs"])
def test_what_cannot_be_given_up_is_gone_nevertheless(tmp_path: Path, mistake: Exception) -> None:
    async def scenario() -> None:
        refusal = ServiceError("NotFound", "no such function", status=404)
        receiver, store = Stubborn(refusal, on_giving_up=mistake), Store(tmp_path / "state.db")
        queue = DeliveryQueue(store, receiver.deliver, receiver.give_up, owner="t")
        queue.start()
        queue.put("r", TARGET, "x", "e")
        await until_asked(receiver)
        assert (receiver.asked, receiver.given_up, rows(store)) == (1, 1, [])
        await queue.stop()
        store.close()

    asyncio.run(scenario())


def test_a_mistake_of_ours_is_not_repeated_for_ever(tmp_path: Path) -> None:
    async def scenario() -> None:
        receiver, store = Stubborn(KeyError("no such member")), Store(tmp_path / "state.db")
        queue = DeliveryQueue(store, receiver.deliver, receiver.give_up, owner="t")
        queue.start()
        queue.put("r", {"Arn": TARGET["Arn"], "RetryPolicy": {"MaximumRetryAttempts": 0}}, "x", "e")
        await until_asked(receiver)
        assert (receiver.asked, receiver.given_up, rows(store)) == (1, 1, [])
        await queue.stop()
        store.close()

    asyncio.run(scenario())


def test_a_commit_that_fails_takes_no_place_for_ever(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(delivery_queue, "PARALLEL", 1)

    async def scenario() -> list[str]:
        store = Store(tmp_path / "state.db")
        taken: list[str] = []
        outcomes = [None, sqlite3.OperationalError("disk I/O error")]
        usual = store.durable

        async def durable() -> None:
            if outcomes and (failure := outcomes.pop(0)) is not None:
                raise failure
            await usual()

        async def deliver(delivery: Delivery) -> None:
            taken.append(delivery.input)

        queue = DeliveryQueue(store, deliver, Stubborn(KeyError()).give_up, owner="t")
        monkeypatch.setattr(store, "durable", durable)
        loop = asyncio.get_running_loop()
        loop.set_exception_handler(lambda _loop, _context: None)
        queue.start()
        for text in ("x", "y"):
            queue.put("r", TARGET, text, "e")
            async with asyncio.timeout(CEILING_S):
                while text not in taken or outcomes:
                    await asyncio.sleep(0.005)
        await queue.stop()
        store.close()
        return taken

    assert asyncio.run(scenario()) == ["x", "y"]


def test_a_lane_of_thousands_moves_on_one_by_one(tmp_path: Path) -> None:
    async def scenario() -> list[str]:
        store = Store(tmp_path / "state.db")
        taken: list[str] = []

        async def deliver(delivery: Delivery) -> None:
            taken.append(delivery.input)

        queue = DeliveryQueue(store, deliver, Stubborn(KeyError()).give_up, owner="t")
        for number in range(MANY):
            queue.put("r", TARGET, str(number), "e", lane="l")
        queue.start()
        async with asyncio.timeout(CEILING_S):
            while len(taken) < MANY:
                await asyncio.sleep(0.05)
        await queue.stop()
        store.close()
        return taken

    assert asyncio.run(scenario()) == [str(number) for number in range(MANY)]
