"""Base images in the build cache: fetched once, verified, looked into once."""

from __future__ import annotations

import json
from contextlib import contextmanager
from dataclasses import asdict, dataclass, fields
from typing import TYPE_CHECKING, Any, assert_never

from mlfn_engine.base_images.documents import Documents, check_config, find_manifest, read_config, read_manifest
from mlfn_engine.base_images.inspection import Contents, inspect_layers
from mlfn_engine.base_images.layout_source import INDEX, LayoutSource
from mlfn_engine.base_images.references import LayoutReference, RegistryReference, parse_reference
from mlfn_engine.base_images.registry_source import RegistrySource, registry_of
from mlfn_engine.cache import alone, write, written
from mlfn_engine.canonical import canonical
from mlfn_engine.images.values import BaseImage, BasePackage
from mlfn_engine.registries.connection import RegistryConnection

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from mlfn_engine.base_images.documents import Part
    from mlfn_engine.base_images.references import Reference
    from mlfn_engine.base_images.sources import Source
    from mlfn_engine.reporting import Reporter
    from mlfn_engine.values import Architecture

_DEFAULT_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
_INSPECTION = 2
"""Counts up whenever an inspection begins to find other things."""


@dataclass(frozen=True, slots=True)
class BaseStore:
    """Keeps base images in a cache directory."""

    cache: Path
    reporter: Reporter

    def find(self, text: str, root: Path, architecture: Architecture) -> BaseImage:
        """The base image that a reference means now, fetched and looked into.

        Raises:
            MlfnError: it cannot be had, is damaged, or functions cannot stand on it.
        """
        reference = parse_reference(text, root)
        location = located(text, reference)
        with _opened(reference) as (source, wanted):
            digest, manifest = find_manifest(source, wanted, architecture, text)
            documents = read_manifest(digest, manifest, text)
            config = self._fetch(source, documents, manifest, text)
            check_config(config, len(documents.layers), architecture, text)
        contents = self._contents(documents, config, text)
        known = {each.name: getattr(contents, each.name) for each in fields(contents)}
        return BaseImage(reference=text, location=location, digest=digest, **known)

    def documents(self, base: BaseImage, architecture: Architecture) -> tuple[Documents, dict[str, Any]]:
        """A base image's manifest and configuration; every blob is in the cache afterwards, fetched anew if need be."""
        kept = self.blob_path(base.digest)
        if kept.is_file():
            documents = read_manifest(base.digest, kept.read_bytes(), base.reference)
            if all(self._has(part) for part in (documents.config, *documents.layers)):
                return documents, read_config(self.blob_path(documents.config.digest).read_bytes(), base.reference)
        reference = parse_reference(base.location, self.cache)
        with _opened(reference) as (source, _):
            digest, manifest = find_manifest(source, base.digest, architecture, base.reference)
            documents = read_manifest(digest, manifest, base.reference)
            return documents, self._fetch(source, documents, manifest, base.reference)

    def blob_path(self, digest: str) -> Path:
        """Where a blob is, or would be."""
        return self.cache / "blobs" / digest.replace(":", "/")

    def _has(self, part: Part) -> bool:
        path = self.blob_path(part.digest)
        return path.is_file() and path.stat().st_size == part.size

    def _fetch(self, source: Source, documents: Documents, manifest: bytes, name: str) -> dict[str, Any]:
        """Bring every blob into the cache, the manifest last; the configuration."""
        for part in (documents.config, *documents.layers):
            with alone(self.blob_path(part.digest).with_suffix(".lock")):
                if not self._has(part):
                    self._copy(source, part, name)
        write(self.blob_path(documents.digest), manifest)
        return read_config(self.blob_path(documents.config.digest).read_bytes(), name)

    def _copy(self, source: Source, part: Part, name: str) -> None:
        def progress(done: int) -> None:
            self.reporter.report("base image", f"fetching {name}", done=done, total=part.size)

        with written(self.blob_path(part.digest)) as target:
            source.copy(part.digest, part.size, target, progress)

    def _contents(self, documents: Documents, config: dict[str, Any], name: str) -> Contents:
        kept = self.cache / "bases" / f"{documents.digest.removeprefix('sha256:')}-{_INSPECTION}.json"
        if kept.is_file():
            known = json.loads(kept.read_bytes())
            packages = tuple(
                BasePackage(**{**each, "tops": tuple(each["tops"]), "needs": tuple(each["needs"])})
                for each in known.pop("packages")
            )
            return Contents(**known, packages=packages)
        self.reporter.report("base image", f"looking into {name}")
        blobs = [self.blob_path(part.digest) for part in documents.layers]
        found = inspect_layers(blobs, name, environment_of(config).get("PATH", _DEFAULT_PATH))
        write(kept, canonical(asdict(found)).encode())
        return found


def environment_of(config: dict[str, Any]) -> dict[str, str]:
    """The variables that an image's configuration sets."""
    pairs = (entry.partition("=") for entry in (config.get("config") or {}).get("Env") or ())
    return {name: value for name, _, value in pairs}


def located(text: str, reference: Reference) -> str:
    """A reference that means the same from any directory."""
    match reference:
        case LayoutReference(path=path):
            return f"oci:{path.resolve()}"
        case RegistryReference():
            return text
        case _:
            assert_never(reference)


@contextmanager
def _opened(reference: Reference) -> Iterator[tuple[Source, str]]:
    match reference:
        case LayoutReference(path=path):
            yield LayoutSource(path), INDEX
        case RegistryReference():
            with RegistryConnection(registry_of(reference)) as connection:
                yield RegistrySource(connection, reference.repository), reference.wanted
        case _:
            assert_never(reference)
