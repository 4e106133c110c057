"""The packages that are really in an image's layers."""

from __future__ import annotations

import re
from dataclasses import dataclass
from email.parser import HeaderParser
from enum import StrEnum
from typing import TYPE_CHECKING

from mlfn.errors import BuildError
from mlfn_engine.dependencies.requirements import locked_packages, normalized
from mlfn_engine.oci.layer_entries import inner_path, layer_entries

if TYPE_CHECKING:
    from collections.abc import Iterator
    from email.message import Message
    from pathlib import Path

_PYTHON = re.compile(r"(?:.*/)?[^/]+\.dist-info/METADATA")
_DEBIAN = re.compile(r"var/lib/dpkg/(status|status\.d/[^/]+)")
_LIMIT = 16 << 20


class Ecosystem(StrEnum):
    """Where a package comes from, in the words of package URLs."""

    PYPI = "pypi"
    DEBIAN = "deb"


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class Package:
    """An installed package."""

    ecosystem: Ecosystem
    name: str
    version: str
    licence: str = ""


def packages_in(blob: Path, name: str) -> tuple[Package, ...]:
    """The packages whose records a layer holds."""
    found: set[Package] = set()
    with layer_entries(blob, name) as entries:
        for member, archive in entries:
            path = inner_path(member.name)
            kind = _python if _PYTHON.fullmatch(path) else _debian if _DEBIAN.fullmatch(path) else None
            if kind and member.isreg() and member.size < _LIMIT and (file := archive.extractfile(member)):
                found.update(kind(file.read().decode("utf-8", "replace")))
    return tuple(sorted(found))


def check_locked(packages: tuple[Package, ...], lock: str, function: str) -> None:
    """Hold a requirements layer to its lock.

    Raises:
        BuildError: it has a package that the lock does not name, or in another version.
    """
    locked = {(normalized(name), version) for name, version in locked_packages(lock)}
    strange = [each for each in packages if (normalized(each.name), each.version) not in locked]
    if strange:
        names = ", ".join(f"{each.name} {each.version}" for each in strange)
        raise BuildError(
            f"The image of {function!r} holds packages that its lock does not name: {names}.",
            hint="Remove the build cache and build again; if it stays so, the package's own metadata is wrong.",
        )


def _python(text: str) -> Iterator[Package]:
    headers = HeaderParser().parsestr(text)
    licence = headers.get("License-Expression") or _classified(headers) or headers.get("License") or ""
    yield Package(
        ecosystem=Ecosystem.PYPI,
        name=headers.get("Name", ""),
        version=headers.get("Version", ""),
        licence=licence if "\n" not in licence else "",
    )


def _classified(headers: Message) -> str:
    classifiers = [each for each in headers.get_all("Classifier", []) if each.startswith("License :: ")]
    return classifiers[0].rpartition(" :: ")[2] if classifiers else ""


def _debian(text: str) -> Iterator[Package]:
    for paragraph in text.split("\n\n"):
        headers = HeaderParser().parsestr(paragraph)
        if headers.get("Package"):
            yield Package(ecosystem=Ecosystem.DEBIAN, name=headers["Package"], version=headers.get("Version", ""))
