"""Files of S3 that are larger than what is wanted of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from tests.fixtures.memory import within
from tests.functional.stepfunctions.conftest import one_task
from tests.functional.stepfunctions.test_map_files import bucket, reading

from mlfn_localstack.http import FileSlice

if TYPE_CHECKING:
    from pathlib import Path

    from tests.functional.stepfunctions.conftest import Neighbour
    from tests.functional.stepfunctions.test_map_files import Execute

LINES = 400_000


def in_file(path: Path, line: bytes, head: bytes = b"") -> dict[str, Neighbour]:
    """S3 with a file of many lines, some 30 MB long."""
    with path.open("wb") as file:
        file.write(head)
        for _ in range(LINES // 1000):
            file.write(line * 1000)
    size = path.stat().st_size
    return {"s3:GetObject": lambda _: {"Body": FileSlice(path=path, offset=0, length=size, opened=path.open("rb"))}}


@pytest.mark.parametrize(
    ("config", "line", "head"),
    [
        ({"InputType": "JSONL"}, b'{"question": "how are you today", "whom": "somebody"}\n', b""),
        ({"InputType": "CSV"}, b"how are you today,somebody,in the middle of a long row, and so on\n", b"a,b,c,d\n"),
    ],
    ids=["lines", "rows"],
)
def test_the_first_items_of_a_large_file_take_no_room_for_the_others(
    execute: Execute, tmp_path: Path, config: dict[str, Any], line: bytes, head: bytes
) -> None:
    neighbours = in_file(tmp_path / "items", line, head)

    with within(10):
        execution = execute(reading(**config, MaxItems=3), {}, neighbours)

    assert len(execution.output) == 3


def test_an_object_that_is_too_large_for_a_state_is_not_read_to_its_end(execute: Execute, tmp_path: Path) -> None:
    arguments = {"Bucket": "b", "Key": "k"}
    task = {"Type": "Task", "Resource": "arn:aws:states:::aws-sdk:s3:getObject", "Parameters": arguments}
    neighbours = in_file(tmp_path / "object", b"a line of text, and another one, and so on for a while\n")

    with within(10):
        execution = execute(one_task(task), {}, neighbours)

    assert execution.error[0] == "States.DataLimitExceeded"


def test_a_line_ends_where_its_file_says_so_and_not_inside_a_text(execute: Execute) -> None:
    body = '{"text":"one\u2028and\x85the same"}\r\n{"text":"two"}\n'.encode()

    execution = execute(reading(InputType="JSONL"), {}, bucket({"b/k": body}))

    assert execution.output == [{"text": "one\u2028and\x85the same"}, {"text": "two"}]


def test_a_row_that_cannot_be_read_fails_the_map_run(execute: Execute) -> None:
    body = b"a,b\n" + b"x" * 200_000 + b",y\n"

    execution = execute(reading(InputType="CSV"), {}, bucket({"b/k": body}))

    assert execution.error == (
        "States.ItemReaderFailed",
        "Attempting to read the CSV file failed: field larger than field limit (131072)",
    )
