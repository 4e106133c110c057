"""A registry that is not ours, and an image to push."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from mlfn_engine.builders.oci import build
from mlfn_engine.cache import FileDigests
from mlfn_engine.images.plan_digest import identified
from mlfn_engine.images.values import FilesLayer, ImageArtifact, ImagePlan, PlannedFile
from mlfn_engine.platforms import host_platform
from mlfn_engine.registry import Registry
from mlfn_engine.reporting import SilentReporter

if TYPE_CHECKING:
    from collections.abc import Callable

CONFIG = """\
version: 0.1
http: {{addr: 127.0.0.1:{port}, secret: "the same after a restart"}}
storage: {{filesystem: {{rootdirectory: {root}}}}}
log: {{level: error, accesslog: {{disabled: true}}}}
"""


def tool(name: str) -> str:
    """A program's path; its absence is a failure in CI and a skip elsewhere."""
    found = shutil.which(name)
    if found is None:
        reason = f"{name} is not installed (apt-get install {name})"
        if os.environ.get("CI"):
            pytest.fail(reason)
        pytest.skip(reason)
    return found


@pytest.fixture(scope="session")
def skopeo() -> str:
    """skopeo, a second implementation of image layouts and registries."""
    return tool("skopeo")


class DebianRegistry:
    """Debian's docker-registry on loopback; it can die and come back with what it had."""

    def __init__(self, program: str, directory: Path) -> None:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self.config = directory / "config.yml"
        self.config.write_text(CONFIG.format(port=self.port, root=directory / "data"))
        self.log = directory / "log"
        self.program = program
        self.start()

    def start(self) -> None:
        """Start it."""
        with self.log.open("ab") as log:
            self.process = subprocess.Popen([self.program, "serve", self.config], stdout=log, stderr=log)
        _wait_for(self.port)

    def kill(self) -> None:
        """End it at once."""
        self.process.kill()
        self.process.wait()


@pytest.fixture(scope="session")
def registry(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Registry]:
    """Debian's docker-registry on loopback."""
    running = DebianRegistry(tool("docker-registry"), tmp_path_factory.mktemp("registry"))
    yield Registry(endpoint=f"http://127.0.0.1:{running.port}")
    running.kill()


@pytest.fixture
def mortal(tmp_path: Path) -> Iterator[DebianRegistry]:
    """A docker-registry of the test's own, to be killed."""
    running = DebianRegistry(tool("docker-registry"), tmp_path)
    yield running
    running.kill()


def _wait_for(port: int) -> None:
    for _ in range(600):
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)
    pytest.fail("docker-registry did not start within 30 s")


@pytest.fixture
def new_image(tmp_path: Path) -> Callable[..., ImageArtifact]:
    """Builds images of a few files."""

    def make(code: bytes = b"print('hello')\n", assets: bytes = b"weights") -> ImageArtifact:
        draft = ImagePlan(
            function="sentiment",
            platform=host_platform(),
            layers=(
                FilesLayer(name="assets", files=(PlannedFile(path="var/task/weights.bin", source=assets),)),
                FilesLayer(name="code", files=(PlannedFile(path="var/task/mood.py", source=code),)),
            ),
            environment=(("PYTHONPATH", "/var/task"),),
            command=("python3.11", "-m", "mood"),
            working_dir="/var/task",
            labels=(("dev.mlfn.app", "reviews"),),
            version="",
            digest="",
        )
        plan = identified(replace(draft), FileDigests(tmp_path))
        return build(plan, tmp_path / "cache", SilentReporter())

    return make
