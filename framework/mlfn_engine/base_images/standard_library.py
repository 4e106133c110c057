"""The standard library of a base image, or packages of it: their source files that have no byte code."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from mlfn_engine.images.bytecode import pyc_path
from mlfn_engine.images.values import PlannedFile
from mlfn_engine.oci.layer_entries import Whiteouts, inner_path, layer_entries

if TYPE_CHECKING:
    import tarfile
    from collections.abc import Sequence

    from mlfn_engine.images.values import BaseImage, BasePackage

_SOURCE_LIMIT = 8 << 20
_NEVER_IMPORTED = frozenset({"site-packages", "dist-packages", "test", "tests", "idlelib", "turtledemo", "lib2to3"})


def uncompiled(
    base: BaseImage, packages: tuple[BasePackage, ...], blobs: Sequence[Path], directory: Path
) -> list[PlannedFile]:
    """The modules without byte code, written below `directory`: these packages', or the standard library's."""
    places = tuple(f"{each.directory}/{top}" for each in packages for top in each.tops) or (str(library_path(base)),)
    found = _Sources(places, directory)
    for number, blob in enumerate(blobs):
        hiding, upper = Whiteouts(), _Sources(places, directory / str(number))
        with layer_entries(blob, base.reference) as entries:
            for member, archive in entries:
                if not hiding.add(path := inner_path(member.name)):
                    upper.add(path, member, archive)
        found.sources = {**hiding.left(found.sources), **upper.sources}
        found.compiled = {**hiding.left(found.compiled), **upper.compiled}
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
    places: tuple[str, ...]
    directory: Path
    sources: dict[str, Path] = field(default_factory=dict)
    compiled: dict[str, bool] = field(default_factory=dict)

    def add(self, path: str, member: tarfile.TarInfo, archive: tarfile.TarFile) -> None:
        if not member.isreg():
            return
        if path.endswith(".pyc"):
            self.compiled[path] = True
        elif path.endswith(".py") and member.size < _SOURCE_LIMIT and self._wanted(path):
            file = archive.extractfile(member)
            target = self.directory / f"{len(self.sources)}" / "module.py"
            target.parent.mkdir(parents=True)
            target.write_bytes(file.read() if file else b"")
            self.sources[path] = target

    def _wanted(self, path: str) -> bool:
        below = (path[len(place) :] for place in self.places if f"{path}/".startswith(f"{place}/"))
        return any(not _NEVER_IMPORTED & set(inside.split("/")) for inside in below)
