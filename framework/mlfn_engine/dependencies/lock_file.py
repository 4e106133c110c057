"""`mlfn.lock`: the base images and requirements that a project was locked to, for its version control."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from mlfn.errors import BuildError
from mlfn_engine.images.values import BaseImage, BasePackage

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

LOCK_FILE = "mlfn.lock"
_FORMAT = 1
_BASE_FIELDS = ("reference", "digest", "python", "interpreter", "glibc")


@dataclass(frozen=True, slots=True, kw_only=True)
class Pins:
    """What a lock file holds."""

    bases: Mapping[str, Mapping[str, str]]
    """Architecture → what is known of its base image."""
    packages: Mapping[str, tuple[BasePackage, ...]]
    """Architecture → the Python packages that its base image has."""
    requirements: Mapping[str, str]
    """Key of what was asked for → requirements.txt with hashes."""

    def base(self, architecture: str, location: str | None) -> BaseImage | None:
        """The base image for a processor; `location` says where a layout on this machine is."""
        found = self.bases.get(architecture)
        if found is None:
            return None
        packages = self.packages.get(architecture, ())
        return BaseImage(**found, location=location or found["reference"], packages=packages)


NOTHING = Pins(bases={}, packages={}, requirements={})


def read_pins(root: Path) -> Pins:
    """What the project at `root` is locked to.

    Raises:
        BuildError: the lock file is damaged, or of another mlfn.
    """
    path = root / LOCK_FILE
    if not path.is_file():
        return NOTHING
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
        if document["mlfn-lock"] != _FORMAT:
            raise ValueError(f"format {document['mlfn-lock']}")
        bases = {key: {name: str(base[name]) for name in _BASE_FIELDS} for key, base in document["bases"].items()}
        packages = {key: _packages(base.get("packages", {})) for key, base in document["bases"].items()}
        requirements = {key: "\n".join(entry["lock"]) + "\n" for key, entry in document["requirements"].items()}
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise BuildError(f"{path} cannot be read as a lock file: {error}.", hint="Make it anew: mlfn lock.") from error
    return Pins(bases=bases, packages=packages, requirements=requirements)


def _packages(entries: dict[str, dict[str, Any]]) -> tuple[BasePackage, ...]:
    return tuple(
        BasePackage(
            name=name,
            version=str(entry["version"]),
            directory=str(entry["directory"]),
            tops=tuple(map(str, entry["tops"])),
            needs=tuple(map(str, entry["needs"])),
        )
        for name, entry in sorted(entries.items())
    )


def _pinned(base: BaseImage) -> dict[str, Any]:
    known: dict[str, Any] = {name: getattr(base, name) for name in _BASE_FIELDS}
    entries = {each.name: {**asdict(each)} for each in base.packages}
    for entry in entries.values():
        del entry["name"]
    return {**known, "packages": entries} if entries else known


def write_pins(root: Path, bases: Mapping[str, BaseImage], locks: Mapping[str, tuple[str, str]]) -> Path:
    """Write the lock file; `locks` maps keys to the platform and the text of a requirements lock."""
    document: dict[str, Any] = {
        "mlfn-lock": _FORMAT,
        "bases": {key: _pinned(base) for key, base in bases.items()},
        "requirements": {key: {"for": where, "lock": text.splitlines()} for key, (where, text) in locks.items()},
    }
    path = root / LOCK_FILE
    path.write_text(json.dumps(document, indent=2, sort_keys=True) + "\n", encoding="utf-8")
    return path
