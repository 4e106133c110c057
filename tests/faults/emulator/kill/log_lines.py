"""Log events."""

from __future__ import annotations

import time
import uuid
from random import Random
from typing import Any

from tests.faults.emulator.kill.tally import Tally

GROUP = "/faults"


class LogLoad:
    """One client that writes batches of log events to a stream per round."""

    def __init__(self, client: Any) -> None:
        self.name = "logs"
        self.tally = Tally()
        self._client = client
        self._stream = ""
        self._lines: list[str] = []

    def prepare(self) -> None:
        """A log group."""
        self._client.create_log_group(logGroupName=GROUP)

    def work(self, round_number: int, rng: Random) -> None:
        """One batch."""
        stream = f"round-{round_number:04}"
        if self._stream != stream:
            self._client.create_log_stream(logGroupName=GROUP, logStreamName=stream)
            self._stream, self._lines = stream, []
        lines = [uuid.uuid4().hex for _ in range(rng.randrange(1, 20))]
        now = int(time.time() * 1000)
        self._client.put_log_events(
            logGroupName=GROUP,
            logStreamName=stream,
            logEvents=[{"timestamp": now, "message": line} for line in lines],
        )
        self._lines += lines
        self.tally.acknowledged += len(lines)
        time.sleep(0.01)

    def check(self, round_number: int) -> None:
        """Every acknowledged line once, in order."""
        if self._stream != f"round-{round_number:04}":
            return
        found = self._read()
        if found[: len(self._lines)] != self._lines:
            missing = len(set(self._lines) - set(found))
            self.tally.lost.append(f"{self._stream}: {missing} lines missing or out of order")
        self.tally.duplicates += len(found) - len(set(found))

    def finish(self) -> None:
        """Nothing beyond the rounds."""

    def _read(self) -> list[str]:
        found: list[str] = []
        params: dict[str, Any] = {"logGroupName": GROUP, "logStreamName": self._stream, "startFromHead": True}
        answer = self._client.get_log_events(**params)
        while answer["events"]:
            found += [event["message"] for event in answer["events"]]
            answer = self._client.get_log_events(**params, nextToken=answer["nextForwardToken"])
        return found
