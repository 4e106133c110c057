"""Objects that a queue is told of: at least once, whatever was acknowledged."""

from __future__ import annotations

import json
import uuid
from random import Random
from typing import Any

from tests.faults.emulator.kill.queues import drained, open_queue
from tests.faults.emulator.kill.tally import Tally

_BUCKET = "told-objects"


class ToldObjectsLoad:
    """One client that puts objects, each under a key of its own."""

    def __init__(self, s3: Any, sqs: Any) -> None:
        self.name = "s3 notifications"
        self.tally = Tally()
        self._s3 = s3
        self._sqs = sqs
        self._put: set[str] = set()
        self._queue = ""

    def prepare(self) -> None:
        """A bucket, and the queue that is told."""
        self._queue, arn = open_queue(self._sqs, "told-objects")
        self._s3.create_bucket(Bucket=_BUCKET)
        rule = {"QueueArn": arn, "Events": ["s3:ObjectCreated:Put"]}
        told = {"QueueConfigurations": [rule]}
        self._s3.put_bucket_notification_configuration(Bucket=_BUCKET, NotificationConfiguration=told)

    def work(self, round_number: int, rng: Random) -> None:
        """Put one."""
        key = uuid.uuid4().hex
        self._s3.put_object(Bucket=_BUCKET, Key=key, Body=b"x")
        self._put.add(key)
        self.tally.acknowledged += 1

    def check(self, round_number: int) -> None:
        """What was under way at the kill may have been put or not."""

    def finish(self) -> None:
        """The queue has heard of every object."""
        heard = {key for body in drained(self._sqs, self._queue, self._is_complete) for key in _keys(body)}
        self.tally.lost += [f"the news of {key}" for key in self._put - heard]

    def _is_complete(self, bodies: list[str]) -> bool:
        return self._put <= {key for body in bodies for key in _keys(body)}


def _keys(body: str) -> list[str]:
    return [record["s3"]["object"]["key"] for record in json.loads(body).get("Records", ())]
