"""The root that an environment sees: its whole image, or the machine's programs and its code."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from mlfn_localstack.services.lambda_.execution.bare_root import SYSTEM
from mlfn_localstack.services.lambda_.execution.runner import Launch, Mount

if TYPE_CHECKING:
    from mlfn_localstack.services.lambda_.execution.bare_root import BareRoot

_OWN = frozenset({"dev", "proc", "sys", "tmp"})
"""What an environment has of its own, whatever its image has there."""
_RESERVED = frozenset({*SYSTEM, *_OWN})
_MAX_STEPS = 400
"""Linux follows 40 links: path_resolution(7)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RootView:
    """Symbolic links with their targets, and what is mounted, read-only."""

    links: tuple[tuple[str, str], ...]
    mounts: tuple[Mount, ...]

    def outside(self, path: str) -> Path | None:
        """Where the machine has what is seen at `path`, its links followed as they are inside; None: nowhere."""
        reached, ahead = PurePosixPath("/"), list(PurePosixPath(path).parts[1:])
        for _ in range(_MAX_STEPS):
            if not ahead:
                return self._at(reached)
            part = ahead.pop(0)
            target = None if part == ".." else self._link(reached / part)
            if target is None:
                reached = reached.parent if part == ".." else reached / part
            else:
                reached = PurePosixPath("/") if target.is_absolute() else reached
                ahead = [*(each for each in target.parts if each != "/"), *ahead]
        return None

    def _link(self, path: PurePosixPath) -> PurePosixPath | None:
        for name, target in self.links:
            if name == str(path):
                return PurePosixPath(target)
        found = self._at(path)
        return PurePosixPath(found.readlink()) if found is not None and found.is_symlink() else None

    def _at(self, path: PurePosixPath) -> Path | None:
        for mount in reversed(self.mounts):
            if path.is_relative_to(mount.target):
                return mount.source / path.relative_to(mount.target)
        return None


def view_of(launch: Launch, bare: BareRoot) -> RootView:
    """What an environment sees."""
    if launch.root is not None:
        return _whole(launch.root)
    own = (mount for mount in launch.mounts if mount.target.split("/")[1] not in _RESERVED)
    mounts = (*bare.mounts(), *bare.interpreter_of(launch.command[0]), *own)
    return RootView(links=tuple(bare.links()), mounts=mounts)


def check_command(launch: Launch, view: RootView) -> None:
    """Refuse a program that is not there, which what starts it would only say in its output.

    Raises:
        FileNotFoundError: as Lambda words it.
    """
    program = launch.command[0]
    if "/" in program:
        places = [str(launch.working_dir / program)]
    else:
        places = [f"{directory}/{program}" for directory in launch.environment.get("PATH", "").split(":")]
    found = [place for place in map(view.outside, places) if place is not None and place.exists()]
    if not any(place.is_file() and os.access(place, os.X_OK) for place in found):
        raise FileNotFoundError(f"{program}: {'Permission denied' if found else 'No such file or directory'}")


def _whole(root: Path) -> RootView:
    entries = [path for path in sorted(root.iterdir()) if path.name not in {*_OWN, "run"}]
    links = tuple((f"/{path.name}", str(path.readlink())) for path in entries if path.is_symlink())
    mounts = tuple(Mount(source=path, target=f"/{path.name}") for path in entries if not path.is_symlink())
    return RootView(links=links, mounts=mounts)
