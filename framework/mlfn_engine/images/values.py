"""What is planned and built for an image: its platform, its base, its layers, and what came of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from mlfn_engine.values import PackageType

if TYPE_CHECKING:
    from pathlib import Path

    from mlfn_engine.values import Architecture, Base


@dataclass(frozen=True, slots=True, kw_only=True)
class Platform:
    """What an image's dependencies are resolved for."""

    base: Base
    architecture: Architecture
    python: str
    """Minor version, such as `3.11`."""
    glibc: str | None = None
    """The C library's version in the base image; None: the machine's, or that of Lambda's own base images."""

    def __str__(self) -> str:
        name = f"{self.base}/{self.architecture}/python{self.python}"
        return f"{name}/glibc{self.glibc}" if self.glibc else name


@dataclass(frozen=True, slots=True, kw_only=True)
class BasePackage:
    """A distribution that lies whole in a base image."""

    name: str
    """As indexes compare it."""
    version: str
    directory: str
    """Where it lies (no leading slash)."""
    tops: tuple[str, ...]
    """What it has put there: its packages, modules and records."""
    needs: tuple[str, ...]
    """Other packages that it requires, under whatever condition."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BaseImage:
    """An image that others stand on, by digest."""

    reference: str
    """As the user names it."""
    location: str
    """The same, but meaning the same from any directory; no part of what the image is."""
    digest: str
    """`sha256:…` of its manifest for one processor."""
    python: str
    """Its Python's minor version."""
    interpreter: str
    """Its Python's absolute path."""
    glibc: str
    """Its C library's version."""
    packages: tuple[BasePackage, ...] = ()
    """The Python packages that it has."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedFile:
    """A file of a layer: its path in the image (no leading slash) and its bytes, or where to read them."""

    path: str
    source: Path | bytes
    mode: int = 0o644


@dataclass(frozen=True, slots=True, kw_only=True)
class FilesLayer:
    """A layer made of known files."""

    name: str
    files: tuple[PlannedFile, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class RequirementsLayer:
    """A layer that installing locked requirements makes."""

    name: str
    lock: str
    """A hash-locked requirements.txt for the plan's platform."""
    lent: tuple[BasePackage, ...] = ()
    """What of it the base image has, to which links lead."""
    prefix: str
    """Where in the image they go (no leading slash)."""
    omit: str = ""
    """A regular expression for paths of what is installed, relative: where one begins so, the file is left out."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BytecodeLayer:
    """A layer of the byte code that the base image lacks: its standard library's, or that of packages of it."""

    name: str
    base: BaseImage
    packages: tuple[BasePackage, ...] = ()


Layer = FilesLayer | RequirementsLayer | BytecodeLayer


@dataclass(frozen=True, slots=True, kw_only=True)
class ImagePlan:
    """An image, described in full before anything is built."""

    function: str
    """The function's key inside the app."""
    platform: Platform
    layers: tuple[Layer, ...]
    environment: tuple[tuple[str, str], ...]
    command: tuple[str, ...]
    working_dir: str
    labels: tuple[tuple[str, str], ...]
    version: str
    """The model's version: the first 12 hex digits of `digest`."""
    digest: str
    """SHA-256 (hex) of everything but the version: same inputs, same digest."""
    base: BaseImage | None = None
    """What its layers lie on; None for an image that runs with the machine's own interpreter, and for archives."""
    package: PackageType = PackageType.IMAGE


@dataclass(frozen=True, slots=True, kw_only=True)
class ImageArtifact:
    """A built image, or archive."""

    function: str
    plan_digest: str
    version: str
    digest: str
    """`sha256:…` of the image manifest, or of the archive."""
    size_bytes: int
    """Sum of the compressed layers, or the archive's."""
    location: Path
    """The OCI image layout that holds it, or the archive."""
    package: PackageType = PackageType.IMAGE
