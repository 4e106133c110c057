"""What SQS tells CloudWatch of its queues."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from tests.fixtures.neighbours import Neighbours

from mlfn_localstack.services.sqs import Sqs
from mlfn_localstack.services.sqs.messages import Counts, Messages

if TYPE_CHECKING:
    from pathlib import Path

    import pytest


URL = "http://localhost/000000000000/q"


class Bench(Neighbours):
    """The service, and the metrics that reached CloudWatch."""

    name = "sqs"

    def __init__(self, state_dir: Path) -> None:
        super().__init__(state_dir)
        self.service = Sqs(self.environment)

    def published(self) -> dict[str, list[float]]:
        """Values by metric, of the queue `q`."""
        found: dict[str, list[float]] = {}
        for name, params, *_ in self.calls:
            assert (name, params["Namespace"]) == ("cloudwatch:PutMetricData", "AWS/SQS")
            for datum in params["MetricData"]:
                assert datum["Dimensions"] == [{"Name": "QueueName", "Value": "q"}]
                found.setdefault(datum["MetricName"], []).extend(datum["Values"])
        return found


def test_what_comes_and_goes_is_counted_and_what_is_there_is_gauged(tmp_path: Path) -> None:
    async def scenario() -> Any:
        bench = Bench(tmp_path)
        await bench.service.start()
        await bench.do("CreateQueue", QueueName="q")
        await bench.do("SendMessage", QueueUrl=URL, MessageBody="seven!!")
        entries = [{"Id": "a", "MessageBody": "x"}, {"Id": "b", "MessageBody": ""}]
        await bench.do("SendMessageBatch", QueueUrl=URL, Entries=entries)
        (message,) = (await bench.do("ReceiveMessage", QueueUrl=URL))["Messages"]
        bench.service._state.metrics.look()  # type: ignore[attr-defined]
        await bench.do("DeleteMessage", QueueUrl=URL, ReceiptHandle=message["ReceiptHandle"])
        await bench.service.stop()
        bench.environment.store.close()
        return bench.published()

    found = asyncio.run(scenario())

    assert found["NumberOfMessagesSent"] == [1.0]
    assert sorted(found["SentMessageSize"]) == [1.0, 7.0]
    assert (found["NumberOfMessagesReceived"], found["NumberOfMessagesDeleted"]) == ([1.0], [1.0])
    assert found["ApproximateNumberOfMessagesVisible"] == [1.0]
    assert found["ApproximateNumberOfMessagesNotVisible"] == [1.0]
    assert "NumberOfEmptyReceives" not in found


def test_of_queues_that_nobody_uses_none_is_looked_at(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    counted: list[str] = []
    count = Messages.counts

    def counts(messages: Messages, queue: str, now: float) -> Counts:
        counted.append(queue)
        return count(messages, queue, now)

    monkeypatch.setattr(Messages, "counts", counts)

    async def scenario() -> None:
        bench = Bench(tmp_path)
        for number in range(20):
            await bench.do("CreateQueue", QueueName=f"empty{number}")
        await bench.do("CreateQueue", QueueName="q")
        await bench.do("SendMessage", QueueUrl=URL, MessageBody="x")
        metrics = bench.service._state.metrics  # type: ignore[attr-defined]
        metrics._used.clear()  # as after a restart
        metrics.look()
        await bench.service.stop()
        bench.environment.store.close()

    asyncio.run(scenario())

    assert counted == ["q"]
