"""Assets in S3: in their place before the model is loaded, whole and right, or a sentence on why not."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.functional.runtime.conftest import FRAMEWORK
from tests.functional.runtime.servers import Server

from mlfn import assets
from mlfn.assets import asset
from mlfn.errors import AssetError
from mlfn.runtime import fetching
from mlfn.runtime.fetching import PART, fetch_assets, place_of
from mlfn.runtime.parts import Parts

Asked = list[tuple[str, str]]
MEASURED = """
import json, os, sys
from mlfn.runtime.fetching import fetch_assets
fetch_assets(json.loads(sys.argv[1]), os.environ)
print(*[int(line.split()[1]) // 1024 for line in open("/proc/self/status") if line.startswith("VmHWM")])
"""


class Bucket:
    """An S3 that holds one object of any size, made of a repeated block."""

    def __init__(self, size: int) -> None:
        self.size = size
        self.block = os.urandom(PART)
        self.asked: Asked = []
        self.faults: list[int] = []
        self.late: Any = None
        self.sha256 = hashlib.sha256(self.part(0, size)).hexdigest() if size < 8 * PART else ""

    def part(self, first: int, end: int) -> bytes:
        """Some of its bytes."""
        start = first % PART
        if not start and end - first == PART:
            return self.block
        return (self.block * ((end - first) // PART + 2))[start : start + end - first]

    def answer(self, _method: str, path: str, headers: dict[str, str], _body: bytes) -> Any:
        """What S3 says."""
        self.asked.append((path, headers["range"]))
        if self.faults:
            status = self.faults.pop()
            return (status, {}, b"<Error><Code>SlowDown</Code></Error>") if status else None
        if "missing" in path:
            return 404, {}, b"<Error><Code>NoSuchKey</Code></Error>"
        first, last = map(int, headers["range"].removeprefix("bytes=").split("-"))
        if first and self.late:
            return self.late
        if first >= self.size:
            return 416, {}, b"<Error><Code>InvalidRange</Code></Error>"
        end = min(last + 1, self.size)
        return 206, {"Content-Range": f"bytes {first}-{end - 1}/{self.size}"}, self.part(first, end)


Serve = Callable[[int], Bucket]


@pytest.fixture
def serve(server_of: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Serve]:
    """A bucket on loopback, whose functions have a temporary directory of their own."""
    servers: list[Server] = []

    def start(size: int) -> Bucket:
        bucket = Bucket(size)
        servers.append(server_of(bucket.answer))
        monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://{servers[-1].address}")
        return bucket

    for name, value in {"AWS_ACCESS_KEY_ID": "AKID", "AWS_SECRET_ACCESS_KEY": "s", "TMPDIR": str(tmp_path)}.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(fetching, "sleep", lambda _: None)
    yield start
    assets.fetched.clear()
    for server in servers:
        server.shutdown()
        server.server_close()


def described(bucket: Bucket, key: str = "llm/weights.bin", **more: str) -> list[dict[str, str]]:
    """A manifest's assets."""
    name = key.rpartition("/")[2]
    return [{"name": name, "bucket": "models", "key": key, "sha256": bucket.sha256, **more}]


@pytest.mark.parametrize("size", [1, PART, PART + 1, 5 * PART + 7])
def test_an_asset_is_whole_and_found_by_its_name(serve: Serve, tmp_path: Path, size: int) -> None:
    bucket = serve(size)

    fetch_assets(described(bucket), os.environ)

    assert Path(asset("weights.bin")) == tmp_path / "assets/weights.bin"
    assert Path(asset("weights.bin")).read_bytes() == bucket.part(0, size)
    assert [path.name for path in (tmp_path / "assets").iterdir()] == ["weights.bin"]
    assert len(bucket.asked) == -(-size // PART)


def test_an_asset_that_is_there_already_is_not_fetched_again(serve: Serve) -> None:
    bucket = serve(100)
    for _ in range(2):
        fetch_assets(described(bucket), os.environ)

    assert len(bucket.asked) == 1


def test_what_is_there_under_its_name_but_not_it_is_replaced(serve: Serve, tmp_path: Path) -> None:
    bucket = serve(100)
    (tmp_path / "assets").mkdir()
    (tmp_path / "assets/weights.bin").write_bytes(b"other")

    fetch_assets(described(bucket), os.environ)

    assert Path(asset("weights.bin")).read_bytes() == bucket.part(0, 100)


def test_a_version_and_a_stage_name_the_object(serve: Serve, monkeypatch: pytest.MonkeyPatch) -> None:
    bucket = serve(10)
    monkeypatch.setenv("MLFN_STAGE", "prod")

    fetch_assets(described(bucket, "{stage}/weights.bin", version="v1"), os.environ)

    assert bucket.asked[0][0] == "/models/prod/weights.bin?versionId=v1"


@pytest.mark.parametrize("size", [10, 3 * PART])
def test_another_content_than_declared_is_refused_and_leaves_nothing(serve: Serve, tmp_path: Path, size: int) -> None:
    bucket = serve(size)
    real, bucket.sha256 = bucket.sha256, "ab" * 32

    with pytest.raises(
        AssetError, match=rf"s3://models/llm/weights.bin has the SHA-256 {real}, and abab\w+ was declared"
    ):
        fetch_assets(described(bucket), os.environ)

    assert list((tmp_path / "assets").iterdir()) == []


def test_an_asset_that_there_is_not_is_a_sentence(serve: Serve) -> None:
    with pytest.raises(AssetError, match=r"s3://models/missing\.bin: NoSuchKey") as refused:
        fetch_assets(described(serve(10), "missing.bin"), os.environ)

    assert "Upload it" in refused.value.hint


def test_an_empty_object_is_a_sentence(serve: Serve) -> None:
    with pytest.raises(AssetError, match="InvalidRange"):
        fetch_assets(described(serve(0)), os.environ)


@pytest.mark.parametrize("faults", [[503, 503, 503], [500], [0, 0]], ids=["slow-down", "internal", "hung-up"])
def test_faults_that_pass_are_waited_out(serve: Serve, faults: list[int]) -> None:
    bucket = serve(2 * PART)
    bucket.faults = list(faults)

    fetch_assets(described(bucket), os.environ)

    assert Path(asset("weights.bin")).stat().st_size == 2 * PART


@pytest.mark.parametrize(("status", "said"), [(503, "SlowDown"), (0, "s3://models")], ids=["refuses", "hangs-up"])
def test_a_fault_that_stays_is_a_sentence(serve: Serve, status: int, said: str) -> None:
    bucket = serve(2 * PART)
    bucket.faults = [status] * 100

    with pytest.raises(AssetError, match=said):
        fetch_assets(described(bucket), os.environ)


def test_a_fault_of_a_later_part_ends_the_rest(serve: Serve, tmp_path: Path) -> None:
    bucket = serve(6 * PART)
    bucket.late = (403, {}, b"<Error><Code>AccessDenied</Code></Error>")

    with pytest.raises(AssetError, match="AccessDenied"):
        fetch_assets(described(bucket), os.environ)

    assert list((tmp_path / "assets").iterdir()) == []


def test_too_little_room_is_said_before_anything_is_written(
    serve: Serve, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    bucket = serve(5 * PART)
    full = os.statvfs(tmp_path)
    monkeypatch.setattr(os, "statvfs", lambda _: os.statvfs_result((*full[:4], 1, *full[5:])))

    with pytest.raises(AssetError, match=r"takes 21\.0 MB, and .*/assets has room for 0\.0 MB") as refused:
        fetch_assets(described(bucket), os.environ)

    assert "ephemeral_storage_mb" in refused.value.hint
    assert len(bucket.asked) == 1


def test_room_that_runs_out_is_a_sentence(serve: Serve, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> int:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "pwrite", full)

    with pytest.raises(AssetError, match=r"does not fit into .*weights\.bin: No space left on device"):
        fetch_assets(described(serve(10)), os.environ)


def test_places_in_tmp_are_the_environments_own() -> None:
    one = {"name": "w", "to": "/tmp/models/w"}  # noqa: S108 - what a declaration says

    assert place_of(one, {}) == "/tmp/models/w"  # noqa: S108
    assert place_of(one, {"TMPDIR": "/own"}) == "/own/models/w"
    assert place_of({"name": "w"}, {}) == "/tmp/assets/w"  # noqa: S108
    assert place_of({"name": "w", "to": "/mnt/efs/w"}, {"TMPDIR": "/own"}) == "/mnt/efs/w"


def test_an_asset_of_the_image_is_found_by_its_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "model.onnx").touch()
    monkeypatch.setenv("LAMBDA_TASK_ROOT", str(tmp_path))

    assert asset("model.onnx") == f"{tmp_path}/model.onnx"


def test_outside_a_function_assets_of_s3_are_found_in_a_directory_of_the_tests_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "weights.bin").touch()
    monkeypatch.setenv("MLFN_ASSETS", str(tmp_path))

    assert asset("weights.bin") == f"{tmp_path}/weights.bin"
    with pytest.raises(AssetError, match=r"no asset 'other\.bin' here"):
        asset("other.bin")


def test_parts_come_in_order_whoever_is_first(tmp_path: Path) -> None:
    done: list[int] = []
    with Parts(range(0, 50, 10), lambda offset, _: done.append(offset), 3) as parts:
        found = list(parts)

    assert found == [0, 10, 20, 30, 40]
    assert sorted(done) == found


def test_a_gigabyte_takes_little_memory(serve: Serve, tmp_path: Path) -> None:
    import json  # noqa: PLC0415 - kept beside its only use

    bucket = serve(1 << 30)
    digest = hashlib.sha256()
    for _ in range((1 << 30) // PART):
        digest.update(bucket.block)
    bucket.sha256 = digest.hexdigest()

    command = [sys.executable, "-S", "-c", MEASURED, json.dumps(described(bucket))]
    done = subprocess.run(command, env={**os.environ, "PYTHONPATH": str(FRAMEWORK)}, capture_output=True, check=True)

    assert (tmp_path / "assets/weights.bin").stat().st_size == 1 << 30
    (tmp_path / "assets/weights.bin").unlink()
    assert int(done.stdout) < 150, "MB at its most"
