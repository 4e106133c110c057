"""Deliveries that wait for those before them, and state of emulators that knew no lanes."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from mlfn_localstack.service import ServiceError
from mlfn_localstack.services.events.delivery_queue import Delivery, DeliveryQueue
from mlfn_localstack.store import Store

if TYPE_CHECKING:
    from pathlib import Path

TARGET = {"Arn": "arn:aws:sqs:us-east-1:000000000000:q"}
BEFORE_LANES = """
CREATE TABLE old_deliveries (
    id TEXT PRIMARY KEY, event_id TEXT NOT NULL, rule TEXT NOT NULL, target TEXT NOT NULL, input TEXT NOT NULL,
    queued_at REAL NOT NULL, due_at REAL NOT NULL, attempts INTEGER NOT NULL
);
INSERT INTO old_deliveries VALUES ('1', 'e', 'r', '{"Arn": "a"}', 'kept', 0, 0, 0);
"""


class Receiver:
    """Takes what is delivered, but for what it is told to refuse once."""

    def __init__(self, *refused: str) -> None:
        self.taken: list[str] = []
        self._refused = set(refused)
        self._more = asyncio.Event()

    async def deliver(self, delivery: Delivery) -> None:
        await asyncio.sleep(0)
        if delivery.input in self._refused:
            self._refused.discard(delivery.input)
            raise ServiceError("ServiceException", "not now", status=500)
        self.taken.append(delivery.input)
        self._more.set()

    async def give_up(self, _delivery: Delivery, _error: ServiceError) -> None:
        raise AssertionError("nothing is given up here")

    async def until(self, count: int) -> list[str]:
        """What was taken, once there is so much of it."""
        async with asyncio.timeout(60):
            while len(self.taken) < count:
                self._more.clear()
                await self._more.wait()
        return self.taken


def test_a_lane_waits_for_its_first_and_others_do_not(tmp_path: Path) -> None:
    async def scenario() -> list[str]:
        receiver, store = Receiver("a1"), Store(tmp_path / "state.db")
        queue = DeliveryQueue(store, receiver.deliver, receiver.give_up, owner="t")
        queue.start()
        for lane, text in (("a", "a1"), ("a", "a2"), ("b", "b1"), ("", "x"), ("a", "a3"), ("b", "b2")):
            queue.put("r", TARGET, text, "e", lane=lane)
        taken = await receiver.until(6)
        await queue.stop()
        store.close()
        return taken

    taken = asyncio.run(scenario())

    assert set(taken[:3]) == {"b1", "b2", "x"}
    assert taken.index("b1") < taken.index("b2")
    assert taken[3:] == ["a1", "a2", "a3"]


def test_what_was_queued_before_there_were_lanes_is_delivered(tmp_path: Path) -> None:
    async def scenario() -> list[str]:
        receiver, store = Receiver(), Store(tmp_path / "state.db")
        store.script(BEFORE_LANES)
        queue = DeliveryQueue(store, receiver.deliver, receiver.give_up, owner="old")
        queue.start()
        queue.put("r", TARGET, "new", "e", lane="l")
        taken = await receiver.until(2)
        await queue.stop()
        store.close()
        return taken

    assert sorted(asyncio.run(scenario())) == ["kept", "new"]


def test_lanes_of_emulators_that_held_nothing_keep_their_order(tmp_path: Path) -> None:
    async def scenario() -> list[str]:
        receiver, store = Receiver("1"), Store(tmp_path / "state.db")
        queue = DeliveryQueue(store, receiver.deliver, receiver.give_up, owner="t")
        for text in ("1", "2", "3"):
            queue.put("r", TARGET, text, "e", lane="l")
        store.execute("UPDATE t_deliveries SET due_at=queued_at")
        queue.start()
        taken = await receiver.until(3)
        await queue.stop()
        store.close()
        return taken

    assert asyncio.run(scenario()) == ["1", "2", "3"]
