"""Which package each installed file belongs to."""

from __future__ import annotations

import csv
from pathlib import Path, PurePosixPath

UNKNOWN = "(no package)"


def owners(tree: Path) -> dict[str, str]:
    """Path below an installation → `name version` of its package, as the packages' RECORD files say."""
    found: dict[str, str] = {}
    for record in sorted(tree.glob("*.dist-info/RECORD")):
        name, _, version = record.parent.name.removesuffix(".dist-info").partition("-")
        with record.open(encoding="utf-8", newline="") as rows:
            found |= {PurePosixPath(row[0]).as_posix(): f"{name} {version}" for row in csv.reader(rows) if row}
    return found


def owner(path: str, owned: dict[str, str]) -> str:
    """The package of a file; of byte code, that of its source."""
    if "/__pycache__/" in f"/{path}":
        directory, _, name = f"/{path}".rpartition("/__pycache__/")
        path = f"{directory}/{name.split('.')[0]}.py".lstrip("/")
    return owned.get(path, UNKNOWN)
