"""Images on a base image, ours beside buildah's and podman's: python bench/images.py [--requirements scikit-learn].

One model on Debian with Python (`mlfn base debian`), pushed to Debian's docker-registry; the others build what
`mlfn eject --dockerfile` writes. First build and push, one changed line, bytes uploaded, and whether a clean rebuild
gives the same digest.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from build import ROUNDS, new_project, pushed, registry, timed, write_model

from mlfn_engine.base_images.debian import DebianBase, make_debian_base
from mlfn_engine.base_images.store import BaseStore
from mlfn_engine.builders.oci import build
from mlfn_engine.discover import discover
from mlfn_engine.ejecting import eject
from mlfn_engine.plan_image import plan_image
from mlfn_engine.platforms import based_platform
from mlfn_engine.reporting import SilentReporter
from mlfn_engine.resolve import resolve_app, resolve_graph
from mlfn_engine.values import Architecture

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

TOOLS = Path(__file__).resolve().parents[1] / ".tools"
CERTIFICATES = Path("/etc/ssl/certs/ca-certificates.crt")
REPORTER = SilentReporter()
CONTAINERS = """\
[containers]
default_ulimits = ["nofile=1024:4096", "nproc=4096:4096"]
[engine]
runtime = "runc"
cgroup_manager = "cgroupfs"
events_logger = "file"
"""
STORAGE = '[storage]\ndriver = "overlay"\ngraphroot = "{0}/graph"\nrunroot = "{0}/run"\n'
Row = tuple[str, str, str, str, str, str]
HEADER: Row = ("builder", "first build", "first push", "one line: build + push", "uploaded", "same digest again")


def main() -> None:
    """Measure and print."""
    options = arguments()
    if options.once:
        project, cache = Path(options.once), Path(options.cache)
        print(json.dumps(pushed(build(planned(project, cache), cache, REPORTER), options.registry)))
        return
    base, installer = fetched("debian-base"), fetched("debian-pip", "python3-pip")
    with tempfile.TemporaryDirectory(prefix="mlfn-bench-") as directory, registry(Path(directory)) as address:
        bench = Bench(Path(directory), options.requirements, address, base, installer)
        show(HEADER)
        show(bench.ours())
        for row in bench.engines():
            show(row)
        print(f"mlfn build --target aws, nothing changed, whole command: {bench.unchanged():.2f} s")


def show(row: Row) -> None:
    """Print a row of the table."""
    print("{:<8} {:>20} {:>11} {:>23} {:>10} {:>18}".format(*row), flush=True)


def arguments() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--requirements", nargs="*", default=["scikit-learn"])
    parser.add_argument("--once", help="plan, build and push the project in this directory")
    parser.add_argument("--cache", default="")
    parser.add_argument("--registry", default="")
    return parser.parse_args()


def measured(action: Callable[[], Any]) -> tuple[str, Any]:
    """Seconds, with those of processors, which say more on a busy machine; and the result."""
    before = _processor_s()
    took, result = timed(action)
    return f"{took:.1f} s ({_processor_s() - before:.1f} s CPU)", result


def _processor_s() -> float:
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(each.ru_utime + each.ru_stime for each in used)


def fetched(name: str, *packages: str) -> Path:
    """A base image of Debian packages, made once."""
    layout = TOOLS / name / "layout"
    if not layout.exists():
        layout.parent.mkdir(parents=True, exist_ok=True)
        make_debian_base(DebianBase(packages=packages), layout, REPORTER)
    return layout


def planned(project: Path, cache: Path) -> Any:
    """The image plan of the project's only function, on the base that its settings name."""
    graph = resolve_graph(resolve_app(discover(project, None)), "dev")
    named = json.loads((project / "base.json").read_text())
    base = BaseStore(cache, REPORTER).find(named, project, Architecture.X86_64)
    platform = based_platform(base, Architecture.X86_64)
    return plan_image(graph.functions[0], graph, platform, base=base, cache=cache)


