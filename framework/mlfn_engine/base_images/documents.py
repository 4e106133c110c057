"""A base image's documents: the one manifest for a processor, and what it says."""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from mlfn.errors import BuildError
from mlfn_engine.base_images.sources import DOCUMENT_LIMIT
from mlfn_engine.oci.layer_entries import UNPACKED_LIMIT
from mlfn_engine.oci.media_types import GZIP_LAYERS, INDEX_TYPES, MANIFEST_TYPES
from mlfn_engine.platforms import oci_architecture

if TYPE_CHECKING:
    from mlfn_engine.base_images.sources import Source
    from mlfn_engine.values import Architecture

_DIGEST = re.compile(r"sha256:[0-9a-f]{64}")
_NAME_AN_IMAGE = "Name a container image."
_ELSEWHERE = ("foreign", "nondistributable")
_NESTED = 3
"""Indexes of indexes are allowed, and nobody makes deeper ones."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """A blob that a manifest names."""

    digest: str
    size: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Documents:
    """What a manifest says."""

    digest: str
    config: Part
    layers: tuple[Part, ...]


def find_manifest(source: Source, wanted: str, architecture: Architecture, name: str) -> tuple[str, bytes]:
    """The digest and bytes of the manifest for a processor, taken out of an index where it is in one.

    Raises:
        BuildError: there is none for it, or a document is not what its digest promises.
    """
    for _ in range(_NESTED):
        content = source.document(wanted)
        found = f"sha256:{hashlib.sha256(content).hexdigest()}"
        if wanted.startswith("sha256:") and found != wanted:
            raise BuildError(
                f"The manifest of {name} is not what its digest {wanted[:19]}… promises.",
                hint="The registry, or something between it and here, is damaged or lies; do not use the image.",
            )
        document = _object(content, name)
        if "manifests" not in document:
            return found, content
        wanted = _chosen(document["manifests"], oci_architecture(architecture), name)
    raise BuildError(f"{name} is an index in an index in an index.", hint="Name the image itself, by its digest.")


def read_manifest(digest: str, content: bytes, name: str) -> Documents:
    """What a manifest says.

    Raises:
        BuildError: it is none, or its layers are not gzip, which Lambda asks for.
    """
    document = _object(content, name)
    kind = document.get("mediaType", MANIFEST_TYPES[0])
    try:
        if document.get("schemaVersion") == 1:
            raise _outdated(name)
        layers = tuple(_part(each, UNPACKED_LIMIT, name) for each in document["layers"])
        config = _part(document["config"], DOCUMENT_LIMIT, name)
        types = {str(each["mediaType"]) for each in document["layers"]} - set(GZIP_LAYERS)
    except (KeyError, TypeError) as error:
        raise BuildError(f"{name} has a manifest without {error}.", hint=_NAME_AN_IMAGE) from error
    if kind not in MANIFEST_TYPES:
        raise BuildError(f"{name} is {kind}, not a container image.", hint=_NAME_AN_IMAGE)
    if any(word in each for each in types for word in _ELSEWHERE):
        raise BuildError(
            f"{name} has layers that its registry may not hand on ({', '.join(sorted(types))}).",
            hint="Take a base for Linux; such layers are Windows'.",
        )
    if types:
        raise BuildError(
            f"{name} has layers of type {', '.join(sorted(types))}; Lambda takes gzip alone.",
            hint="Convert it: skopeo copy --dest-compress-format gzip docker://… oci:path.",
        )
    return Documents(digest=digest, config=config, layers=layers)


def read_config(content: bytes, name: str) -> dict[str, Any]:
    """An image's configuration.

    Raises:
        BuildError: it is none.
    """
    config = _object(content, name, "configuration")
    settings = config.get("config") or {}
    if not isinstance(settings, dict):
        raise BuildError(f"{name} has a configuration without settings.", hint=_NAME_AN_IMAGE)
    texts = settings.get("Env") or []
    if not isinstance(texts, list) or not all(isinstance(each, str) for each in texts):
        raise BuildError(f"{name} has a configuration whose variables are no texts.", hint=_NAME_AN_IMAGE)
    return config


def check_config(config: dict[str, Any], layers: int, architecture: Architecture, name: str) -> None:
    """Hold an image's configuration to its manifest and to what was asked for.

    Raises:
        BuildError: it is for something else.
    """
    found = (config.get("os"), config.get("architecture"))
    wanted = ("linux", oci_architecture(architecture))
    if found != wanted:
        raise BuildError(
            f"{name} is for {found[0]}/{found[1]}, and the function runs on {wanted[0]}/{wanted[1]}.",
            hint="Name a base for that processor, or set architecture= of the model.",
        )
    rootfs = config.get("rootfs")
    found_ids = rootfs.get("diff_ids") if isinstance(rootfs, dict) else None
    if not isinstance(found_ids, list) or len(found_ids) != layers:
        raise BuildError(f"The configuration of {name} names other layers than its manifest.", hint="Pull it anew.")


def _chosen(entries: Any, processor: str, name: str) -> str:
    if not isinstance(entries, list) or not all(isinstance(entry, dict) for entry in entries):
        raise BuildError(f"{name} has an index that is not a list.", hint=_NAME_AN_IMAGE)
    images = [entry for entry in entries if entry.get("mediaType", MANIFEST_TYPES[0]) in MANIFEST_TYPES + INDEX_TYPES]
    for entry in images:
        platform = entry.get("platform")
        if platform and (platform.get("os"), platform.get("architecture")) == ("linux", processor):
            return _digest(entry, name)
    bare = [entry for entry in images if "platform" not in entry]
    if len(bare) == 1:
        return _digest(bare[0], name)
    platforms = [entry.get("platform") or {} for entry in images]
    found = sorted(
        {f"{each.get('os', '?')}/{each.get('architecture', '?')}" for each in platforms} - {"unknown/unknown"}
    )
    raise BuildError(
        f"{name} has no image for linux/{processor}; it has {', '.join(found) or 'none at all'}.",
        hint="Name a base that has one, or set architecture= of the model.",
    )


def _object(content: bytes, name: str, kind: str = "manifest") -> dict[str, Any]:
    try:
        document = json.loads(content)
    except (ValueError, RecursionError) as error:
        raise BuildError(f"{name} has a {kind} that is not JSON.", hint="Pull it anew.") from error
    if not isinstance(document, dict):
        raise BuildError(f"{name} has a {kind} that is not an object.", hint="Pull it anew.")
    return document


def _part(descriptor: dict[str, Any], limit: int, name: str) -> Part:
    size = descriptor["size"]
    if type(size) is not int or not 0 <= size <= limit:
        raise BuildError(
            f"{name} has a part of {size} bytes; an image for Lambda has none that is larger than {limit:,}.",
            hint="Take another base image.",
        )
    return Part(digest=_digest(descriptor, name), size=size)


def _digest(descriptor: dict[str, Any], name: str) -> str:
    """A digest becomes a path: nothing else may pass for one."""
    digest = descriptor.get("digest")
    if not isinstance(digest, str) or not _DIGEST.fullmatch(digest):
        raise BuildError(
            f"{name} names a part by {digest!r}, which is no SHA-256 digest.",
            hint="Take another base image; this one is damaged or meant to do harm.",
        )
    return digest


def _outdated(name: str) -> BuildError:
    return BuildError(
        f"{name} has a manifest of Docker's first schema, whose layers nobody can verify.",
        hint="Push it again with a tool of today: skopeo copy --format oci docker://… docker://….",
    )
