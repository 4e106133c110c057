"""Messages of a queue that call a function; each leaves a mark in a file of its own."""

from __future__ import annotations

import time
import uuid
from pathlib import Path
from random import Random
from typing import Any

from tests.faults.emulator.functions import create_function
from tests.faults.emulator.kill.tally import Tally

_MARK = """
import os
def handler(event, headers):
    failed = []
    for record in event["Records"]:
        file = os.open(os.path.join(os.environ["MARKS"], record["body"]), os.O_WRONLY | os.O_APPEND | os.O_CREAT)
        os.write(file, b"x")
        if record["body"].startswith("twice") and os.fstat(file).st_size == 1:
            failed.append({"itemIdentifier": record["messageId"]})
        os.close(file)
    return {"batchItemFailures": failed}
"""
_DRAIN_S = 60.0


class MappedQueueLoad:
    """One client that sends; some messages fail at first, and come back."""

    def __init__(self, sqs: Any, functions: Any, role: str, marks: Path) -> None:
        self.name = "sqs → lambda"
        self.tally = Tally()
        self._sqs = sqs
        self._functions = functions
        self._role = role
        self._marks = marks
        self._url = ""
        self._sent: list[str] = []

    def prepare(self) -> None:
        """A queue and the function that it calls."""
        self._marks.mkdir()
        attributes = {"VisibilityTimeout": "3"}
        self._url = self._sqs.create_queue(QueueName="mapped", Attributes=attributes)["QueueUrl"]
        answer = self._sqs.get_queue_attributes(QueueUrl=self._url, AttributeNames=["QueueArn"])
        variables = {"Environment": {"Variables": {"MARKS": str(self._marks)}}}
        create_function(self._functions, "mapped", self._role, _MARK, **variables, Timeout=3)
        self._functions.create_event_source_mapping(
            FunctionName="mapped",
            EventSourceArn=answer["Attributes"]["QueueArn"],
            FunctionResponseTypes=["ReportBatchItemFailures"],
        )

    def work(self, round_number: int, rng: Random) -> None:
        """Send a message."""
        body = f"{rng.choice(('once', 'twice'))}-{uuid.uuid4().hex}"
        self._sqs.send_message(QueueUrl=self._url, MessageBody=body)
        self._sent.append(body)
        self.tally.acknowledged += 1
        time.sleep(0.02)

    def check(self, round_number: int) -> None:
        """Nothing yet: messages are worked off in their own time."""

    def finish(self) -> None:
        """Every message was worked on as often as it takes, and none is left."""
        deadline = time.monotonic() + _DRAIN_S
        while (left := self._left()) and time.monotonic() < deadline:
            time.sleep(0.1)
        self.tally.lost += left
        for body in self._sent:
            self.tally.duplicates += max(0, self._worked_on(body) - _needed(body))

    def _left(self) -> list[str]:
        answer = self._sqs.get_queue_attributes(QueueUrl=self._url, AttributeNames=["All"])
        kinds = ("ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible")
        waiting = sum(int(answer["Attributes"][kind]) for kind in kinds)
        missing = [f"message {body}" for body in self._sent if self._worked_on(body) < _needed(body)]
        return [*missing, *([f"{waiting} messages are never done with"] if waiting else [])]

    def _worked_on(self, body: str) -> int:
        try:
            return (self._marks / body).stat().st_size
        except FileNotFoundError:
            return 0


def _needed(body: str) -> int:
    return 2 if body.startswith("twice") else 1
