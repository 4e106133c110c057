"""Locked requirements, installed for the platform as files of a layer: nothing of the host in them, nothing run."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from mlfn.errors import BuildError
from mlfn_engine import bytecode
from mlfn_engine.platforms import running_python
from mlfn_engine.uv import platform_options, run_uv
from mlfn_engine.values import PlannedFile

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mlfn_engine.values import Platform, RequirementsLayer

_HOST_FILES = frozenset({"RECORD", "INSTALLER", "REQUESTED", "direct_url.json", "uv_cache.json", "uv_build.json"})
"""Files of a .dist-info that tell of the installation, not of the package."""

_HOST_DIRECTORIES = frozenset({"bin", "__pycache__"})
_IMPORTS_TESTS = re.compile(rb"^\s*(?:from|import)\s+[\w.]*\btests\b", re.M)


def installed(layer: RequirementsLayer, platform: Platform, directory: Path) -> list[PlannedFile]:
    """The layer's files, installed below an empty directory.

    Raises:
        DependencyError: a locked file cannot be had, or is not the one that was locked.
    """
    tree = directory / "tree"
    _install(layer.lock, platform, directory, tree)
    kept = [path for path in sorted(_files(tree)) if not _is_test(tree, path)]
    files = [
        PlannedFile(path=f"{layer.prefix}/{path.as_posix()}", source=tree / path, mode=_mode(tree / path))
        for path in kept
    ]
    return [*files, *_compiled(files)] if platform.python == running_python() else files


def _install(lock: str, platform: Platform, directory: Path, tree: Path) -> None:
    locked = directory / "requirements.txt"
    locked.write_text(lock, encoding="utf-8")
    options = ["--require-hashes", "--no-deps", "--link-mode", "copy", "--no-compile-bytecode", "--quiet"]
    arguments = ["pip", "install", "--target", str(tree), "-r", str(locked), *options]
    run_uv([*arguments, *platform_options(platform)], root=directory, platform=platform)


def _files(tree: Path) -> Iterator[Path]:
    """What is the package's own. `.pyi` files stay: lazy_loader reads them at run time."""
    for folder, names, files in os.walk(tree):
        here = Path(folder).relative_to(tree)
        names[:] = [name for name in names if name not in _HOST_DIRECTORIES or (name == "bin" and here.parts)]
        skipped = _HOST_FILES if here.name.endswith(".dist-info") else frozenset({".lock"})
        yield from (here / name for name in files if name not in skipped and not name.endswith(".pyc"))


def _is_test(tree: Path, path: Path) -> bool:
    """A package's `tests` directories are left out, unless the package imports them itself."""
    if "tests" not in path.parts[1:-1]:
        return False
    return not _imports_its_tests(tree, path.parts[0])


def _imports_its_tests(tree: Path, package: str) -> bool:
    key = (tree, package)
    if key not in _ASKED:
        sources = (path for path in (tree / package).rglob("*.py") if "tests" not in path.relative_to(tree).parts)
        _ASKED[key] = any(_IMPORTS_TESTS.search(path.read_bytes()) for path in sources)
    return _ASKED[key]


_ASKED: dict[tuple[Path, str], bool] = {}


def _mode(path: Path) -> int:
    return 0o755 if path.stat().st_mode & 0o100 else 0o644


def _compiled(files: list[PlannedFile]) -> list[PlannedFile]:
    """Byte code beside every source file, made by as many interpreters as there are cores."""
    pairs = [
        (file, PlannedFile(path=bytecode.pyc_path(file.path), source=Path(bytecode.pyc_path(str(file.source)))))
        for file in files
        if file.path.endswith(".py")
    ]
    _compile([[str(source.source), f"/{source.path}", str(target.source)] for source, target in pairs])
    return [target for _, target in pairs if isinstance(target.source, Path) and target.source.exists()]


def _compile(jobs: list[list[str]]) -> None:
    count = os.cpu_count() or 1
    command = [sys.executable, "-I", bytecode.__file__]
    workers = [
        subprocess.Popen(command, stdin=subprocess.PIPE, stderr=subprocess.PIPE, text=True) for _ in range(count)
    ]
    for number, worker in enumerate(workers):
        assert worker.stdin is not None  # noqa: S101  asked for above
        worker.stdin.write("".join(json.dumps(job) + "\n" for job in jobs[number::count]))
        worker.stdin.close()
    for worker in workers:
        assert worker.stderr is not None  # noqa: S101  asked for above
        message = worker.stderr.read()
        if worker.wait() != 0:
            raise BuildError(
                f"The requirements could not be compiled: {message.strip().splitlines()[-1]}.", hint="Build again."
            )
