"""After kill -9: queued events, missed schedules, log lines and stream records still reach their functions."""

from __future__ import annotations

import json
import os
import signal
import sqlite3
import time
from typing import TYPE_CHECKING

import pytest
from tests.conformance.events.conftest import LOGGING, UNPACKING, allow, function, got, until
from tests.fixtures.emulator import LiveEmulator

from mlfn_localstack.process import read_credentials, start, status, stop

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

pytest.importorskip("awslambdaric")
COUNT = 30


class Killable:
    """An emulator of its own, that can be killed and comes back over the same state."""

    def __init__(self, state_dir: Path) -> None:
        self.state_dir = state_dir
        self.live = self.start()

    def start(self) -> LiveEmulator:
        running = start(self.state_dir, port=0)
        credentials = read_credentials(self.state_dir)
        assert credentials is not None
        self.live = LiveEmulator(endpoint=running.endpoint, credentials=credentials, state_dir=self.state_dir)
        return self.live

    def kill(self) -> None:
        running = status(self.state_dir)
        assert running is not None
        os.kill(running.pid, signal.SIGKILL)
        until(lambda: status(self.state_dir) is None)


@pytest.fixture
def killable(tmp_path: Path) -> Iterator[Killable]:
    emulator = Killable(tmp_path)
    yield emulator
    stop(tmp_path)


def test_acknowledged_events_are_delivered_after_a_kill(killable: Killable) -> None:
    arn, events = function(killable.live, "killed-rule", LOGGING), killable.live.client("events")
    rule = events.put_rule(Name="r", EventPattern='{"source": ["app"]}')["RuleArn"]
    events.put_targets(Rule="r", Targets=[{"Id": "t", "Arn": arn, "InputPath": "$.detail.n"}])
    allow(killable.live, "killed-rule", "events.amazonaws.com", rule)

    for number in range(COUNT):
        events.put_events(Entries=[{"Source": "app", "DetailType": "d", "Detail": json.dumps({"n": number})}])
    killable.kill()
    live = killable.start()

    assert until(lambda: set(got(live, "killed-rule")) == set(range(COUNT)))


def test_a_schedule_missed_while_it_was_down_fires_once(killable: Killable) -> None:
    arn, events = function(killable.live, "killed-rate", LOGGING), killable.live.client("events")
    rule = events.put_rule(Name="r", ScheduleExpression="rate(1 hour)")["RuleArn"]
    events.put_targets(Rule="r", Targets=[{"Id": "t", "Arn": arn, "InputPath": "$.detail-type"}])
    allow(killable.live, "killed-rate", "events.amazonaws.com", rule)

    killable.kill()
    with sqlite3.connect(killable.state_dir / "state.db") as state:
        three_hours_ago = time.time() - 3 * 3600
        state.execute(
            "UPDATE documents SET body=json_set(body, '$.Due', ?) WHERE kind='events-rule'", (three_hours_ago,)
        )
    live = killable.start()
    fired = got(live, "killed-rate")
    time.sleep(0.5)

    assert fired == got(live, "killed-rate") == ["Scheduled Event"]


def test_log_events_are_sent_on_after_a_kill(killable: Killable) -> None:
    arn, logs = function(killable.live, "killed-logs", UNPACKING), killable.live.client("logs")
    logs.create_log_group(logGroupName="g")
    logs.create_log_stream(logGroupName="g", logStreamName="s")
    allow(killable.live, "killed-logs", "logs.amazonaws.com", "arn:aws:logs:us-east-1:000000000000:log-group:g:*")
    logs.put_subscription_filter(logGroupName="g", filterName="n", filterPattern="", destinationArn=arn)

    for number in range(COUNT):
        event = {"timestamp": int(time.time() * 1000), "message": str(number)}
        logs.put_log_events(logGroupName="g", logStreamName="s", logEvents=[event])
    killable.kill()
    live = killable.start()

    def sent() -> set[str]:
        return {event["message"] for batch in got(live, "killed-logs") for event in batch["logEvents"]}

    assert until(lambda: sent() == {str(number) for number in range(COUNT)})
