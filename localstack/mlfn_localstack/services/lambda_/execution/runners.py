"""Which runner functions get: the one asked for by name, or the strictest that works on this machine."""

from __future__ import annotations

import logging
import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from mlfn_localstack.services.lambda_.execution.bwrap import find_bwrap
from mlfn_localstack.services.lambda_.execution.container_choice import find_engine
from mlfn_localstack.services.lambda_.execution.runner import ProcessRunner, Runner, RunnerUnavailableError
from mlfn_localstack.services.lambda_.execution.zygote import ZygoteRunner

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

logger = logging.getLogger(__name__)

DEFAULT = "process"
_CONTAINERS = "containers: read-only root, own /tmp, processes and memory; the machine's network"
AUTO = "auto"


@dataclass(frozen=True, slots=True, kw_only=True)
class Selection:
    """A runner, and what to say of it."""

    name: str
    runner: Runner
    isolation: str
    mounted: bool = False
    """Whether it gives environments a root of their own."""


def _process(_state_dir: Path) -> Selection:
    isolation = "none: functions share the emulator's account and network; this is no security boundary"
    return Selection(name="process", runner=ProcessRunner(), isolation=isolation)


def _bwrap(state_dir: Path) -> Selection:
    isolation = "namespaces: read-only root, own /tmp and processes, no network but the emulator"
    return Selection(name="bwrap", runner=find_bwrap(state_dir), isolation=isolation, mounted=True)


def _podman(state_dir: Path) -> Selection:
    return Selection(name="podman", runner=find_engine("podman", state_dir), isolation=_CONTAINERS, mounted=True)


def _docker(state_dir: Path) -> Selection:
    return Selection(name="docker", runner=find_engine("docker", state_dir), isolation=_CONTAINERS, mounted=True)


def _zygote(_state_dir: Path) -> Selection:
    if not hasattr(os, "pidfd_open") or not Path("/proc/thread-self/children").exists():
        raise RunnerUnavailableError("Forking environments takes Linux with /proc/thread-self/children.")
    isolation = "none: as with the process runner; Python programs are forked with their packages imported"
    return Selection(name="zygote", runner=ZygoteRunner(), isolation=isolation)


_RUNNERS: Mapping[str, Callable[[Path], Selection]] = {
    "bwrap": _bwrap,
    "podman": _podman,
    "docker": _docker,
    "process": _process,
    "zygote": _zygote,
}
"""By name, the strictest first: the order in which `auto` tries them."""
CHOICES = (AUTO, *_RUNNERS)


def choose(name: str, state_dir: Path) -> Selection:
    """The runner of this name; a stricter one is never replaced by a weaker one unless `auto` asks for what there is.

    Raises:
        RunnerUnavailableError: there is no such runner, or it does not work on this machine.
    """
    if name == AUTO:
        return _strictest(state_dir)
    if name not in _RUNNERS:
        raise RunnerUnavailableError(f"There is no runner {name!r}; there are {', '.join(CHOICES)}.")
    return _RUNNERS[name](state_dir)


def _strictest(state_dir: Path) -> Selection:
    for name, make in _RUNNERS.items():
        try:
            return make(state_dir)
        except RunnerUnavailableError as error:
            logger.info("The runner %s is not used: %s", name, error)
    raise RunnerUnavailableError("No runner works on this machine.")
