"""Moves out of dead-letter queues over a restart."""

from __future__ import annotations

import asyncio
import json
import time
from typing import TYPE_CHECKING, Any

from tests.fixtures.neighbours import Neighbours

from mlfn_localstack.services.sqs import Sqs
from mlfn_localstack.services.sqs.urls import url_of

if TYPE_CHECKING:
    from pathlib import Path

PREFIX = "arn:aws:sqs:us-east-1:000000000000:"


class Bench(Neighbours):
    """The service."""

    name = "sqs"

    def __init__(self, state_dir: Path) -> None:
        super().__init__(state_dir)
        self.service = Sqs(self.environment)

    async def close(self) -> None:
        await self.service.stop()
        self.environment.store.close()

    async def move(self) -> Any:
        return (await self.do("ListMessageMoveTasks", SourceArn=PREFIX + "dead"))["Results"][0]

    async def count(self, queue: str) -> str:
        answer = await self.do("GetQueueAttributes", QueueUrl=url_of(PREFIX + queue), AttributeNames=["All"])
        return str(answer["Attributes"]["ApproximateNumberOfMessages"])


def test_a_move_goes_on_after_a_restart(tmp_path: Path) -> None:
    async def before() -> None:
        bench = Bench(tmp_path)
        for queue in ("dead", "other"):
            await bench.do("CreateQueue", QueueName=queue)
        redrive = json.dumps({"deadLetterTargetArn": PREFIX + "dead", "maxReceiveCount": 1})
        await bench.do("CreateQueue", QueueName="q", Attributes={"RedrivePolicy": redrive})
        for number in range(30):
            await bench.do("SendMessage", QueueUrl=url_of(PREFIX + "dead"), MessageBody=str(number))
        where: dict[str, Any] = {"SourceArn": PREFIX + "dead", "DestinationArn": PREFIX + "other"}
        await bench.do("StartMessageMoveTask", **where, MaxNumberOfMessagesPerSecond=20)
        await asyncio.sleep(0.05)
        await bench.close()

    async def after() -> tuple[Any, list[str]]:
        bench = Bench(tmp_path)
        begun = await bench.move()
        await bench.service.start()
        deadline = time.monotonic() + 60
        while (move := await bench.move())["Status"] == "RUNNING":
            assert time.monotonic() < deadline
            await asyncio.sleep(0.02)
        counts = [await bench.count(queue) for queue in ("dead", "other")]
        await bench.close()
        assert begun["ApproximateNumberOfMessagesMoved"] < 30
        return move, counts

    asyncio.run(before())
    move, counts = asyncio.run(after())

    assert (move["Status"], move["ApproximateNumberOfMessagesMoved"]) == ("COMPLETED", 30)
    assert counts == ["0", "30"]