@dataclass(frozen=True, slots=True)
class Bench:
    """What is built, where to, and on what."""

    directory: Path
    requirements: list[str]
    address: str
    base: Path
    installer: Path

    def ours(self) -> Row:
        """mlfn's figures; wheels may be in uv's cache."""
        project, cache = self._project("ours"), self.directory / "cache"
        planned(project, cache)  # locks: the others are given the lock, too
        took, image = measured(lambda: build(planned(project, cache), cache, REPORTER))
        push_s, _ = timed(lambda: pushed(image, self.address))
        inside = self._changed(project, lambda: pushed(build(planned(project, cache), cache, REPORTER), self.address))
        whole = self._changed(project, lambda: self._command(project, cache))
        again = build(planned(self._project("again"), self.directory / "cache-2"), self.directory / "cache-2", REPORTER)
        change = f"{inside[0]:.2f} s ({whole[0]:.2f} s command)"
        return ("mlfn", took, f"{push_s:.1f} s", change, f"{whole[1]:,} B", self._same(image, again))

    def unchanged(self) -> float:
        """Seconds in the middle of some builds of a project that imports what it requires, none of which changed."""
        project = self._project("unchanged")
        with (project / "pyproject.toml").open("a") as settings:
            settings.write(f'base = "oci:{self.base}"\n')
        command = [sys.executable, "-m", "mlfn_cli", "build", "--target", "aws", "--json"]
        variables = {**os.environ, "MLFN_CACHE": str(self.directory / "cache")}

        def build_it() -> None:
            subprocess.check_output(command, cwd=project, env=variables, stderr=subprocess.DEVNULL)

        for _ in range(2):
            build_it()
        return sorted(timed(build_it)[0] for _ in range(ROUNDS))[ROUNDS // 2]

    def engines(self) -> Iterator[Row]:
        """The figures of the engines that are installed."""
        for name in ("buildah", "podman"):
            if shutil.which(name):
                yield self._engine(name)
            else:
                print(f"{name} is not installed (apt-get install {name})", file=sys.stderr)

    def _engine(self, name: str) -> Row:
        project, context = self._project(name), self.directory / f"{name}-context"
        engine = Engine(name, self.directory / f"{name}-store", self.base, self.installer)
        target = f"docker://{self.address.removeprefix('http://')}/{name}:v1"
        eject(planned(project, self.directory / "cache"), context)
        took, _ = measured(lambda: engine.build(context))
        push_s, _ = timed(lambda: engine.push(target))
        seconds, sent = [], 0
        for round_ in range(ROUNDS):
            write_model(project, self.requirements, factor=round_ + 500)
            shutil.copy(project / "app.py", context / "code" / "var" / "task" / "app.py")
            before = self._stored()
            seconds.append(timed(lambda: (engine.build(context), engine.push(target)))[0])
            sent = self._stored() - before
        engine.build(context, "--no-cache")
        last, again = engine.pushed_digest(target), engine.push(target)
        same = "yes" if last == again else "no"
        change = f"{sorted(seconds)[ROUNDS // 2]:.2f} s"
        return (name, took, f"{push_s:.1f} s", change, f"{sent:,} B", same)

    def _project(self, name: str) -> Path:
        project = new_project(self.directory / name, self.requirements)
        (project / "base.json").write_text(json.dumps(f"oci:{self.base}"))
        return project

    def _changed(self, project: Path, action: Callable[[], int]) -> tuple[float, int]:
        """Seconds in the middle, and bytes uploaded last, of some rounds with one line changed before each."""
        seconds, sent = [], 0
        for _ in range(ROUNDS):
            write_model(project, self.requirements, factor=int.from_bytes(os.urandom(4), "big"))
            took, sent = timed(action)
            seconds.append(took)
        return sorted(seconds)[ROUNDS // 2], sent

    def _command(self, project: Path, cache: Path) -> int:
        options = ["--once", str(project), "--cache", str(cache), "--registry", self.address]
        return int(subprocess.check_output([sys.executable, __file__, *options]))

    def _same(self, image: Any, again: Any) -> str:
        return "yes" if image.digest == again.digest else "no"

    def _stored(self) -> int:
        """How many bytes of blobs the registry has."""
        return sum(path.stat().st_size for path in (self.directory / "registry").rglob("blobs/**/data"))


class Engine:
    """buildah or podman, with a store of its own."""

    def __init__(self, program: str, store: Path, base: Path, installer: Path) -> None:
        self.program = program
        self.store = store
        store.mkdir()
        for name, layout in (("base", base), ("installer", installer)):
            (store / name).symlink_to(layout)  # engines make a name of the path, in which a hidden directory may not be
        (store / "containers.conf").write_text(CONTAINERS)
        (store / "storage.conf").write_text(STORAGE.format(store))
        own = {"CONTAINERS_CONF": store / "containers.conf", "CONTAINERS_STORAGE_CONF": store / "storage.conf"}
        self.environment = {**os.environ, **{name: str(path) for name, path in own.items()}}
        self.options = ["--layers", "--network=host", "--quiet", "-t", "bench"]
        self.options += ["--build-arg", f"BASE=oci:{store}/base"]
        self.options += ["--build-arg", f"INSTALLER=oci:{store}/installer"]
        if CERTIFICATES.exists():  # where TLS is intercepted, pip has to trust what this machine trusts
            self.options += ["-v", f"{CERTIFICATES}:{CERTIFICATES}:ro"]
        if program == "buildah":
            self.options += ["--isolation=chroot"]

    def build(self, context: Path, *options: str) -> None:
        """Build the context's image."""
        self._run("bud" if self.program == "buildah" else "build", *self.options, *options, str(context))

    def push(self, target: str) -> str:
        """Push it; its digest in the registry."""
        self._run("push", "--tls-verify=false", "--quiet", "bench", target)
        return self.pushed_digest(target)

    def pushed_digest(self, target: str) -> str:
        """What the registry has under the tag."""
        command = ["skopeo", "inspect", "--tls-verify=false", "--format", "{{.Digest}}", target]
        return subprocess.check_output(command, text=True).strip()

    def _run(self, *arguments: str) -> None:
        command = [self.program, *arguments]
        done = subprocess.run(command, env=self.environment, capture_output=True, text=True, check=False)
        if done.returncode != 0:
            sys.exit(f"{' '.join(command)}:\n{done.stderr}")


if __name__ == "__main__":
    main()
