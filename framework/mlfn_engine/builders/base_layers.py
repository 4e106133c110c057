"""What an image takes over from its base."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from mlfn_engine.base_images.store import BaseStore
from mlfn_engine.oci.layer_archive import LayerBlob

if TYPE_CHECKING:
    from pathlib import Path

    from mlfn_engine.images.values import BaseImage, Platform
    from mlfn_engine.reporting import Reporter


@dataclass(frozen=True, slots=True, kw_only=True)
class Foundation:
    """A base image's layers and configuration; both empty for an image without a base."""

    layers: tuple[LayerBlob, ...] = ()
    config: dict[str, Any]


def foundation(base: BaseImage | None, platform: Platform, cache: Path, reporter: Reporter) -> Foundation:
    """What lies below an image's own layers, in the cache.

    Raises:
        MlfnError: the base image cannot be had.
    """
    if base is None:
        return Foundation(config={})
    documents, config = BaseStore(cache, reporter).documents(base, platform.architecture)
    layers = tuple(
        LayerBlob(digest=part.digest, size=part.size, diff_id=diff_id)
        for part, diff_id in zip(documents.layers, config["rootfs"]["diff_ids"], strict=True)
    )
    return Foundation(layers=layers, config=config)
