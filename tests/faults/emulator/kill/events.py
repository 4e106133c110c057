"""Asynchronous invocations: some fail at first, some always; each leaves a mark in a file of its own."""

from __future__ import annotations

import json
import time
import uuid
from pathlib import Path
from random import Random
from typing import Any

from tests.faults.emulator.functions import create_function
from tests.faults.emulator.kill.tally import Tally

MARK = """
import os
def handler(event, headers):
    if "requestContext" in event:
        event = {"id": "failed-" + event["requestPayload"]["id"], "fails": 0}
    path = os.path.join(os.environ["MARKS"], event["id"])
    file = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT)
    os.write(file, b"x")
    tries = os.fstat(file).st_size
    os.close(file)
    if tries <= event["fails"]:
        raise ValueError("not yet")
    return tries
"""
ALWAYS = 1_000
PER_ROUND = 12
_DRAIN_S = 60.0


class EventLoad:
    """One client that queues events; what really ran is read from the marks."""

    def __init__(self, client: Any, role: str, marks: Path) -> None:
        self.name = "lambda-events"
        self.tally = Tally()
        self._client = client
        self._role = role
        self._marks = marks
        self._events: dict[str, int] = {}
        self._in_round = (0, 0)

    def prepare(self) -> None:
        """A function that leaves marks, and another that hears of the events that failed for good."""
        self._marks.mkdir()
        variables = {"Environment": {"Variables": {"MARKS": str(self._marks)}}}
        create_function(self._client, "mark", self._role, MARK, **variables)
        failed = create_function(self._client, "failed", self._role, MARK, **variables)
        self._client.put_function_event_invoke_config(
            FunctionName="mark", MaximumRetryAttempts=2, DestinationConfig={"OnFailure": {"Destination": failed}}
        )

    def work(self, round_number: int, rng: Random) -> None:
        """Queue an event, as long as the round has not had enough; call the function directly then."""
        number, count = self._in_round if self._in_round[0] == round_number else (round_number, 0)
        if count >= PER_ROUND:
            self._direct()
            return
        identifier, fails = uuid.uuid4().hex, rng.choice((0, 0, 1, 2, ALWAYS))
        event = {"id": identifier, "fails": fails}
        self._client.invoke(FunctionName="mark", InvocationType="Event", Payload=json.dumps(event))
        self._events[identifier] = fails
        self._in_round = (number, count + 1)
        self.tally.acknowledged += 1
        time.sleep(0.02)

    def check(self, round_number: int) -> None:
        """Nothing yet: queued events run in their own time."""

    def finish(self) -> None:
        """Every event ran until it succeeded, or three times and its destination heard of it."""
        deadline = time.monotonic() + _DRAIN_S
        while (missing := self._missing()) and time.monotonic() < deadline:
            time.sleep(0.1)
        self.tally.lost += missing
        for identifier, fails in self._events.items():
            expected = 3 if fails == ALWAYS else fails + 1
            self.tally.duplicates += max(0, self._ran(identifier) - expected)

    def _direct(self) -> None:
        identifier = f"direct-{uuid.uuid4().hex}"
        answer = self._client.invoke(FunctionName="mark", Payload=json.dumps({"id": identifier, "fails": 0}))
        if answer["Payload"].read() != b"1":
            self.tally.wrong.append(f"{identifier}: {answer}")
        elif self._ran(identifier) != 1:
            self.tally.lost.append(identifier)
        self.tally.acknowledged += 1
        time.sleep(0.02)

    def _missing(self) -> list[str]:
        missing = []
        for identifier, fails in self._events.items():
            if fails == ALWAYS:
                done = self._ran(identifier) >= 3 and self._ran(f"failed-{identifier}") >= 1
            else:
                done = self._ran(identifier) > fails
            if not done:
                missing.append(f"event {identifier} (fails {fails} times) ran {self._ran(identifier)} times")
        return missing

    def _ran(self, identifier: str) -> int:
        try:
            return (self._marks / identifier).stat().st_size
        except FileNotFoundError:
            return 0
