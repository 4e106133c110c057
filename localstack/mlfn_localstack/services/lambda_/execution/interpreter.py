"""The machine's Python for functions: the same interpreter the emulator runs on, without any of its site-packages."""

from __future__ import annotations

import re
import shutil
import sys
from pathlib import Path

from mlfn_localstack.services.lambda_ import errors

_PYTHON = re.compile(r"python(?:3(?:\.(?P<minor>\d+))?)?")


class Interpreters:
    """Bare interpreters below `root`: a virtual environment's marker keeps the machine's packages out."""

    def __init__(self, root: Path, shown_at: Path | None = None) -> None:
        self._root = root
        self._shown_at = shown_at or root

    def command(self, name: str) -> str | None:
        """The path that runs `name` (`python3.11`), or None if it names no Python.

        Raises:
            ServiceError: this machine has no such Python.
        """
        match = _PYTHON.fullmatch(name)
        if match is None:
            return None
        minor = int(match["minor"] or sys.version_info.minor)
        return str(self._shown_at / self._bare(minor).relative_to(self._root))

    def _bare(self, minor: int) -> Path:
        bare = self._root / f"python3.{minor}" / "bin" / f"python3.{minor}"
        base = self._base(minor)
        if not bare.exists() or bare.readlink() != base:
            bare.parent.mkdir(parents=True, exist_ok=True)
            bare.unlink(missing_ok=True)
            marker = f"home = {base.parent}\ninclude-system-site-packages = false\n"
            (bare.parent.parent / "pyvenv.cfg").write_text(marker)
            bare.symlink_to(base)
        return bare

    def _base(self, minor: int) -> Path:
        if minor == sys.version_info.minor:
            return Path(getattr(sys, "_base_executable", None) or sys.executable).resolve()
        found = shutil.which(f"python3.{minor}")
        if found is None:
            running = f"3.{sys.version_info.minor}"
            message = (
                f"it needs Python 3.{minor}, which is not on this machine's PATH (the emulator runs on {running})."
            )
            raise errors.invalid_image(message)
        return Path(found).resolve()
