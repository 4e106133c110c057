"""Byte code of planned files, made once for each content."""

from __future__ import annotations

import hashlib
import importlib.util
from dataclasses import dataclass
from typing import TYPE_CHECKING

from mlfn_engine.cache import write
from mlfn_engine.images.bytecode import compiled, pyc_path
from mlfn_engine.images.values import PlannedFile

if TYPE_CHECKING:
    from pathlib import Path

_FORMAT = b"2"
"""Counts up whenever the same source begins to give other byte code."""


@dataclass(frozen=True, slots=True)
class BytecodeCache:
    """Compiles source files, or finds what it compiled before."""

    cache: Path

    def compiled(self, file: PlannedFile) -> PlannedFile | None:
        """The `.pyc` beside a planned source file; None where it has a syntax error."""
        source = file.source if isinstance(file.source, bytes) else file.source.read_bytes()
        key = hashlib.sha256(b"\0".join((_FORMAT, importlib.util.MAGIC_NUMBER, file.path.encode(), source))).hexdigest()
        kept = self.cache / "bytecode" / key[:2] / key
        if kept.is_file():
            return PlannedFile(path=pyc_path(file.path), source=kept.read_bytes())
        content = compiled(source, f"/{file.path}")
        if content is None:
            return None
        write(kept, content)
        return PlannedFile(path=pyc_path(file.path), source=content)
