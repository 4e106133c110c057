"""The Python packages of a base image, as their records (PEP 376, PEP 566) and the files themselves tell."""

from __future__ import annotations

import csv
import posixpath
import re
from collections import Counter
from dataclasses import dataclass, field
from email.parser import HeaderParser
from typing import TYPE_CHECKING

from mlfn_engine.dependencies.requirements import normalized
from mlfn_engine.images.values import BasePackage

if TYPE_CHECKING:
    import tarfile
    from collections.abc import Iterable, Iterator

    from mlfn_engine.oci.layer_entries import Whiteouts

_PLACE = re.compile(r"(?:.+/)?lib/python3(?:\.\d+)?/(?:site|dist)-packages/.+|var/runtime/.+")
_RECORD = re.compile(r"(.+)/[^/]+\.dist-info/(METADATA|RECORD)")
_NAME = re.compile(r"[A-Za-z0-9][\w.-]*")
_RECORDS_LIMIT = 32 << 20
"""Bytes of records that are read of one image; a hundred packages have 2 MB."""

_MODULES = (".py", ".so")


@dataclass(slots=True)
class Distributions:
    """The files of some layers where Python packages lie."""

    sizes: dict[str, int] = field(default_factory=dict)
    records: dict[str, str] = field(default_factory=dict)
    room: int = _RECORDS_LIMIT

    def add(self, path: str, member: tarfile.TarInfo, archive: tarfile.TarFile) -> None:
        """Take note of an entry of the layer on top."""
        if member.isreg() and _PLACE.fullmatch(path):
            self.sizes[path] = member.size
            if _RECORD.fullmatch(path) and member.size <= self.room and (file := archive.extractfile(member)):
                self.room -= member.size
                self.records[path] = file.read().decode("utf-8", "replace")

    def over(self, lower: Distributions, hiding: Whiteouts) -> Distributions:
        """What is seen of both."""
        return Distributions(
            {**hiding.left(lower.sizes), **self.sizes},
            {**hiding.left(lower.records), **self.records},
            self.room,
        )

    def packages(self, interpreter: str, python: str) -> tuple[BasePackage, ...]:
        """Those that an interpreter would find, whole, with nothing in common with another."""
        found: dict[str, BasePackage] = {}
        for directory in _search_path(interpreter, python):
            for each in self._in(directory):
                found.setdefault(each.name, each)
        taken = Counter((each.directory, top) for each in found.values() for top in each.tops)
        apart = [each for each in found.values() if all(taken[each.directory, top] == 1 for top in each.tops)]
        return tuple(sorted(apart, key=lambda each: each.name))

    def _in(self, directory: str) -> Iterator[BasePackage]:
        for path, text in self.records.items():
            place = _RECORD.fullmatch(path)
            if place and place[1] == directory and place[2] == "METADATA":
                tops = self._tops(directory, f"{posixpath.dirname(path)}/RECORD")
                package = _described(text, directory, tops)
                if tops and package:
                    yield package

    def _tops(self, directory: str, record: str) -> tuple[str, ...]:
        """What a package has put into its directory; nothing where one of its files is gone or another now."""
        rows = list(_rows(self.records.get(record, "")))
        inside = {path for path, _ in rows}
        for path, size in rows:
            there = self.sizes.get(f"{directory}/{path}")
            if there is None or size not in {"", str(there)}:
                return ()
        tops = sorted({path.partition("/")[0] for path in inside})
        return tuple(tops) if all(_can_be_linked(top, inside) for top in tops) else ()


def _search_path(interpreter: str, python: str) -> tuple[str, ...]:
    """Where the interpreter finds packages, in its order; AWS puts its own runtime's directory last (since 3.11)."""
    prefix = posixpath.dirname(posixpath.dirname(interpreter))
    own = (f"local/lib/python{python}/dist-packages", f"lib/python{python}/site-packages", "lib/python3/dist-packages")
    return (*(posixpath.join(prefix, each) for each in own), "var/runtime")


def _rows(record: str) -> Iterator[tuple[str, str]]:
    """Path and size of what a RECORD names, but for programs and byte code."""
    for row in csv.reader(record.splitlines()):
        path = posixpath.normpath(row[0]) if row else ""
        if len(row) == 3 and not path.endswith(".pyc") and not path.startswith(("../", "/")):
            yield path, row[2]


def _can_be_linked(top: str, inside: Iterable[str]) -> bool:
    """Whether a name is one package's alone: not a namespace that others put modules into."""
    if top.endswith(".dist-info"):
        return True
    return top.endswith(_MODULES) if top in inside else f"{top}/__init__.py" in inside


def _described(metadata: str, directory: str, tops: tuple[str, ...]) -> BasePackage | None:
    headers = HeaderParser().parsestr(metadata)
    name, version = str(headers.get("Name", "")), str(headers.get("Version", ""))
    if not name or not version:
        return None
    needs = {normalized(found[0]) for line in headers.get_all("Requires-Dist", []) if (found := _NAME.match(line))}
    return BasePackage(
        name=normalized(name), version=version, directory=directory, tops=tops, needs=tuple(sorted(needs))
    )
