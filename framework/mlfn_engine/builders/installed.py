"""Locked requirements, installed for the platform as files of a layer: nothing of the host in them, nothing run."""

from __future__ import annotations

import os
import re
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from mlfn_engine.builders.base_links import links_to_base
from mlfn_engine.builders.compiling import compiled
from mlfn_engine.builders.distributions import owner, owners
from mlfn_engine.builders.shared_libraries import check_libraries
from mlfn_engine.dependencies import pip
from mlfn_engine.dependencies.requirements import locked_packages, without
from mlfn_engine.dependencies.uv import has_uv, platform_options, run_uv
from mlfn_engine.images.values import PlannedFile
from mlfn_engine.platforms import running_python

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mlfn_engine.images.values import Platform, RequirementsLayer

_HOST_FILES = frozenset({"RECORD", "INSTALLER", "REQUESTED", "direct_url.json", "uv_cache.json", "uv_build.json"})
"""Files of a .dist-info that tell of the installation, not of the package."""

_HOST_DIRECTORIES = frozenset({"bin", "__pycache__"})
_IMPORTS_TESTS = re.compile(rb"^\s*(?:from|import)\s+[\w.]*\btests\b", re.M)
_READS_STUBS = re.compile(rb"\battach_stub\b")
"""lazy_loader reads a package's stubs at run time (scikit-image)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Installed:
    """What locked requirements come to."""

    files: list[PlannedFile]
    sizes: dict[str, int]
    """`name version` of each package → bytes, unpacked."""


def installed(layer: RequirementsLayer, platform: Platform, directory: Path) -> Installed:
    """The layer's files, installed below an empty directory.

    Raises:
        DependencyError: a locked file cannot be had, is not the one that was locked, or the image could not load it.
    """
    tree = directory / "tree"
    _install(without(layer.lock, {each.name for each in layer.lent}), platform, directory, tree)
    owned = owners(tree)
    kept = [path for path in _kept(tree) if not (layer.omit and re.match(layer.omit, path.as_posix()))]
    check_libraries(tree, kept, platform, owned)
    files = [
        PlannedFile(path=f"{layer.prefix}/{path.as_posix()}", source=tree / path, mode=_mode(tree / path))
        for path in kept
    ]
    files += links_to_base(layer, platform, {path.parts[0] for path in kept})
    if platform.python == running_python():
        files += compiled(files, directory)
    return Installed(files=files, sizes=_sizes(files, layer.prefix, owned))


def _sizes(files: list[PlannedFile], prefix: str, owned: dict[str, str]) -> dict[str, int]:
    sizes: Counter[str] = Counter()
    for file in files:
        if not isinstance(file.source, bytes):
            sizes[owner(file.path.removeprefix(f"{prefix}/"), owned)] += file.source.stat().st_size
    return dict(sizes)


def _install(lock: str, platform: Platform, directory: Path, tree: Path) -> None:
    if not locked_packages(lock):
        tree.mkdir()
        return
    locked = directory / "requirements.txt"
    locked.write_text(lock, encoding="utf-8")
    if not has_uv():
        pip.install(locked, platform, directory, tree)
        return
    options = ["--require-hashes", "--no-deps", "--link-mode", "copy", "--no-compile-bytecode", "--quiet"]
    arguments = ["pip", "install", "--target", str(tree), "-r", str(locked), *options]
    run_uv([*arguments, *platform_options(platform)], root=directory, platform=platform)


def _files(tree: Path) -> Iterator[Path]:
    """What is the package's own."""
    for folder, names, files in os.walk(tree):
        here = Path(folder).relative_to(tree)
        names[:] = [name for name in names if name not in _HOST_DIRECTORIES or (name == "bin" and here.parts)]
        skipped = _HOST_FILES if here.name.endswith(".dist-info") else frozenset({".lock"})
        yield from (here / name for name in files if name not in skipped and not name.endswith(".pyc"))


def _kept(tree: Path) -> list[Path]:
    """A package's tests and stubs are left out, unless the package imports or reads them itself."""
    paths = sorted(_files(tree))
    tested = {path.parts[0] for path in paths if _is_test(path)}
    stubbed = {path.parts[0] for path in paths if path.suffix == ".pyi"}
    needed = {package for package in tested if _says(tree, package, _IMPORTS_TESTS)}
    read = {package for package in stubbed if _says(tree, package, _READS_STUBS)}
    return [
        path
        for path in paths
        if (not _is_test(path) or path.parts[0] in needed) and (path.suffix != ".pyi" or path.parts[0] in read)
    ]


def _is_test(path: Path) -> bool:
    return "tests" in path.parts[1:-1]


def _says(tree: Path, package: str, what: re.Pattern[bytes]) -> bool:
    sources = (path for path in (tree / package).rglob("*.py") if not _is_test(path.relative_to(tree)))
    return any(what.search(path.read_bytes()) for path in sources)


def _mode(path: Path) -> int:
    return 0o755 if path.stat().st_mode & 0o100 else 0o644
