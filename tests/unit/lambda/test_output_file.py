"""A stream's output on its way into the log, and what is made of it after a kill -9."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path
from typing import Any

import pytest

from mlfn_localstack.service import Params, Result
from mlfn_localstack.services.lambda_.execution.log_events import MAX_LINE_BYTES
from mlfn_localstack.services.lambda_.execution.output_file import OutputFile
from mlfn_localstack.services.lambda_.execution.output_recovery import recover


class Logs:
    """CloudWatch Logs with so many events in a stream already."""

    def __init__(self, there: int) -> None:
        self.there = there
        self.put: list[str] = []

    async def call(self, service: str, operation: str, params: Params, **_: Any) -> Result:
        if operation == "GetLogEvents":
            return {"events": [] if "nextToken" in params else [{}] * self.there, "nextForwardToken": "f"}
        self.put += [event["message"] for event in params.get("logEvents", ())]
        return {}


@pytest.fixture
def file(tmp_path: Path) -> OutputFile:
    return OutputFile(tmp_path / "a.output", "/aws/lambda/f", "stream")


def pipe_of(*writes: bytes, closed: bool = True) -> int:
    """The reading end of a pipe with this in it."""
    reading, writing = os.pipe()
    os.set_blocking(reading, False)
    for data in writes:
        os.write(writing, data)
    if closed:
        os.close(writing)
    return reading


def recovered(folder: Path, *, there: int) -> list[str]:
    logs = Logs(there)
    asyncio.run(recover(folder, logs, own=()))
    assert not list(folder.glob("*.output"))
    return logs.put


def test_what_is_taken_from_a_pipe_is_in_the_file(file: OutputFile, tmp_path: Path) -> None:
    file.begin(0)
    pipe = pipe_of(b"one\n", b"two\n")

    taken = file.take(pipe), file.take(pipe)

    os.close(pipe)
    assert taken == (b"one\ntwo\n", b"")
    assert recovered(tmp_path, there=0) == ["one\n", "two\n"]
    file.remove()


def test_an_empty_pipe_says_so(file: OutputFile) -> None:
    file.begin(0)
    reading, writing = os.pipe()
    os.set_blocking(reading, False)

    with pytest.raises(BlockingIOError):
        file.take(reading)

    for descriptor in (reading, writing):
        os.close(descriptor)
    file.remove()


@pytest.mark.parametrize(
    ("there", "expected"), [(5, ["a\n", "b\n", "c"]), (6, ["b\n", "c"]), (8, []), (9, [])], ids=str
)
def test_lines_that_the_log_has_are_not_put_again(
    file: OutputFile, tmp_path: Path, there: int, expected: list[str]
) -> None:
    file.begin(5)
    pipe = pipe_of(b"a\nb\nc")
    file.take(pipe)
    os.close(pipe)

    assert recovered(tmp_path, there=there) == expected
    file.remove()


def test_a_line_of_the_platforms_is_one_event_whatever_it_holds(file: OutputFile, tmp_path: Path) -> None:
    file.begin(0)
    pipe = pipe_of(b"no end")
    file.take(pipe)
    os.close(pipe)
    file.end_line()
    file.add("Task timed out\n\n")

    assert recovered(tmp_path, there=0) == ["no end\n", "Task timed out\n\n"]
    file.remove()


def test_a_file_that_is_begun_anew_keeps_what_the_log_has_not(file: OutputFile, tmp_path: Path) -> None:
    file.begin(0)
    pipe = pipe_of(b"one\n", b"two\n")
    file.take(pipe)
    os.close(pipe)

    file.begin(1, ["two\n", "Task timed out\n\n"], b"thr")

    pipe = pipe_of(b"ee\n")
    file.take(pipe)
    os.close(pipe)
    assert recovered(tmp_path, there=1) == ["two\n", "Task timed out\n\n", "three\n"]
    file.remove()


def test_a_line_too_long_for_one_event_becomes_two(file: OutputFile, tmp_path: Path) -> None:
    file.begin(0)
    with (tmp_path / "a.output").open("ab") as output:
        output.write(b"x" * MAX_LINE_BYTES + b"y\n")

    assert [len(text) for text in recovered(tmp_path, there=0)] == [MAX_LINE_BYTES, 2]
    file.remove()


def test_a_file_that_is_none_keeps_no_emulator_from_starting(tmp_path: Path) -> None:
    (tmp_path / "broken.output").write_bytes(b"{")

    assert recovered(tmp_path, there=0) == []
