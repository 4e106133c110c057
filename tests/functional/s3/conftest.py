"""S3 in process, between neighbours that remember what they were asked."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import TYPE_CHECKING, Any

import pytest
from tests.fixtures.neighbours import Neighbours

from mlfn_localstack.services.s3 import S3

if TYPE_CHECKING:
    from pathlib import Path

BUCKET = "bench-bucket"


class Bench(Neighbours):
    """The service, with one bucket."""

    name = "s3"

    def __init__(self, state_dir: Path) -> None:
        super().__init__(state_dir)
        self.service = S3(self.environment)
        self._contents = state_dir / "objects" / "sha256"

    async def on(self, operation: str, key: str, **params: Any) -> dict[str, Any]:
        """An operation on a key of the bucket."""
        return await self.do(operation, Bucket=BUCKET, Key=key, **params)

    async def read(self, key: str) -> bytes:
        """An object's content."""
        body = (await self.on("GetObject", key))["Body"]
        with body.open() as file:
            content: bytes = file.read()
        return content

    async def begun(self, key: str, *parts: bytes) -> dict[str, Any]:
        """What completes an upload of these parts."""
        upload = (await self.on("CreateMultipartUpload", key))["UploadId"]
        etags = [
            (await self.on("UploadPart", key, UploadId=upload, PartNumber=number, Body=body))["ETag"]
            for number, body in enumerate(parts, 1)
        ]
        listed = [{"PartNumber": number, "ETag": etag} for number, etag in enumerate(etags, 1)]
        return {"UploadId": upload, "MultipartUpload": {"Parts": listed}}

    def stored(self) -> int:
        """How many contents there are."""
        return len(list(self._contents.glob("*")))


Scenario = Callable[[Bench], Coroutine[Any, Any, Any]]


@pytest.fixture
def run(tmp_path: Path) -> Callable[[Scenario], Any]:
    """Run a scenario against the service."""

    def run_scenario(scenario: Scenario) -> Any:
        async def with_bench() -> Any:
            async with Bench(tmp_path).running() as bench:
                await bench.do("CreateBucket", Bucket=BUCKET)
                return await scenario(bench)

        return asyncio.run(with_bench())

    return run_scenario
