"""Lists of many keys: a page looks at little more than it shows."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest

from mlfn_localstack.services.s3 import model

if TYPE_CHECKING:
    from tests.functional.s3.conftest import Bench, Scenario

Run = Callable[["Scenario"], Any]
MANY = 400


@pytest.fixture
def read(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The keys of the versions that were read from the database."""
    keys: list[str] = []
    made = model._version

    def counted(row: tuple[Any, ...]) -> model.Version:
        keys.append(row[1])
        return made(row)

    monkeypatch.setattr(model, "_version", counted)
    return keys


async def filled(bench: Bench) -> Bench:
    await bench.do("PutBucketVersioning", Bucket="bench-bucket", VersioningConfiguration={"Status": "Enabled"})
    for number in range(MANY):
        await bench.on("PutObject", f"d{number:03}/k", Body=b"x")
        if number % 2:
            await bench.on("PutObject", f"d{number:03}/k", Body=b"y")
    return bench


def test_prefixes_are_listed_without_what_is_below_them(run: Run, read: list[str]) -> None:
    async def scenario(bench: Bench) -> None:
        await filled(bench)
        read.clear()
        page = await bench.do("ListObjectsV2", Bucket="bench-bucket", Delimiter="/")
        assert [each["Prefix"] for each in page["CommonPrefixes"]] == [f"d{number:03}/" for number in range(MANY)]
        assert len(read) < 4 * MANY

    run(scenario)


def test_pages_of_versions_are_read_page_by_page(run: Run, read: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(model, "_BATCH", 7)

    async def scenario(bench: Bench) -> None:
        await filled(bench)
        read.clear()
        found: list[tuple[str, bool]] = []
        marker: dict[str, Any] = {}
        while True:
            page = await bench.do("ListObjectVersions", Bucket="bench-bucket", MaxKeys=10, **marker)
            found += [(each["Key"], each["IsLatest"]) for each in page["Versions"]]
            if not page["IsTruncated"]:
                break
            marker = {"KeyMarker": page["NextKeyMarker"], "VersionIdMarker": page["NextVersionIdMarker"]}
        wanted = [(f"d{n:03}/k", latest) for n in range(MANY) for latest in ((True, False) if n % 2 else (True,))]
        assert found == wanted
        assert len(read) < 4 * len(wanted)

    run(scenario)
