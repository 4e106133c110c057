"""What is in a base image: its interpreter, its C library, the standard library's missing byte code."""

from __future__ import annotations

import posixpath
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from mlfn.errors import BuildError
from mlfn_engine.base_images.distributions import Distributions
from mlfn_engine.images.elf import NotElfError, read_elf
from mlfn_engine.oci.layer_entries import Whiteouts, inner_path, layer_entries

if TYPE_CHECKING:
    import tarfile
    from collections.abc import Sequence
    from pathlib import Path

    from mlfn_engine.images.values import BasePackage

_INTERPRETER = re.compile(r"((?:usr|var/lang|usr/local|opt/[\w.-]+)/bin/python|bin/python)(3\.\d+)")
_LIBC = re.compile(r"(?:usr/)?lib(?:64)?(?:/[\w-]+-linux-gnu)?/libc(?:\.so\.6|-2\.\d+\.so)")
_LIBC_LIMIT = 64 << 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Contents:
    """What matters of a base image's files."""

    interpreter: str
    """Its absolute path."""
    python: str
    """Its minor version, such as `3.12`."""
    glibc: str
    """The C library's version, such as `2.34`."""
    packages: tuple[BasePackage, ...]
    """The Python packages that it would find."""


@dataclass(slots=True)
class _Merged:
    """A layer, or the layers seen so far as one tree, as far as it matters."""

    interpreters: dict[str, str] = field(default_factory=dict)
    libraries: dict[str, tuple[int, ...]] = field(default_factory=dict)
    distributions: Distributions = field(default_factory=Distributions)
    hiding: Whiteouts = field(default_factory=Whiteouts)

    def add(self, member: tarfile.TarInfo, archive: tarfile.TarFile) -> None:
        path = inner_path(member.name)
        if self.hiding.add(path):
            return
        self.distributions.add(path, member, archive)
        if found := _INTERPRETER.fullmatch(path):
            self.interpreters[path] = found[2]
        elif _LIBC.fullmatch(path) and member.isreg() and member.size < _LIBC_LIMIT:
            file = archive.extractfile(member)
            self.libraries[path] = _glibc(file.read() if file else b"")

    def over(self, lower: _Merged) -> _Merged:
        """What is seen of both."""
        return _Merged(
            interpreters={**self.hiding.left(lower.interpreters), **self.interpreters},
            libraries={**self.hiding.left(lower.libraries), **self.libraries},
            distributions=self.distributions.over(lower.distributions, self.hiding),
        )


def inspect_layers(blobs: Sequence[Path], name: str, search: str) -> Contents:
    """What an image of these layers has; `search` is its PATH.

    Raises:
        BuildError: no Python that could run functions, or no GNU C library.
    """
    merged = _Merged()
    for blob in blobs:
        upper = _Merged(distributions=Distributions(room=merged.distributions.room))
        with layer_entries(blob, name) as entries:
            for member, archive in entries:
                upper.add(member, archive)
        merged = upper.over(merged)
    glibc = max(merged.libraries.values(), default=())
    if not glibc:
        raise BuildError(
            f"{name} has no GNU C library, so that no wheel for Linux fits it.",
            hint="Take a base of Debian, Ubuntu, Fedora or Amazon Linux; Alpine's musl is not supported.",
        )
    path = _first(merged.interpreters, search)
    if path is None:
        raise BuildError(
            f"{name} has no Python in {search}.",
            hint="Take a base with Python, such as public.ecr.aws/lambda/python:3.12, or make one: mlfn base debian.",
        )
    python = merged.interpreters[path]
    return Contents(
        interpreter=f"/{path}",
        python=python,
        glibc=".".join(map(str, glibc)),
        packages=merged.distributions.packages(path, python),
    )


def _first(interpreters: dict[str, str], search: str) -> str | None:
    """The interpreter that the image's PATH leads to first, the newest where a directory has several."""
    for directory in search.split(":"):
        inside = {path for path in interpreters if posixpath.dirname(path) == inner_path(directory)}
        if inside:
            return max(inside, key=lambda path: tuple(map(int, interpreters[path].split("."))))
    return None


def _glibc(content: bytes) -> tuple[int, ...]:
    try:
        return read_elf(content).defined_glibc
    except NotElfError:
        return ()
