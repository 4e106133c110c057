"""`mlfn.open` on files and objects."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

import mlfn
from mlfn import data
from mlfn.errors import DataError

if TYPE_CHECKING:
    from tests.functional.runtime.servers import Server


@pytest.fixture
def bucket(server_of: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """An S3 that holds one object; gives the paths that were asked for."""
    asked: list[str] = []

    def answer(_method: str, path: str, headers: dict[str, str], _body: bytes) -> Any:
        asked.append(path)
        assert headers["authorization"].startswith("AWS4-HMAC-SHA256 Credential=AKID/")
        if "missing" in path:
            return 404, {}, b"<Error><Code>NoSuchKey</Code></Error>"
        return 200, {"ETag": '"e1"', "x-amz-version-id": "v1"}, "né".encode()

    server: Server = server_of(answer)
    monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://{server.address}")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKID")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    data.opened.clear()
    yield asked
    server.shutdown()
    server.server_close()


def test_an_object_is_opened_and_named_with_version_and_etag(bucket: list[str]) -> None:
    with mlfn.open("s3://models/a b/é.txt", "r") as file:
        assert file.read() == "né"

    assert bucket == ["/models/a%20b/%C3%A9.txt"]
    assert data.references() == ["models/a b/é.txt@v1#e1"]


def test_a_version_can_be_asked_for(bucket: list[str]) -> None:
    mlfn.open("s3://models/a?versionId=v+1").close()

    assert bucket == ["/models/a?versionId=v%2B1"]


def test_an_object_that_is_not_there_is_a_data_error(bucket: list[str]) -> None:
    with pytest.raises(DataError, match="NoSuchKey"):
        mlfn.open("s3://models/missing")

    assert data.references() == []


@pytest.mark.parametrize("uri", ["s3://", "s3://bucket", "s3:///key"])
def test_a_uri_without_an_object_is_a_data_error(uri: str) -> None:
    with pytest.raises(DataError, match="names no object"):
        mlfn.open(uri)


def test_a_file_is_named_with_its_digest(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "words.txt").write_bytes(b"good")
    data.opened.clear()

    for _ in range(2):
        with mlfn.open(tmp_path / "words.txt") as file:
            assert file.read() == b"good"

    assert data.references() == [f"words.txt#{hashlib.sha256(b'good').hexdigest()}"]


def test_a_changed_file_has_another_digest(tmp_path: Path) -> None:
    data.opened.clear()
    for content in (b"one", b"other"):
        (tmp_path / "f").write_bytes(content)
        mlfn.open(tmp_path / "f").close()

    assert len(data.references()) == 2


def test_a_missing_file_is_what_open_says(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        mlfn.open(tmp_path / "none")


def test_writing_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="mode 'w'"):
        mlfn.open(tmp_path / "f", "w")
