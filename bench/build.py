"""How long an image takes, and what a change of one line costs: python bench/build.py [--requirements scikit-learn].

First build and push, no change, one changed line (in this process, and as a command of its own), bytes uploaded,
and whether two directories with other umasks, time zones and hash seeds give the same digest.
Pushes go to Debian's docker-registry, where it is installed.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mlfn_engine.builders.oci import build
from mlfn_engine.discover import discover
from mlfn_engine.plan_image import plan_image
from mlfn_engine.platforms import host_platform
from mlfn_engine.registry import Registry, push
from mlfn_engine.reporting import SilentReporter
from mlfn_engine.resolve import resolve_app, resolve_graph

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from mlfn_engine.images.values import ImageArtifact

MODEL = """\
from mlfn import model

@model(requirements={requirements!r}, assets=["weights.bin"])
def score(text: str) -> float:
    return float(len(text)) * {factor}
"""
CONFIG = """\
version: 0.1
http: {{addr: 127.0.0.1:{port}}}
storage: {{filesystem: {{rootdirectory: {root}}}}}
log: {{level: error, accesslog: {{disabled: true}}}}
"""
ROUNDS = 5
REPORTER = SilentReporter()


def main() -> None:
    """Measure and print."""
    options = arguments()
    if options.once:
        print(json.dumps(once(Path(options.once), Path(options.cache), options.registry)))
        return
    with tempfile.TemporaryDirectory(prefix="mlfn-bench-") as directory, registry(Path(directory)) as address:
        for name, figure in measurements(Path(directory), options.requirements, address):
            print(f"{name:<58} {figure}")


def arguments() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--requirements", nargs="*", default=["scikit-learn"])
    parser.add_argument("--once", help="plan, build and push the project in this directory, then print what came of it")
    parser.add_argument("--cache", default="")
    parser.add_argument("--registry", default="")
    return parser.parse_args()


def measurements(directory: Path, requirements: list[str], address: str) -> Iterator[tuple[str, str]]:
    """Each figure with its name."""
    project, cache = new_project(directory / "project", requirements), directory / "cache"
    lock_s, _ = timed(lambda: plan(project, cache))
    yield "resolve and lock", f"{lock_s:.2f} s"
    build_s, image = timed(lambda: built(project, cache))
    yield "first build (wheels in uv's cache)", f"{build_s:.2f} s, {image.size_bytes / 1e6:.1f} MB"
    if address:
        push_s, sent = timed(lambda: pushed(image, address))
        yield "first push", f"{push_s:.2f} s, {sent / 1e6:.1f} MB"
    yield "no change, in this process", f"{median(lambda: built(project, cache)):.3f} s"
    yield "no change, whole command", f"{median(lambda: command(project, cache, '')):.3f} s"
    yield from code_changes(project, cache, requirements, address)
    yield "same digest in two directories (umask, TZ, hash seed)", str(reproducible(directory, requirements))


def code_changes(project: Path, cache: Path, requirements: list[str], address: str) -> Iterator[tuple[str, str]]:
    """What one changed line costs."""
    seconds, sent = [], 0
    for round_ in range(ROUNDS):
        write_model(project, requirements, factor=round_ + 2)
        took, sent = timed(lambda: rebuilt(project, cache, address))
        seconds.append(took)
    yield "one line: discover to push, in this process", f"{sorted(seconds)[ROUNDS // 2]:.3f} s, {sent} bytes uploaded"
    seconds = []
    for round_ in range(ROUNDS):
        write_model(project, requirements, factor=round_ + 100)
        seconds.append(timed(lambda: command(project, cache, address))[0])
    yield "one line: discover to push, whole command", f"{sorted(seconds)[ROUNDS // 2]:.3f} s"


def rebuilt(project: Path, cache: Path, address: str) -> int:
    """Build, and push where there is a registry; the bytes uploaded."""
    image = built(project, cache)
    return pushed(image, address) if address else 0


def once(project: Path, cache: Path, address: str) -> dict[str, Any]:
    """What a command of its own does."""
    image = built(project, cache)
    return {"digest": image.digest, "sent": pushed(image, address) if address else 0}


def reproducible(directory: Path, requirements: list[str]) -> bool:
    """Whether two machines, as far as one can play them, build the same image."""
    digests = set()
    for name, umask, zone in (("one", 0o077, "Asia/Tokyo"), ("two", 0o002, "America/Lima")):
        project = new_project(directory / name, requirements)
        environment = {"TZ": zone, "PYTHONHASHSEED": str(umask)}
        digests.add(command(project, directory / f"{name}-cache", "", umask=umask, environment=environment)["digest"])
    return len(digests) == 1


def command(
    project: Path, cache: Path, address: str, *, umask: int = 0o022, environment: dict[str, str] | None = None
) -> dict[str, Any]:
    """This program in a process of its own."""
    options = ["--once", str(project), "--cache", str(cache), "--registry", address]
    done = subprocess.check_output(
        [sys.executable, __file__, *options], env={**os.environ, **(environment or {})}, umask=umask
    )
    found: dict[str, Any] = json.loads(done)
    return found


def new_project(root: Path, requirements: list[str]) -> Path:
    """A project with one model and a megabyte of weights."""
    root.mkdir()
    (root / "pyproject.toml").write_text('[tool.mlfn]\napp = "bench"\n')
    (root / "weights.bin").write_bytes(bytes(range(256)) * 4096)
    write_model(root, requirements, factor=1)
    return root


def write_model(root: Path, requirements: list[str], *, factor: int) -> None:
    """The model, differing in one line."""
    (root / "app.py").write_text(MODEL.format(requirements=requirements, factor=factor))


def plan(project: Path, cache: Path) -> Any:
    """The image plan of the project's only function."""
    graph = resolve_graph(resolve_app(discover(project, None)), "dev")
    return plan_image(graph.functions[0], graph, host_platform(), cache=cache)


def built(project: Path, cache: Path) -> ImageArtifact:
    """The image of the project's only function."""
    return build(plan(project, cache), cache, REPORTER)


def pushed(image: ImageArtifact, address: str) -> int:
    """Push; the bytes uploaded."""
    target = Registry(endpoint=address)
    result = push(image, target, repository="mlfn-dev", tag=image.version, reporter=REPORTER)
    return result.uploaded_bytes


def timed(action: Callable[[], Any]) -> tuple[float, Any]:
    """Seconds and result."""
    start = time.perf_counter()
    result = action()
    return time.perf_counter() - start, result


def median(action: Callable[[], Any]) -> float:
    """Seconds in the middle of some rounds."""
    return sorted(timed(action)[0] for _ in range(ROUNDS))[ROUNDS // 2]


@contextmanager
def registry(directory: Path) -> Iterator[str]:
    """A registry's address, or nothing where docker-registry is not installed."""
    program = shutil.which("docker-registry")
    if program is None:
        print("docker-registry is not installed: no pushes", file=sys.stderr)
        yield ""
        return
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    (directory / "registry.yml").write_text(CONFIG.format(port=port, root=directory / "registry"))
    with (directory / "registry.log").open("wb") as log:
        process = subprocess.Popen([program, "serve", directory / "registry.yml"], stdout=log, stderr=log)
    try:
        time.sleep(0.5)
        yield f"http://127.0.0.1:{port}"
    finally:
        process.kill()
        process.wait()


if __name__ == "__main__":
    main()
