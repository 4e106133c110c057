"""Messages of a FIFO topic on their way to a FIFO queue: each once, in the order in which they were acknowledged."""

from __future__ import annotations

import uuid
from random import Random
from typing import Any

from tests.faults.emulator.kill.queues import drained, open_queue
from tests.faults.emulator.kill.tally import Tally


class OrderedTopicLoad:
    """One client of a FIFO topic; a call under way at a kill is made again with its token."""

    def __init__(self, sqs: Any, sns: Any) -> None:
        self.name = "sns-fifo"
        self.tally = Tally()
        self._sqs = sqs
        self._sns = sns
        self._published: list[str] = []
        self._repeat = ""
        self._last = ""
        self._queue = self._topic = ""

    def prepare(self) -> None:
        """A topic, and the queue that listens to it."""
        fifo = {"FifoTopic": "true"}
        self._topic = self._sns.create_topic(Name="faults.fifo", Attributes=fifo)["TopicArn"]
        self._queue, arn = open_queue(self._sqs, "heard.fifo", FifoQueue="true")
        raw = {"RawMessageDelivery": "true"}
        self._sns.subscribe(TopicArn=self._topic, Protocol="sqs", Endpoint=arn, Attributes=raw)

    def work(self, round_number: int, rng: Random) -> None:
        """Publish."""
        self._repeat = uuid.uuid4().hex
        self._publish()
        self.tally.acknowledged += 1

    def check(self, round_number: int) -> None:
        """What was under way is published again."""
        self._publish()

    def finish(self) -> None:
        """The queue has what was acknowledged, in that order."""
        heard = drained(self._sqs, self._queue, lambda seen: len(seen) >= len(self._published))
        if heard != self._published:
            missing = set(self._published) - set(heard)
            twice = len(heard) - len(set(heard))
            self.tally.lost.append(f"order: {len(missing)} missing, {twice} twice, of {len(self._published)}")

    def _publish(self) -> None:
        if self._repeat:
            ids = {"MessageGroupId": "g", "MessageDeduplicationId": self._repeat}
            number = self._sns.publish(TopicArn=self._topic, Message=self._repeat, **ids)["SequenceNumber"]
            if number <= self._last:
                self.tally.wrong.append(f"the sequence number {number} follows {self._last}")
            self._last = number
            self._published.append(self._repeat)
            self._repeat = ""
