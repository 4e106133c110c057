"""Our own packages as a layer of an image: source and byte code, the same from a checkout and from the wheel."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from mlfn_engine.images.bytecode_cache import BytecodeCache
from mlfn_engine.images.values import BytecodeLayer, FilesLayer, PlannedFile
from mlfn_engine.platforms import running_python

if TYPE_CHECKING:
    from types import ModuleType

    from mlfn_engine.images.values import BaseImage, BasePackage, Platform

RUNTIME = "opt/mlfn"


def package_layer(packages: tuple[ModuleType, ...], platform: Platform, cache: Path) -> FilesLayer:
    """The layer of the image that holds these packages whole."""
    files = [file for package in packages for file in _files(package)]
    return FilesLayer(name="runtime", files=with_bytecode(files, platform, cache))


def with_bytecode(files: list[PlannedFile], platform: Platform, cache: Path) -> tuple[PlannedFile, ...]:
    """Files, and byte code beside every source file where ours is the platform's Python."""
    if not compiles_for(platform):
        return tuple(files)
    bytecode = BytecodeCache(cache)
    compiled = [found for file in files if file.path.endswith(".py") and (found := bytecode.compiled(file))]
    return (*files, *compiled)


def base_bytecode(base: BaseImage | None, packages: tuple[BasePackage, ...] = ()) -> tuple[BytecodeLayer, ...]:
    """Byte code for the base's standard library, and these packages of it, where it has none and we can make it."""
    if base is None or base.python != running_python():
        return ()
    own = (BytecodeLayer(name="bytecode", base=base),)
    return (*own, BytecodeLayer(name="base packages", base=base, packages=packages)) if packages else own


def compiles_for(platform: Platform) -> bool:
    """Byte code is made by an interpreter of the target's minor version, which is ours or none."""
    return platform.python == running_python()


def _files(package: ModuleType) -> list[PlannedFile]:
    folder = Path(str(package.__file__)).parent
    sources = sorted(path for path in folder.rglob("*") if path.suffix == ".py" or path.name == "py.typed")
    return [
        PlannedFile(path=f"{RUNTIME}/{folder.name}/{path.relative_to(folder).as_posix()}", source=path.read_bytes())
        for path in sources
    ]
