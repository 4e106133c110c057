"""The standard library of a base image: its source files that have no byte code."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from mlfn_engine.base_images.layer_entries import hidden, inner_path, layer_entries
from mlfn_engine.images.bytecode import pyc_path
from mlfn_engine.values import PlannedFile

if TYPE_CHECKING:
    import tarfile
    from collections.abc import Sequence

    from mlfn_engine.values import BaseImage

_SOURCE_LIMIT = 8 << 20
_NEVER_IMPORTED = frozenset({"site-packages", "dist-packages", "test", "tests", "idlelib", "turtledemo", "lib2to3"})


def uncompiled(base: BaseImage, blobs: Sequence[Path], directory: Path) -> list[PlannedFile]:
    """The standard library's modules without byte code, written below `directory`."""
    found = _Sources(str(library_path(base)), directory)
    for blob in blobs:
        with layer_entries(blob, base.reference) as entries:
            for member, archive in entries:
                found.add(member, archive)
    return [
        PlannedFile(path=path, source=source)
        for path, source in sorted(found.sources.items())
        if pyc_path(path) not in found.compiled
    ]


def library_path(base: BaseImage) -> PurePosixPath:
    """Where in the image its standard library is, without a leading slash."""
    return PurePosixPath(base.interpreter).parents[1].relative_to("/") / "lib" / f"python{base.python}"


@dataclass(slots=True)
class _Sources:
    library: str
    directory: Path
    sources: dict[str, Path] = field(default_factory=dict)
    compiled: set[str] = field(default_factory=set)

    def add(self, member: tarfile.TarInfo, archive: tarfile.TarFile) -> None:
        path = inner_path(member.name)
        if (gone := hidden(path)) is not None:
            for name in [name for name in self.sources if f"{name}/".startswith(f"{gone[0]}/")]:
                del self.sources[name]
        elif not path.startswith(f"{self.library}/") or not member.isreg():
            return
        elif path.endswith(".pyc"):
            self.compiled.add(path)
        elif path.endswith(".py") and member.size < _SOURCE_LIMIT and not _NEVER_IMPORTED & set(path.split("/")):
            file = archive.extractfile(member)
            target = self.directory / f"{len(self.sources)}" / PurePosixPath(path).name
            target.parent.mkdir()
            target.write_bytes(file.read() if file else b"")
            self.sources[path] = target
