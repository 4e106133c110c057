"""What users write to name a base image: a registry's reference, or an OCI layout on this machine."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from mlfn.errors import BuildError

DEFAULT_TAG = "latest"
DOCKER_HUB = "registry-1.docker.io"
_LOCAL = "oci:"
_REFERENCE = re.compile(
    r"(?:(?P<host>[\w.-]+(?::\d+)?)/)?(?P<repository>[a-z0-9]+(?:[._/-]+[a-z0-9]+)*)"
    r"(?::(?P<tag>\w[\w.-]{0,127}))?(?:@(?P<digest>sha256:[0-9a-f]{64}))?"
)
_LOOPBACK = re.compile(r"(localhost|127\.\d+\.\d+\.\d+)(:\d+)?")


@dataclass(frozen=True, slots=True, kw_only=True)
class RegistryReference:
    """An image in a registry."""

    host: str
    repository: str
    wanted: str
    """The digest where one is given, else the tag."""

    @property
    def endpoint(self) -> str:
        """The registry's address: https, but for one on this machine."""
        return f"{'http' if _LOOPBACK.fullmatch(self.host) else 'https'}://{self.host}"


@dataclass(frozen=True, slots=True, kw_only=True)
class LayoutReference:
    """An OCI image layout on this machine: a directory, or a tar of one."""

    path: Path


Reference = RegistryReference | LayoutReference


def parse_reference(text: str, root: Path) -> Reference:
    """What a reference means in the project at `root`.

    Raises:
        BuildError: it is no reference.
    """
    if text.startswith(_LOCAL):
        return LayoutReference(path=root / Path(text.removeprefix(_LOCAL)).expanduser())
    found = _REFERENCE.fullmatch(text)
    if found is None:
        raise BuildError(
            f"{text!r} does not name a base image.",
            hint='Write "registry.example/repository:tag", "@sha256:…" after it to pin it, or "oci:path" for a layout.',
        )
    host, repository = found["host"], found["repository"]
    if host is None or not (set(host) & set(".:") or host == "localhost"):
        repository = f"{host}/{repository}" if host else f"library/{repository}"
        host = DOCKER_HUB
    elif host == "docker.io":
        host = DOCKER_HUB
    return RegistryReference(host=host, repository=repository, wanted=found["digest"] or found["tag"] or DEFAULT_TAG)
