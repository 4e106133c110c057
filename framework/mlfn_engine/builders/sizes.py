"""What takes up the room in an image."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, assert_never

from mlfn_engine.builders.base_layers import foundation
from mlfn_engine.builders.layer_cache import LayerCache
from mlfn_engine.images.values import BytecodeLayer, FilesLayer, RequirementsLayer
from mlfn_engine.linting.image import unpacked_size
from mlfn_engine.reporting import SilentReporter

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mlfn_engine.images.values import ImagePlan, Layer


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """A package, an asset or a layer, unpacked."""

    layer: str
    name: str
    size_bytes: int


def image_parts(plan: ImagePlan, cache: Path) -> tuple[Part, ...]:
    """The parts of an image that has been built, the largest first."""
    parts = [part for layer in plan.layers for part in _layer_parts(layer, plan, cache)]
    if plan.base:
        below = foundation(plan.base, plan.platform, cache, SilentReporter())
        blobs = [LayerCache(cache).blob_path(each.digest) for each in below.layers]
        size = sum(unpacked_size(blob, cache) for blob in blobs)
        parts.append(Part(layer="base", name=plan.base.reference, size_bytes=size))
    return tuple(sorted(parts, key=lambda part: (-part.size_bytes, part.layer, part.name)))


def largest(parts: tuple[Part, ...], count: int = 3) -> str:
    """The largest parts in words."""
    return ", ".join(f"{part.name} {part.size_bytes / 1e6:,.0f} MB" for part in parts[:count])


def _layer_parts(layer: Layer, plan: ImagePlan, cache: Path) -> Iterator[Part]:
    match layer:
        case FilesLayer(name="assets"):
            for file in layer.files:
                size = len(file.source) if isinstance(file.source, bytes) else file.source.stat().st_size
                yield Part(layer=layer.name, name=PurePosixPath(file.path).name, size_bytes=size)
        case RequirementsLayer():
            kept = LayerCache(cache).sizes_path(layer, plan.platform)
            sizes = json.loads(kept.read_bytes()) if kept.is_file() else {}
            for name, size in sizes.items():
                yield Part(layer=layer.name, name=name, size_bytes=size)
            for each in layer.lent:
                yield Part(layer=layer.name, name=f"{each.name} {each.version} (from the base)", size_bytes=0)
        case FilesLayer() | BytecodeLayer():
            blob = LayerCache(cache).known(layer, plan.platform)
            if blob:
                path = LayerCache(cache).blob_path(blob.digest)
                yield Part(layer=layer.name, name=layer.name, size_bytes=unpacked_size(path, cache, own=True))
        case _:
            assert_never(layer)
