"""What functions have written is in their logs after the emulator that ran them was killed."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import BotoCoreError
from tests.faults.emulator.functions import create_function, create_role
from tests.faults.emulator.killable import KillableEmulator, descendants

GROUP = "/aws/lambda/talk"
WRITER = """
import os, sys, time
def handler(event, headers):
    for number in range(event["lines"]):
        os.write(1, b"%d of %d\\n" % (number, event["lines"]))
    if event["pause_s"]:
        open(os.environ["DONE"], "w").close()
        time.sleep(event["pause_s"])
"""

pytestmark = pytest.mark.filterwarnings("ignore:unclosed <socket:ResourceWarning")  # a kill in the middle of an answer


@pytest.fixture
def emulator(tmp_path: Path) -> Iterator[KillableEmulator]:
    """An emulator with a function that writes lines, says that it did, and goes on."""
    emulator = KillableEmulator(state_dir=tmp_path / "state")
    emulator.start()
    role = create_role(emulator.client("iam"))
    variables = {"Variables": {"DONE": str(tmp_path / "done")}}
    create_function(emulator.client("lambda"), "talk", role, WRITER, Environment=variables, Timeout=30)
    yield emulator
    emulator.kill()


def test_lines_of_a_call_that_runs_while_the_emulator_is_killed_are_kept(
    emulator: KillableEmulator, tmp_path: Path
) -> None:
    call = _invoke(emulator, lines=2_000, pause_s=20)
    _wait((tmp_path / "done").exists)

    emulator.kill()

    call.join()
    emulator.start()
    assert _written(emulator) == [f"{number} of 2000" for number in range(2_000)]


def test_lines_of_a_call_that_was_answered_just_before_a_kill_are_kept(emulator: KillableEmulator) -> None:
    _invoke(emulator, lines=3, pause_s=0).join()

    emulator.kill()

    emulator.start()
    assert _written(emulator) == ["0 of 3", "1 of 3", "2 of 3"]


def test_lines_that_were_in_the_log_already_are_there_once(emulator: KillableEmulator, tmp_path: Path) -> None:
    _invoke(emulator, lines=3, pause_s=0).join()
    call = _invoke(emulator, lines=2, pause_s=20)
    _wait((tmp_path / "done").exists)
    _wait(lambda: len(_written(emulator)) == 5)

    emulator.kill()

    call.join()
    emulator.start()
    messages = _messages(emulator)
    assert _written(emulator) == ["0 of 3", "1 of 3", "2 of 3", "0 of 2", "1 of 2"]
    assert sum(message.startswith("START") for message in messages) == 2
    assert sum(message.startswith("REPORT") for message in messages) == 1


def test_nothing_is_kept_of_an_emulator_that_was_stopped(emulator: KillableEmulator) -> None:
    _invoke(emulator, lines=3, pause_s=0).join()
    helpers = descendants(emulator.pid)

    assert emulator.terminate() == 0

    assert [path.name for path in (emulator.state_dir / "output").iterdir()] == ["lock"]
    assert not [pid for pid in helpers if Path(f"/proc/{pid}").exists()]
    emulator.start()
    assert _written(emulator) == ["0 of 3", "1 of 3", "2 of 3"]


def _invoke(emulator: KillableEmulator, **event: int) -> threading.Thread:
    client, payload = emulator.client("lambda"), repr(event).replace("'", '"')

    def call() -> None:
        with suppress(BotoCoreError):
            client.invoke(FunctionName="talk", Payload=payload)

    thread = threading.Thread(target=call)
    thread.start()
    return thread


def _written(emulator: KillableEmulator) -> list[str]:
    """What the function itself wrote, in order."""
    return [message.rstrip("\n") for message in _messages(emulator) if " of " in message]


def _messages(emulator: KillableEmulator) -> list[str]:
    client: Any = emulator.client("logs")
    if not client.describe_log_groups(logGroupNamePrefix=GROUP)["logGroups"]:
        return []
    pages = client.get_paginator("filter_log_events").paginate(logGroupName=GROUP)
    return [event["message"] for page in pages for event in page["events"]]


def _wait(is_so: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 60
    while not is_so():
        assert time.monotonic() < deadline
        time.sleep(0.02)
