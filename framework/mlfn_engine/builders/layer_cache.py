"""Layers by what they are made of, and blobs by what they contain."""

from __future__ import annotations

import importlib.util
import json
import shutil
import tempfile
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, assert_never

from mlfn_engine.base_images.standard_library import uncompiled
from mlfn_engine.builders.base_layers import foundation
from mlfn_engine.builders.compiling import compiled
from mlfn_engine.builders.installed import installed
from mlfn_engine.cache import FileDigests, alone, unwritable, write, written
from mlfn_engine.canonical import canonical, digest
from mlfn_engine.images.plan_digest import MANIFEST_PATH, PACKAGING, content_digest, layer_facts
from mlfn_engine.images.values import BytecodeLayer, FilesLayer, RequirementsLayer
from mlfn_engine.oci.layer_archive import LayerBlob, pack
from mlfn_engine.oci.packing import COMPRESSOR, source_date_epoch

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mlfn_engine.images.values import Layer, PlannedFile, Platform
    from mlfn_engine.reporting import Reporter

ABANDONED_S = 86_400
"""What a build has not finished with in a day was left by one that was killed."""


@dataclass(frozen=True, slots=True)
class LayerCache:
    """Packs layers, or finds what was packed before, by any app."""

    cache: Path

    def blob_path(self, digest: str) -> Path:
        """Where a blob is, or would be."""
        return self.cache / "blobs" / digest.replace(":", "/")

    def layer(self, layer: Layer, platform: Platform, subject: str, reporter: Reporter) -> LayerBlob:
        """A layer's blob, packed now if it is not in the cache."""
        entry = self.cache / "layers" / f"{self._key(layer, platform)}.json"
        known = self._known(entry)
        if known is None:
            with alone(entry.with_suffix(".lock")):
                known = self._known(entry) or self._made(layer, platform, subject, reporter)
                write(entry, canonical(asdict(known)).encode())
        else:
            reporter.report(subject, f"{layer.name}: unchanged")
        return known

    def known(self, layer: Layer, platform: Platform) -> LayerBlob | None:
        """A layer's blob, if it is in the cache."""
        return self._known(self.cache / "layers" / f"{self._key(layer, platform)}.json")

    def sizes_path(self, layer: RequirementsLayer, platform: Platform) -> Path:
        """Where the sizes of the packages of a layer are kept that has been made."""
        return self.cache / "sizes" / f"{self._key(layer, platform)}.json"

    def keep(self, content: bytes, digest: str) -> Path:
        """Keep a small blob."""
        path = self.blob_path(digest)
        return path if path.is_file() and path.stat().st_size == len(content) else write(path, content)

    def _known(self, entry: Path) -> LayerBlob | None:
        if not entry.is_file():
            return None
        blob = LayerBlob(**json.loads(entry.read_bytes()))
        path = self.blob_path(blob.digest)
        return blob if path.is_file() and path.stat().st_size == blob.size else None

    def _key(self, layer: Layer, platform: Platform) -> str:
        digests = FileDigests(self.cache)
        facts = {"layer": layer_facts(layer, digests), "packing": [PACKAGING, COMPRESSOR, source_date_epoch()]}
        match layer:
            case FilesLayer(files=files):
                manifests = [content_digest(file, digests) for file in files if file.path == MANIFEST_PATH]
                return digest({**facts, "manifests": manifests})
            case RequirementsLayer():
                return digest({**facts, "platform": str(platform)})
            case BytecodeLayer():
                return digest({**facts, "magic": importlib.util.MAGIC_NUMBER.hex()})
            case _:
                assert_never(layer)

    def _made(self, layer: Layer, platform: Platform, subject: str, reporter: Reporter) -> LayerBlob:
        try:
            return self._make(layer, platform, subject, reporter)
        except OSError as error:  # what cannot be read has been told by then
            raise unwritable(self.cache, error) from error

    def _make(self, layer: Layer, platform: Platform, subject: str, reporter: Reporter) -> LayerBlob:
        match layer:
            case FilesLayer():
                return self._pack(layer.name, layer.files, subject, reporter)
            case RequirementsLayer():
                reporter.report(subject, f"{layer.name}: installing")
                with tempfile.TemporaryDirectory(dir=self._work(), prefix="install-") as directory:
                    found = installed(layer, platform, Path(directory))
                    write(self.sizes_path(layer, platform), canonical(found.sizes).encode())
                    return self._pack(layer.name, found.files, subject, reporter)
            case BytecodeLayer():
                reporter.report(subject, f"{layer.name}: compiling what the base image has")
                with tempfile.TemporaryDirectory(dir=self._work(), prefix="compile-") as directory:
                    files = self._library_bytecode(layer, platform, Path(directory), reporter)
                    return self._pack(layer.name, files, subject, reporter)
            case _:
                assert_never(layer)

    def _library_bytecode(
        self, layer: BytecodeLayer, platform: Platform, directory: Path, reporter: Reporter
    ) -> list[PlannedFile]:
        below = foundation(layer.base, platform, self.cache, reporter)
        sources = directory / "sources"
        sources.mkdir()
        blobs = [self.blob_path(each.digest) for each in below.layers]
        return compiled(uncompiled(layer.base, layer.packages, blobs, sources), directory)

    def _pack(self, name: str, files: Sequence[PlannedFile], subject: str, reporter: Reporter) -> LayerBlob:
        total = sum(_size(file) for file in files)
        with tempfile.TemporaryDirectory(dir=self._work(), prefix="pack-") as directory:
            work = Path(directory, "layer")
            with written(work) as target:
                blob = pack(
                    files,
                    target,
                    source_date_epoch(),
                    lambda done: reporter.report(subject, f"{name}: packing", done=done, total=total),
                )
            path = self.blob_path(blob.digest)
            path.parent.mkdir(parents=True, exist_ok=True)
            work.replace(path)
        return blob

    def _work(self) -> Path:
        path = self.cache / "work"
        try:
            path.mkdir(parents=True, exist_ok=True)
            for left in path.iterdir():
                if left.stat().st_mtime < time.time() - ABANDONED_S:
                    shutil.rmtree(left, ignore_errors=True)
        except FileNotFoundError:
            pass  # another build has just finished with it
        except OSError as error:
            raise unwritable(path, error) from error
        return path


def _size(file: PlannedFile) -> int:
    return len(file.source) if isinstance(file.source, bytes) else file.source.stat().st_size
