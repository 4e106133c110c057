"""What images are resolved for: this machine, or Lambda."""

from __future__ import annotations

import platform as machine
import sys
from typing import TYPE_CHECKING, assert_never

from mlfn.errors import BuildError
from mlfn_engine.images.values import Platform
from mlfn_engine.values import Architecture, Base

if TYPE_CHECKING:
    from mlfn_engine.images.values import BaseImage

LAMBDA_PYTHONS = ("3.12", "3.13", "3.14")
"""Lambda's Python base images on Amazon Linux 2023. Those up to 3.11 stand on Amazon Linux 2, whose glibc 2.26 is too
old for today's NumPy wheels."""

LAMBDA_GLIBC = "2.34"
"""The glibc of Amazon Linux 2023."""

_UV_GLIBC: tuple[int, ...] = (17, 28, *range(31, 41))
"""The minor versions of glibc 2 that uv has platforms for."""

_MACHINES = {
    "x86_64": Architecture.X86_64,
    "amd64": Architecture.X86_64,
    "aarch64": Architecture.ARM64,
    "arm64": Architecture.ARM64,
}


def host_platform() -> Platform:
    """The machine and interpreter that run now: for functions that an emulator starts here."""
    return Platform(base=Base.HOST, architecture=_host_architecture(), python=running_python())


def lambda_platform(architecture: Architecture, python: str | None = None) -> Platform:
    """Lambda on the processor that a function asks for; its Python is the running one, or the oldest that can be."""
    chosen = python or (running_python() if running_python() in LAMBDA_PYTHONS else LAMBDA_PYTHONS[0])
    return Platform(base=Base.LAMBDA, architecture=architecture, python=chosen)


def based_platform(base: BaseImage, architecture: Architecture) -> Platform:
    """What functions on a base image are resolved for."""
    glibc = None if base.glibc == LAMBDA_GLIBC else base.glibc
    return Platform(base=Base.LAMBDA, architecture=architecture, python=base.python, glibc=glibc)


def running_python() -> str:
    """The minor version of the interpreter that runs now, such as `3.11`."""
    return f"{sys.version_info.major}.{sys.version_info.minor}"


def uv_platform(platform: Platform) -> str | None:
    """uv's name of the platform; None is the machine that runs now."""
    match platform.base:
        case Base.HOST:
            return None
        case Base.LAMBDA:
            processor = "x86_64" if platform.architecture is Architecture.X86_64 else "aarch64"
            return f"{processor}-manylinux_2_{_uv_glibc(platform.glibc or LAMBDA_GLIBC)}"
        case _:
            assert_never(platform.base)


def oci_architecture(architecture: Architecture) -> str:
    """The processor in the words of OCI image configurations (Go's)."""
    match architecture:
        case Architecture.X86_64:
            return "amd64"
        case Architecture.ARM64:
            return "arm64"
        case _:
            assert_never(architecture)


def description(platform: Platform) -> str:
    """The platform in the words of an error message."""
    where = "this machine" if platform.base is Base.HOST else "Lambda"
    return f"{where} ({platform.architecture}, Python {platform.python})"


def _uv_glibc(version: str) -> int:
    """The newest platform of uv's that the C library can load, by its minor version."""
    minor = int(version.split(".")[1])
    fitting = [each for each in _UV_GLIBC if each <= minor]
    if not fitting:
        raise BuildError(
            f"The base image's glibc {version} is older than any that wheels are made for.",
            hint="Take a base with glibc 2.17 or newer.",
        )
    return fitting[-1]


def _host_architecture() -> Architecture:
    try:
        return _MACHINES[machine.machine().lower()]
    except KeyError:
        raise BuildError(
            f"This machine's processor, {machine.machine()!r}, is not one that functions can run on.",
            hint="Build on an x86_64 or arm64 machine.",
        ) from None
