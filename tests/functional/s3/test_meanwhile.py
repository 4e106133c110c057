"""What others do to an object while a request about it is under way."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest

from mlfn_localstack.service import ServiceError

if TYPE_CHECKING:
    from tests.functional.s3.conftest import Bench, Scenario

Run = Callable[["Scenario"], Any]
LONG = b"x" * (2 << 20)
"""A checksum of it takes a thread a while."""


async def code_of(call: Any) -> str:
    with pytest.raises(ServiceError) as caught:
        await call
    return caught.value.code


def test_what_is_being_read_stays_until_it_is_read(run: Run) -> None:
    async def scenario(bench: Bench) -> bytes:
        await bench.on("PutObject", "k", Body=b"old")
        body = (await bench.on("GetObject", "k"))["Body"]
        await bench.on("PutObject", "k", Body=b"new")
        assert bench.stored() == 1
        with body.open() as file:
            content: bytes = file.read()
        return content

    assert run(scenario) == b"old"


def test_a_put_that_is_refused_leaves_nothing(run: Run) -> None:
    async def scenario(bench: Bench) -> None:
        await bench.on("PutObject", "k", Body=b"first")
        for number in range(3):
            refused = bench.on("PutObject", "k", Body=b"other %d" % number, IfNoneMatch="*")
            assert await code_of(refused) == "PreconditionFailed"
        assert await bench.read("k") == b"first"
        assert bench.stored() == 1

    run(scenario)


def test_a_copy_has_its_content_or_is_refused_if_its_source_goes(run: Run) -> None:
    async def scenario(bench: Bench) -> None:
        await bench.on("PutObject", "source", Body=LONG)
        source = {"CopySource": "bench-bucket/source", "ChecksumAlgorithm": "CRC64NVME"}
        copying = asyncio.create_task(bench.on("CopyObject", "copy", **source))
        await asyncio.sleep(0)
        await bench.on("DeleteObject", "source")
        assert await code_of(copying) == "NoSuchKey"
        assert await code_of(bench.read("copy")) == "NoSuchKey"

    run(scenario)


def test_an_upload_is_completed_once(run: Run) -> None:
    async def scenario(bench: Bench) -> list[str]:
        asked = await bench.begun("k", LONG)
        completions = [bench.on("CompleteMultipartUpload", "k", **asked) for _ in range(3)]
        answers = await asyncio.gather(*completions, return_exceptions=True)
        assert await bench.read("k") == LONG
        return sorted(each.code if isinstance(each, ServiceError) else "done" for each in answers)

    assert run(scenario) == ["NoSuchUpload", "NoSuchUpload", "done"]


def test_an_upload_that_is_aborted_meanwhile_becomes_no_object(run: Run) -> None:
    async def scenario(bench: Bench) -> None:
        asked = await bench.begun("k", LONG)
        completing = asyncio.create_task(bench.on("CompleteMultipartUpload", "k", **asked))
        await asyncio.sleep(0)
        await bench.on("AbortMultipartUpload", "k", UploadId=asked["UploadId"])
        assert await code_of(completing) == "NoSuchUpload"
        assert await code_of(bench.read("k")) == "NoSuchKey"
        assert bench.stored() == 0

    run(scenario)


def test_an_upload_that_must_be_first_is_not_if_another_comes_first(run: Run) -> None:
    async def scenario(bench: Bench) -> None:
        asked = await bench.begun("k", LONG)
        completing = asyncio.create_task(bench.on("CompleteMultipartUpload", "k", **asked, IfNoneMatch="*"))
        await asyncio.sleep(0)
        await bench.on("PutObject", "k", Body=b"first")
        assert await code_of(completing) == "PreconditionFailed"
        assert await bench.read("k") == b"first"

    run(scenario)
