"""Hold every shared library to the processor and the C library of the image it goes into."""

from __future__ import annotations

import mmap
import re
from typing import TYPE_CHECKING

from mlfn.errors import DependencyError
from mlfn_engine.images.elf import MAGIC, Binary, Machine, NotElfError, read_elf
from mlfn_engine.platforms import LAMBDA_GLIBC, description
from mlfn_engine.values import Architecture, Base

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from pathlib import Path

    from mlfn_engine.images.values import Platform

_LIBRARY = re.compile(r".+\.so(\.[\w.]+)?")
_MACHINES = {Architecture.X86_64: Machine.X86_64, Architecture.ARM64: Machine.ARM64}


def check_libraries(tree: Path, paths: Iterable[Path], platform: Platform, owned: Mapping[str, str]) -> None:
    """Refuse what the image could not load.

    Raises:
        DependencyError: every package that is for another processor or a newer C library, and why.
    """
    if platform.base is Base.HOST:
        return
    problems: dict[str, str] = {}
    for path in paths:
        if _LIBRARY.fullmatch(path.name):
            package = owned.get(path.as_posix(), path.as_posix())
            for problem in _problems(tree / path, platform):
                problems.setdefault(package, f"{package} ({path.name} {problem})")
    if problems:
        raise DependencyError(
            f"The image for {description(platform)} cannot load {', '.join(problems.values())}.",
            hint="Require a version with a wheel for that platform; what was built from source here (allow-sdist) fits "
            "this machine only.",
        )


def _problems(path: Path, platform: Platform) -> Iterator[str]:
    try:
        binary = _read(path)
    except NotElfError as error:
        yield f"is {error}"
        return
    if binary is None:
        return
    if binary.machine != _MACHINES[platform.architecture]:
        yield f"is for {_machine(binary.machine)}"
    glibc = platform.glibc or LAMBDA_GLIBC
    if binary.needed_glibc > tuple(map(int, glibc.split("."))):
        yield f"needs glibc {'.'.join(map(str, binary.needed_glibc))}, and the image has {glibc}"


def _read(path: Path) -> Binary | None:
    """What a library says of itself; None for a linker script, which is text."""
    with path.open("rb") as file:
        if file.read(len(MAGIC)) != MAGIC:
            return None
        with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content:
            return read_elf(content)


def _machine(number: int) -> str:
    return next((each.name.lower() for each in Machine if each == number), f"another processor ({number})")
