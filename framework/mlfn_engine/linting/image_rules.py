"""Rules for an image as a whole: its index, manifest, configuration and size."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mlfn_engine.linting.findings import Finding, Severity
from mlfn_engine.linting.secrets import secret_in
from mlfn_engine.oci.layer_entries import UNPACKED_LIMIT
from mlfn_engine.oci.media_types import GZIP_LAYERS, MANIFEST_TYPES

if TYPE_CHECKING:
    from collections.abc import Iterator

LAYER_LIMIT = 127
"""What overlay file systems stack, and with them Lambda."""

_GZIP = b"\x1f\x8b"


def index_findings(index: dict[str, Any]) -> Iterator[Finding]:
    """Lambda takes one manifest, and refuses an index of several (such as one with attestations)."""
    entries = index.get("manifests", [])
    if len(entries) != 1:
        yield Finding(rule="single manifest", message=f"the index names {len(entries)} manifests instead of one")
    for entry in entries:
        if entry.get("mediaType") not in MANIFEST_TYPES:
            yield Finding(rule="single manifest", message=f"{entry.get('mediaType')} is no image manifest")


def manifest_findings(manifest: dict[str, Any], heads: list[bytes]) -> Iterator[Finding]:
    """Layers are gzip, by name and in fact; `heads` are their first bytes."""
    layers = manifest.get("layers", [])
    if len(layers) > LAYER_LIMIT:
        yield Finding(rule="layers", message=f"there are {len(layers)} layers, and engines stack {LAYER_LIMIT}")
    for layer, head in zip(layers, heads, strict=True):
        if layer["mediaType"] not in GZIP_LAYERS or not head.startswith(_GZIP):
            yield Finding(rule="gzip", message=f"layer {layer['digest'][:19]}… is not gzip ({layer['mediaType']})")


def config_findings(config: dict[str, Any]) -> Iterator[Finding]:
    """The configuration says how to start the function, and expects nothing that Lambda does not give."""
    settings = config.get("config", {})
    if config.get("os") != "linux" or config.get("architecture") not in {"amd64", "arm64"}:
        what = f"{config.get('os')}/{config.get('architecture')}"
        yield Finding(rule="processor", message=f"the image is for {what}; Lambda has linux/amd64 and linux/arm64")
    if not settings.get("Entrypoint") and not settings.get("Cmd"):
        yield Finding(rule="entrypoint", message="the image does not say what to start")
    if settings.get("Volumes"):
        names = ", ".join(settings["Volumes"])
        message = f"the image declares volumes ({names}); in Lambda only /tmp can be written"
        yield Finding(rule="read-only root", message=message, severity=Severity.WARNING)
    for entry in settings.get("Env") or ():
        if kind := secret_in(entry.encode()):
            yield Finding(rule="secrets", message=f"the variable {entry.partition('=')[0]} holds {kind}")


def size_findings(unpacked: int) -> Iterator[Finding]:
    """Lambda's limit is on the unpacked image (AWS Lambda quotas)."""
    if unpacked > UNPACKED_LIMIT:
        message = f"the image unpacks to {unpacked / (1 << 30):.1f} GB, more than Lambda's {UNPACKED_LIMIT >> 30} GB"
        yield Finding(rule="size", message=message)
    elif unpacked > UNPACKED_LIMIT * 0.8:
        message = f"the image unpacks to {unpacked / (1 << 30):.1f} of at most {UNPACKED_LIMIT >> 30} GB"
        yield Finding(rule="size", message=message, severity=Severity.WARNING)


def interpreter_findings(command: list[str], executables: dict[str, int]) -> Iterator[Finding]:
    """What is started is in the image, executable by everybody; `executables` maps paths to modes."""
    program = command[0] if command else ""
    if program.startswith("/"):
        mode = executables.get(program.lstrip("/"))
        if mode is None:
            yield Finding(rule="entrypoint", message=f"{program} is not in the image")
        elif not mode & 0o001:
            yield Finding(rule="entrypoint", message=f"{program} ({mode:04o}) cannot be executed by everybody")
