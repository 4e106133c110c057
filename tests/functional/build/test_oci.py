"""Images: the same from the same plan, whole or not at all."""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import os
import subprocess
import sys
import tarfile
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from mlfn.errors import BuildError
from mlfn_engine.builders.oci import build
from mlfn_engine.cache import FileDigests
from mlfn_engine.images.plan_digest import identified
from mlfn_engine.images.values import FilesLayer, ImageArtifact, ImagePlan, Layer, PlannedFile, RequirementsLayer
from mlfn_engine.platforms import host_platform, lambda_platform
from mlfn_engine.reporting import SilentReporter
from mlfn_engine.values import Architecture

if TYPE_CHECKING:
    from collections.abc import Iterable

SMALL = (PlannedFile(path="var/task/mood.py", source=b"x = 1\n"),)


def plan(*files: PlannedFile, lock: str | None = None) -> ImagePlan:
    """A plan of these files, and of locked requirements."""
    layers: tuple[Layer, ...] = (FilesLayer(name="code", files=files or SMALL),)
    if lock is not None:
        layers = (RequirementsLayer(name="requirements", lock=lock, prefix="opt/python"), *layers)
    draft = ImagePlan(
        function="sentiment",
        platform=host_platform(),
        layers=layers,
        environment=(("PYTHONPATH", "/var/task"),),
        command=("python3.11",),
        working_dir="/var/task",
        labels=(),
        version="",
        digest="",
    )
    return identified(draft, FileDigests(Path("/nonexistent")))


def members(image: ImageArtifact) -> Iterable[tuple[tarfile.TarInfo, bytes]]:
    """Every entry of every layer, with its content."""
    manifest = json.loads(blob(image, image.digest))
    for layer in manifest["layers"]:
        with tarfile.open(fileobj=io.BytesIO(gzip.decompress(blob(image, layer["digest"])))) as tar:
            for member in tar:
                file = tar.extractfile(member) if member.isfile() else None
                yield member, file.read() if file else b""


def blob(image: ImageArtifact, digest: str) -> bytes:
    """A blob of an image's layout."""
    return (image.location / "blobs" / digest.replace(":", "/")).read_bytes()


def test_an_image_is_an_oci_layout_whose_blobs_are_what_their_names_say(tmp_path: Path) -> None:
    image = build(plan(), tmp_path, SilentReporter())

    assert json.loads((image.location / "oci-layout").read_bytes()) == {"imageLayoutVersion": "1.0.0"}
    for path in (image.location / "blobs" / "sha256").iterdir():
        assert hashlib.sha256(path.read_bytes()).hexdigest() == path.name


def test_layers_are_sorted_owned_by_root_of_one_time_and_have_each_parent_once(tmp_path: Path) -> None:
    files = (
        PlannedFile(path="var/task/b/run", source=b"#!", mode=0o755),
        PlannedFile(path="var/task/a.py", source=b""),
    )

    entries = [member for member, _ in members(build(plan(*files), tmp_path, SilentReporter()))]

    assert [entry.name for entry in entries] == ["var", "var/task", "var/task/a.py", "var/task/b", "var/task/b/run"]
    assert [oct(entry.mode) for entry in entries] == ["0o755", "0o755", "0o644", "0o755", "0o755"]
    assert {(entry.uid, entry.gid, entry.mtime) for entry in entries} == {(0, 0, 315532800)}


def test_the_configuration_says_how_to_run_the_image(tmp_path: Path) -> None:
    image = build(plan(), tmp_path, SilentReporter())

    manifest = json.loads(blob(image, image.digest))
    config = json.loads(blob(image, manifest["config"]["digest"]))
    assert config["config"]["Entrypoint"] == ["python3.11"]
    assert config["config"]["Env"] == ["PYTHONPATH=/var/task"]
    tar = gzip.decompress(blob(image, manifest["layers"][0]["digest"]))
    assert config["rootfs"]["diff_ids"] == [f"sha256:{hashlib.sha256(tar).hexdigest()}"]


BUILD_ELSEWHERE = """
import json, os, sys
from pathlib import Path
sys.path.insert(0, {root!r})
os.umask({umask})
from tests.functional.build.test_oci import plan, build, SilentReporter, PlannedFile
weights = Path({home!r}, "weights.bin")
weights.write_bytes(b"w" * 200_000)
files = (PlannedFile(path="var/task/weights.bin", source=weights), PlannedFile(path="var/task/é ü.py", source=b""))
print(build(plan(*files, lock={lock!r}), Path({home!r}, "cache"), SilentReporter()).digest)
"""
LOCK = "typing-extensions==4.16.0 --hash=sha256:4e5f6d2d1b8b0d3f0d2f0c5a2a44d0f0f0f1e2d3c4b5a69788796a5b4c3d2e1f\n"


@pytest.fixture(scope="session")
def lock(cache: Path) -> str:
    """A lock of pydantic-core and what it needs."""
    from mlfn_engine.dependencies.requirements import lock as make  # noqa: PLC0415  shadowed by the fixture's name

    return make((), host_platform(), cache, cache=cache)


