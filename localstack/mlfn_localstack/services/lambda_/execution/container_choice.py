"""Whether a container engine works on this machine, found by starting a container."""

from __future__ import annotations

import contextlib
import functools
import secrets
import shutil
import tempfile
from pathlib import Path

from mlfn_localstack.services.lambda_.execution.bare_root import bare_root
from mlfn_localstack.services.lambda_.execution.container_arguments import Container, run_arguments, variables_file
from mlfn_localstack.services.lambda_.execution.container_engine import LABEL, Engine, EngineError
from mlfn_localstack.services.lambda_.execution.container_images import EmptyImages
from mlfn_localstack.services.lambda_.execution.containers import ContainerRunner
from mlfn_localstack.services.lambda_.execution.root_view import view_of
from mlfn_localstack.services.lambda_.execution.runner import Launch, RunnerUnavailableError

_OPTIONS = {"podman": ((), ("--runtime=runc", "--cgroup-manager=cgroupfs")), "docker": ((),)}
"""Not every machine has systemd, or the control groups that podman's own choice of a runtime wants."""
_INITS = ("catatonit", "docker-init", "tini-static")
"""A first process for containers, as podman and docker have it themselves; it needs no libraries."""
_INSTALL = {
    "podman": "Debian, Ubuntu: apt-get install podman runc catatonit",
    "docker": "https://docs.docker.com/engine/install/",
}
_ETC = {"hostname": "lambda\n", "nsswitch.conf": "passwd: files\ngroup: files\nhosts: files dns\n"}
"""Beside what other roots have: containers are on the machine's network, where names can be looked up."""


def find_engine(name: str, state_dir: Path) -> ContainerRunner:
    """A runner by this engine, tried out.

    Raises:
        RunnerUnavailableError: it is not installed, its daemon is not running, or containers cannot be used as needed.
    """
    program, init = shutil.which(name), next(filter(None, map(shutil.which, _INITS)), None)
    if program is None:
        raise RunnerUnavailableError(f"{name} is not installed ({_INSTALL[name]}).")
    if init is None:
        raise RunnerUnavailableError(
            f"{name} has no init here: none of {', '.join(_INITS)} (apt-get install catatonit)."
        )
    root = bare_root(state_dir / "container-root", state_dir / "interpreters", _ETC)
    return ContainerRunner(_working_engine(name, program, init), init, root, state_dir)


@functools.cache
def _working_engine(name: str, program: str, init: str) -> Engine:
    """The engine with the options it needs; tried out once, since that takes a second."""
    problem = ""
    for options in _OPTIONS[name]:
        engine = Engine(name=name, program=program, options=options)
        with tempfile.TemporaryDirectory(prefix="mlfn-container-") as directory:
            problem = _problem(engine, init, Path(directory))
        if not problem:
            return engine
    raise RunnerUnavailableError(f"{name} does not work here: {problem}")


def _problem(engine: Engine, init: str, directory: Path) -> str:
    """Why a container cannot be started as functions are; empty if it can."""
    container = _trial(directory)
    container.variables_file.write_text(variables_file(container.launch))
    try:
        EmptyImages(engine).have(container.view)
        engine.run(*run_arguments(container, engine, init))
        return _elsewhere(int(engine.run("inspect", "--format={{.State.Pid}}", container.name)))
    except EngineError as error:
        return str(error)
    finally:
        with contextlib.suppress(EngineError):
            engine.remove_labelled(container.label.partition("=")[2])


def _trial(directory: Path) -> Container:
    launch = Launch(
        command=("/usr/bin/env", "sleep", "60"),
        environment={"PATH": "/usr/bin:/bin"},
        working_dir=Path("/"),
        scratch=directory,
        storage_mb=16,
    )
    view, token = view_of(launch, bare_root(directory / "etc", directory / "interpreters", _ETC)), secrets.token_hex(8)
    return Container(
        name=f"mlfn-localstack-trial-{token}",
        image=EmptyImages.name(view),
        label=f"{LABEL}=trial-{token}",
        launch=launch,
        view=view,
    )


def _elsewhere(pid: int) -> str:
    """Why a container that runs is of no use: it is not on this machine, such as in a virtual one."""
    try:
        network = Path(f"/proc/{pid}/ns/net").readlink()
    except PermissionError:
        return ""
    except OSError:
        return "its containers run on another machine."
    return "" if network == Path("/proc/self/ns/net").readlink() else "its containers do not get the machine's network."
