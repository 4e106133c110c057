"""The parts of uploads under way: where they lie, and what becomes of their content."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from tests.functional.s3.conftest import BUCKET, Bench

from mlfn_localstack.services.s3 import S3

if TYPE_CHECKING:
    from pathlib import Path

    from tests.functional.s3.conftest import Scenario

Run = Callable[["Scenario"], Any]


async def begun(bench: Bench, key: str = "k") -> str:
    return str((await bench.on("CreateMultipartUpload", key))["UploadId"])


async def put_part(bench: Bench, upload: str, number: int, body: bytes, key: str = "k") -> None:
    await bench.on("UploadPart", key, UploadId=upload, PartNumber=number, Body=body)


def documents(bench: Bench) -> int:
    (size,) = bench.environment.store.execute("SELECT sum(length(body)) FROM documents").fetchone()
    return int(size)


def test_a_part_adds_nothing_to_what_the_next_one_reads(run: Run) -> None:
    async def scenario(bench: Bench) -> None:
        upload = await begun(bench)
        before = documents(bench)
        for number in range(1, 30):
            await put_part(bench, upload, number, b"%d" % number)
        assert documents(bench) == before

    run(scenario)


def test_parts_are_listed_in_order_a_page_at_a_time(run: Run) -> None:
    async def scenario(bench: Bench) -> None:
        upload = await begun(bench)
        for number in (10_000, 3, 20, 1):
            await put_part(bench, upload, number, b"x")

        first = await bench.on("ListParts", "k", UploadId=upload, MaxParts=3)
        rest = await bench.on("ListParts", "k", UploadId=upload, PartNumberMarker=first["NextPartNumberMarker"])

        assert [part["PartNumber"] for part in first["Parts"]] == [1, 3, 20]
        assert (first["IsTruncated"], first["NextPartNumberMarker"]) == (True, 20)
        assert [part["PartNumber"] for part in rest["Parts"]] == [10_000]
        assert rest["IsTruncated"] is False

    run(scenario)


def test_a_part_that_is_replaced_and_an_upload_that_is_aborted_leave_no_content(run: Run) -> None:
    async def scenario(bench: Bench) -> None:
        upload, other = await begun(bench), await begun(bench, "other")
        await put_part(bench, upload, 1, b"first")
        await put_part(bench, upload, 1, b"second")
        await put_part(bench, upload, 2, b"shared")
        await put_part(bench, other, 1, b"shared", "other")
        assert bench.stored() == 2
        await bench.on("AbortMultipartUpload", "k", UploadId=upload)
        assert bench.stored() == 1
        assert (await bench.on("ListParts", "other", UploadId=other))["Parts"][0]["Size"] == len(b"shared")

    run(scenario)


def test_content_of_a_part_stays_while_an_object_has_it(run: Run) -> None:
    async def scenario(bench: Bench) -> None:
        upload = await begun(bench)
        await put_part(bench, upload, 1, b"both")
        await bench.on("PutObject", "object", Body=b"both")
        await bench.on("AbortMultipartUpload", "k", UploadId=upload)
        assert await bench.read("object") == b"both"

    run(scenario)


def test_parts_of_an_earlier_version_s_state_are_found(run: Run, tmp_path: Path) -> None:
    async def scenario(bench: Bench) -> None:
        completing = await bench.begun("k", b"one")
        (part,) = bench.environment.store.execute("SELECT sha256, md5, size, at FROM s3_parts").fetchall()
        bench.environment.store.execute("DELETE FROM s3_parts")
        uploads = bench.environment.store.documents("s3-upload")
        ((name, upload),) = uploads.items()
        names = ("sha256", "md5", "size", "at")
        uploads.put(name, upload | {"parts": {"1": dict(zip(names, part, strict=True))}})

        bench.service = S3(bench.environment)

        assert await bench.do("CompleteMultipartUpload", Bucket=BUCKET, Key="k", **completing)
        assert await bench.read("k") == b"one"

    run(scenario)
