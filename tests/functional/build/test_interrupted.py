"""Builds that are cut short, or get in each other's way: the cache stays whole, and the next build is right."""

from __future__ import annotations

import hashlib
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

from tests.functional.build.test_oci import plan

from mlfn_engine.builders.oci import build
from mlfn_engine.images.values import ImagePlan, PlannedFile
from mlfn_engine.reporting import SilentReporter

ROOT = str(Path(__file__).parents[3])
BUILD = """
import resource, sys
sys.path.insert(0, {root!r})
from pathlib import Path
from tests.functional.build.test_interrupted import large_plan
from mlfn.errors import MlfnError
from mlfn_engine.builders.oci import build
from mlfn_engine.reporting import SilentReporter

if {limit}:
    resource.setrlimit(resource.RLIMIT_FSIZE, ({limit}, {limit}))
try:
    print(build(large_plan(Path({home!r})), Path({home!r}, "cache"), SilentReporter()).digest)
except MlfnError as error:
    print(error.message, error.hint)
"""
LAYER_BYTES = 24 << 20


def large_plan(home: Path) -> ImagePlan:
    """A plan with a layer that takes a moment to pack and does not get smaller."""
    weights = home / "weights.bin"
    if not weights.exists():
        weights.write_bytes(hashlib.shake_128(b"noise").digest(LAYER_BYTES))
    return plan(PlannedFile(path="var/task/weights.bin", source=weights))


def started(home: Path, limit: int = 0) -> subprocess.Popen[str]:
    """A build in a process of its own; `limit` is the largest file that it can write."""
    large_plan(home)
    script = BUILD.format(root=ROOT, home=str(home), limit=limit)
    return subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, text=True)


def finished(process: subprocess.Popen[str]) -> str:
    """What a build says in the end."""
    return process.communicate(timeout=100)[0].strip()


def check_whole(cache: Path) -> None:
    """Hash every blob of a cache and of its images again."""
    blobs = [path for path in cache.rglob("blobs/sha256/*") if len(path.name) == 64]
    assert blobs
    assert [path for path in blobs if hashlib.sha256(path.read_bytes()).hexdigest() != path.name] == []


def built_here(home: Path) -> str:
    """The digest of the same image, built in this process with the same cache."""
    return build(large_plan(home), home / "cache", SilentReporter()).digest


def test_a_full_disk_is_a_sentence_and_leaves_nothing_behind(tmp_path: Path) -> None:
    told = finished(started(tmp_path, limit=LAYER_BYTES // 2))

    assert told.startswith("The build cache cannot be written: ")
    assert "Free some space" in told
    assert not [path for path in (tmp_path / "cache").rglob("*") if path.is_file() and path.stat().st_size > 1 << 20]
    assert built_here(tmp_path).startswith("sha256:")
    check_whole(tmp_path / "cache")


def test_a_build_that_is_killed_leaves_a_cache_that_the_next_one_can_use(tmp_path: Path) -> None:
    process = started(tmp_path)
    deadline = time.monotonic() + 60
    while not any(path.stat().st_size for path in (tmp_path / "cache").rglob("work/pack-*/.tmp-*")):
        assert time.monotonic() < deadline
        assert process.poll() is None, "the build was over before it could be killed"

    os.kill(process.pid, signal.SIGKILL)
    finished(process)

    assert built_here(tmp_path).startswith("sha256:")
    check_whole(tmp_path / "cache")


def test_what_a_killed_build_left_is_removed_after_a_day(tmp_path: Path) -> None:
    for name, age_s in (("pack-old", 100_000), ("pack-new", 100)):
        (tmp_path / "cache" / "work" / name).mkdir(parents=True)
        os.utime(tmp_path / "cache" / "work" / name, (time.time() - age_s,) * 2)

    built_here(tmp_path)

    assert [path.name for path in (tmp_path / "cache" / "work").iterdir()] == ["pack-new"]


def test_two_builds_of_one_app_at_once_give_one_image(tmp_path: Path) -> None:
    large_plan(tmp_path)
    processes = [started(tmp_path) for _ in range(2)]

    digests = {finished(process) for process in processes}

    assert digests == {built_here(tmp_path)}
    check_whole(tmp_path / "cache")
