"""One tree from unpacked layers, in milliseconds: what a single layer holds is linked, the rest is merged.

https://github.com/opencontainers/image-spec/blob/main/layer.md: "Whiteouts"
"""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from mlfn_localstack.services.lambda_.execution.unpack import OPAQUE, WHITEOUT

Share = Callable[[Path, Path], None]
"""Lets a directory of the tree (second) show one of a layer (first)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LayerTree:
    """An unpacked layer; `open_directories` must not be shared, as they need the layers below or beside them."""

    root: Path
    open_directories: frozenset[PurePosixPath]


@dataclass(frozen=True, slots=True, kw_only=True)
class Composition:
    """How a tree is put together: directories of a single layer by `share`, but for top-level ones and `merged`."""

    share: Share
    merged: frozenset[PurePosixPath] = frozenset()

    def compose(self, layers: Sequence[LayerTree], target: Path) -> None:
        """Fill the empty directory `target` with what the layers, lowest first, are together."""
        self._merge(layers, PurePosixPath(), target)

    def _merge(self, layers: Sequence[LayerTree], path: PurePosixPath, target: Path) -> None:
        for name, holders in sorted(_visible(layers, path).items()):
            below, top = path / name, holders[-1]
            directories = _directories_on_top(holders, below)
            if not directories:
                _link_file(top.root / below, target / name)
            elif path.parts and len(directories) == 1 and below not in top.open_directories | self.merged:
                self.share((top.root / below).resolve(), target / name)
            else:
                (target / name).mkdir()
                self._merge(directories, below, target / name)
        target.chmod(0o555)


def share_by_link(source: Path, target: Path) -> None:
    """A symbolic link, relative, so that all of it can be moved."""
    target.symlink_to(os.path.relpath(source, target.parent))


def share_by_hard_links(source: Path, target: Path) -> None:
    """A tree of directories whose files are those of the other: for who must not meet links out of it."""
    target.mkdir()
    with os.scandir(source) as entries:
        for entry in entries:
            if entry.is_dir(follow_symlinks=False):
                share_by_hard_links(Path(entry), target / entry.name)
            else:
                _link_file(Path(entry), target / entry.name)
    target.chmod(0o555)


def _visible(layers: Sequence[LayerTree], path: PurePosixPath) -> dict[str, list[LayerTree]]:
    """The names in a directory, and which layers have each, lowest first."""
    holders: dict[str, list[LayerTree]] = {}
    for layer in layers:
        names = os.listdir(layer.root / path)  # noqa: PTH208 - names, not paths
        if OPAQUE in names:
            holders.clear()
        for name in names:
            if name.startswith(WHITEOUT):
                holders.pop(name.removeprefix(WHITEOUT), None)
        for name in names:
            if not name.startswith(WHITEOUT):
                holders.setdefault(name, []).append(layer)
    return holders


def _directories_on_top(holders: list[LayerTree], path: PurePosixPath) -> list[LayerTree]:
    """The layers whose directories make up this one: none if a file or link is on top."""
    found: list[LayerTree] = []
    for layer in reversed(holders):
        candidate = layer.root / path
        if candidate.is_symlink() or not candidate.is_dir():
            break
        found.insert(0, layer)
    return found


def _link_file(source: Path, target: Path) -> None:
    if source.is_symlink():
        target.symlink_to(source.readlink())
    else:
        target.hardlink_to(source)
