"""What a container engine is told: the root a function sees, its identity, its limits, its variables."""

from __future__ import annotations

import os
import resource
from dataclasses import dataclass
from typing import TYPE_CHECKING

from mlfn_localstack.services.lambda_.execution.bare_root import GROUP_ID, USER_ID
from mlfn_localstack.services.lambda_.execution.child import MAX_FILES

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from mlfn_localstack.services.lambda_.execution.container_engine import Engine
    from mlfn_localstack.services.lambda_.execution.root_view import RootView
    from mlfn_localstack.services.lambda_.execution.runner import Launch

MB = 1024 * 1024
_INIT = "/run/mlfn-localstack-init"
MAX_TASKS = 1024
"""Execution processes and threads of one environment (AWS Lambda quotas)."""
_USER_TASKS = 16_384
"""Of all containers together, as they have one user; without a number podman asks for more than some machines allow."""
_NOT_FOR_THE_ENGINE = ("BUILDAH", "CONTAINER", "DOCKER", "GO", "HOME", "LD_", "PATH", "PODMAN", "REGISTR", "TMP", "XDG")
"""How the names of variables begin that the engine itself would follow."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Container:
    """One that is to be started."""

    name: str
    image: str
    """The empty root that everything is mounted on."""
    label: str
    launch: Launch
    view: RootView

    @property
    def variables_file(self) -> Path:
        """What only the engine is to read: the function's variables."""
        return self.launch.scratch / "variables"

    @property
    def pid_file(self) -> Path:
        """Where podman writes the id of the container's first process."""
        return self.launch.scratch / "pid"


def run_arguments(container: Container, engine: Engine, init: str) -> Iterator[str]:
    """`run` with everything up to the command's end; `init` is the program that is to be the first process.

    It is mounted here and not by the engines' own --init: docker's lies in /sbin, where a function's root may cover it.
    """
    launch = container.launch
    yield from ("run", "--detach", f"--name={container.name}", f"--label={container.label}", "--pull=never")
    yield from ("--network=host", "--hostname=lambda", "--ipc=none")
    yield from ("--read-only", f"--tmpfs=/tmp:rw,exec,nosuid,nodev,size={launch.storage_mb * MB},mode=1777")
    yield from ("--cap-drop=all", "--security-opt=no-new-privileges", "--security-opt=label=disable")
    yield f"--user={_user(engine)}"
    yield from _limits(launch)
    if engine.name == "podman":
        yield from ("--uts=private", "--read-only-tmpfs=false", "--log-driver=passthrough", "--unsetenv-all")
        yield from ("--http-proxy=false", "--passwd=false", f"--pidfile={container.pid_file}")
    for mount in container.view.mounts:
        yield f"--volume={mount.source}:{mount.target}:ro"
    yield f"--volume={init}:{_INIT}:ro"
    yield f"--env-file={container.variables_file}"
    for name, value in launch.environment.items():
        if "\n" in value:
            yield f"--env={name}={value}" if name.startswith(_NOT_FOR_THE_ENGINE) else f"--env={name}"
    yield from (f"--workdir={launch.working_dir}", container.image, _INIT, "--", *launch.command)


def variables_file(launch: Launch) -> str:
    """The function's variables, as far as a line can hold each."""
    lines = (f"{name}={value}\n" for name, value in launch.environment.items() if "\n" not in value)
    return "".join(lines)


def engine_environment(launch: Launch) -> Mapping[str, str]:
    """The engine's own variables, and those of the function that take more than a line."""
    long = {name: value for name, value in launch.environment.items() if "\n" in value}
    return {
        **{name: value for name, value in long.items() if not name.startswith(_NOT_FOR_THE_ENGINE)},
        **os.environ,
    }


def _user(engine: Engine) -> str:
    """Lambda's; where that would be somebody whose processes are not ours to stop, ourselves."""
    if engine.name == "docker" and os.geteuid() != 0:
        return f"{os.geteuid()}:{os.getegid()}"
    return f"{USER_ID}:{GROUP_ID}"


def _limits(launch: Launch) -> Iterator[str]:
    # The kernel counts what is in /tmp as the container's memory, too; the emulator holds processes to their own limit.
    memory = (launch.memory_mb + launch.storage_mb) * MB
    yield from (f"--memory={memory}b", f"--memory-swap={memory}b", f"--pids-limit={MAX_TASKS}")
    storage, files = launch.storage_mb * MB, _at_most(MAX_FILES, resource.RLIMIT_NOFILE)
    tasks = _at_most(_USER_TASKS, resource.RLIMIT_NPROC)
    yield from (f"--ulimit=nofile={files}:{files}", f"--ulimit=nproc={tasks}:{tasks}")
    yield from ("--ulimit=core=0:0", f"--ulimit=fsize={storage}:{storage}")


def _at_most(wanted: int, limit: int) -> int:
    allowed = resource.getrlimit(limit)[1]
    return wanted if allowed == resource.RLIM_INFINITY else min(wanted, allowed)
