"""The last build of a project, and what it was made from: as long as that is as it was, so is the build."""

from __future__ import annotations

import json
import os
import sys
import time
import zlib
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mlfn_engine.cache import write
from mlfn_engine.canonical import canonical, digest
from mlfn_engine.fingerprint import SECOND, Signature, fingerprint, settled, signature

if TYPE_CHECKING:
    from collections.abc import Iterable

    from mlfn_engine.unchanged.reading import Reading

FORMAT = 2
RELIABLE = os.name == "posix"
"""Elsewhere nothing tells a file's last change from its creation: every build looks at everything."""
_PASSING = frozenset({"_", "PWD", "OLDPWD", "SHLVL", "COLUMNS", "LINES"})
"""Variables that a shell changes between two commands."""
_STARTUP_NS = 5 * SECOND
"""Longer than the start of a command: what was imported by then may have been read that much earlier."""
_UNREAL = ("/proc/", "/sys/", "/dev/")


class BuildRecord:
    """What is known of the last build of a project with some settings: made before the build begins."""

    def __init__(self, project: Path, cache: Path, *settings: str) -> None:
        self._project = project
        self._cache = cache
        self._path = cache / "builds" / f"{_key(project, settings)}.json"
        self._started_ns = time.time_ns()

    def known(self) -> list[Any] | None:
        """The results of the last build, if a build now would read the same; else None."""
        if not RELIABLE or not self._path.is_file():
            return None
        kept = json.loads(self._path.read_bytes())
        same = fingerprint(map(signature, kept["inputs"])) == kept["fingerprint"]
        results: list[Any] = kept["results"]
        return results if same and all(map(os.path.exists, kept["locks"])) else None

    def keep(self, reading: Reading, imported: set[str], sources: Iterable[Path], results: list[Any]) -> bool:
        """Remember a build, unless something it read has changed since it began, or just before.

        Args:
            reading: what was opened while it was planned.
            imported: the files of modules that were imported before.
            sources: files that it took, although perhaps without opening them.
            results: what `known` gives again.
        """
        cached = {path for path in reading.paths if Path(path).is_relative_to(self._cache)}
        inputs = {path: signature(path) for path in sorted(self._inputs(reading, imported, sources) - cached)}
        vanished = any(found is None and reading.was_there(path) for path, found in inputs.items())
        if not RELIABLE or vanished or not self._settled(inputs, imported):
            return False
        record = {
            "inputs": list(inputs),
            "fingerprint": fingerprint(inputs.values()),
            "locks": sorted(path for path in cached if Path(path).parent == self._cache / "locks"),
            "results": results,
        }
        write(self._path, canonical(record).encode(errors="surrogatepass"))
        return True

    def _inputs(self, reading: Reading, imported: set[str], sources: Iterable[Path]) -> set[str]:
        from mlfn_engine.projects.project_files import directories  # noqa: PLC0415  not where nothing has changed
        from mlfn_engine.unchanged.reading import imported_files  # noqa: PLC0415

        modules = imported_files() | imported
        read = {path for path in reading.paths if not path.endswith(".pyc") and not path.startswith(_UNREAL)}
        above = (folder / "pyproject.toml" for folder in (self._project, *self._project.parents))
        paths = map(str, (*above, *sources, *directories(self._project)))
        return {*read, *modules, *map(os.path.dirname, modules), *map(os.path.abspath, sys.path), *paths}

    def _settled(self, inputs: dict[str, Signature], imported: set[str]) -> bool:
        early_ns = self._started_ns - _STARTUP_NS
        times = ((found, early_ns if path in imported else self._started_ns) for path, found in inputs.items())
        return all(settled(found, before_ns) for found, before_ns in times)


def _key(project: Path, settings: tuple[str, ...]) -> str:
    """Everything that decides what a build reads and gives, but for files."""
    variables = sorted((name, value) for name, value in os.environ.items() if name not in _PASSING)
    interpreter = [sys.executable, sys.version, sys.path, list(sys.flags), zlib.ZLIB_RUNTIME_VERSION]
    return digest(json.dumps([FORMAT, settings, variables, interpreter, str(project), str(Path.cwd())]))