def test_two_machines_with_other_umasks_and_time_zones_build_the_same_image(tmp_path: Path, lock: str) -> None:
    root = str(Path(__file__).parents[3])
    digests = []
    for name, umask, zone in (("one", 0o077, "Asia/Tokyo"), ("two", 0o002, "America/Lima")):
        home = tmp_path / name
        home.mkdir()
        script = BUILD_ELSEWHERE.format(root=root, umask=umask, home=str(home), lock=lock)
        environment = {**os.environ, "TZ": zone, "PYTHONHASHSEED": str(umask)}
        digests.append(subprocess.check_output([sys.executable, "-c", script], env=environment, text=True))

    assert digests[0] == digests[1]


def test_nothing_of_the_host_is_in_the_image(tmp_path: Path, lock: str) -> None:
    image = build(plan(lock=lock), tmp_path, SilentReporter())

    found = list(members(image))
    names = [member.name for member, _ in found]
    assert not [name for name in names if name.endswith(("RECORD", "INSTALLER", "direct_url.json", ".lock"))]
    for place in (str(tmp_path), sys.prefix):
        assert not [member.name for member, content in found if place.encode() in content]


def test_every_python_file_has_byte_code_that_is_never_checked(tmp_path: Path, lock: str) -> None:
    found = dict(
        (member.name, content) for member, content in members(build(plan(lock=lock), tmp_path, SilentReporter()))
    )

    sources = [name for name in found if name.startswith("opt/python") and name.endswith(".py")]
    compiled = [name for name in found if name.endswith(".pyc")]
    assert len(sources) == len(compiled) == 3
    assert {found[name][4:8] for name in compiled} == {b"\x01\x00\x00\x00"}


BUILD_LARGE = """
import resource, sys
from pathlib import Path
sys.path.insert(0, {root!r})
from tests.functional.build.test_oci import plan, build, SilentReporter, PlannedFile
weights = Path({home!r}, "weights.bin")
with weights.open("wb") as file:
    file.truncate({size})
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
build(plan(PlannedFile(path="w.bin", source=weights)), Path({home!r}, "cache"), SilentReporter())
print((resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) // 1024)
"""


def test_a_large_asset_is_never_whole_in_memory(tmp_path: Path) -> None:
    root = str(Path(__file__).parents[3])
    script = BUILD_LARGE.format(root=root, home=str(tmp_path), size=128 << 20)

    grown_mb = int(subprocess.check_output([sys.executable, "-c", script], text=True))

    assert grown_mb < 48


def test_a_second_build_writes_nothing(tmp_path: Path) -> None:
    first = build(plan(), tmp_path, SilentReporter())
    before = {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*")}

    assert build(plan(), tmp_path, SilentReporter()) == first
    assert {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*")} == before


def test_builds_at_the_same_time_leave_one_whole_cache(tmp_path: Path) -> None:
    files = tuple(PlannedFile(path=f"var/task/{number}", source=os.urandom(1000)) for number in range(200))

    with ThreadPoolExecutor(max_workers=8) as pool:
        images = list(pool.map(lambda _: build(plan(*files), tmp_path, SilentReporter()), range(8)))

    assert len({image.digest for image in images}) == 1
    for path in (tmp_path / "blobs" / "sha256").iterdir():
        assert hashlib.sha256(path.read_bytes()).hexdigest() == path.name
    assert not [path for path in tmp_path.rglob("*") if path.name.startswith((".tmp-", ".new-", "pack-"))]


def damage(image: ImageArtifact, cache: Path) -> None:
    """Lose the image and cut its layers short, as a full disk may."""
    for path in (cache / "blobs" / "sha256").iterdir():
        path.unlink()
        path.write_bytes(b"")
    (image.location / "index.json").unlink()
    image.location.rename(cache / "elsewhere")


def test_a_truncated_blob_in_the_cache_is_made_again(tmp_path: Path) -> None:
    first = build(plan(), tmp_path / "a", SilentReporter())
    damage(first, tmp_path / "a")

    again = build(plan(), tmp_path / "a", SilentReporter())

    assert again.digest == first.digest
    assert list(members(again))


def test_a_file_that_changed_since_it_was_planned_is_told(tmp_path: Path) -> None:
    weights = tmp_path / "weights.bin"
    weights.write_bytes(b"old")
    made = plan(PlannedFile(path="var/task/weights.bin", source=weights))
    weights.write_bytes(b"new")

    with pytest.raises(BuildError, match="changed while it was being built"):
        build(made, tmp_path / "cache", SilentReporter())


def test_a_file_that_is_gone_since_it_was_planned_is_told(tmp_path: Path) -> None:
    weights = tmp_path / "weights.bin"
    weights.write_bytes(b"old")
    made = plan(PlannedFile(path="var/task/weights.bin", source=weights))
    weights.unlink()

    with pytest.raises(BuildError, match=r"weights\.bin cannot be read: No such file"):
        build(made, tmp_path / "cache", SilentReporter())


def test_an_image_for_lambda_needs_a_base_image(tmp_path: Path) -> None:
    made = replace(plan(), platform=lambda_platform(Architecture.X86_64))

    with pytest.raises(BuildError, match="needs a base image, and none is locked"):
        build(made, tmp_path, SilentReporter())


def test_a_cache_that_cannot_be_written_is_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")

    with pytest.raises(BuildError, match="build cache cannot be written"):
        build(plan(), tmp_path / "file", SilentReporter())
