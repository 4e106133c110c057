"""Write an image as an OCI image layout, whole or not at all."""

from __future__ import annotations

import os
import shutil
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING

from mlfn.errors import BuildError
from mlfn_engine.builders.base_layers import foundation
from mlfn_engine.builders.image_config import image_config
from mlfn_engine.builders.layer_cache import LayerCache
from mlfn_engine.cache import FileDigests, unwritable
from mlfn_engine.images.plan_digest import plan_digest
from mlfn_engine.oci.documents import LAYOUT, blob_digest, image_manifest, layout_index
from mlfn_engine.oci.packing import source_date_epoch

if TYPE_CHECKING:
    from mlfn_engine.builders.base_layers import Foundation
    from mlfn_engine.images.values import ImagePlan, Layer
    from mlfn_engine.oci.layer_archive import LayerBlob
    from mlfn_engine.reporting import Reporter

PARALLEL_LAYERS = 2


def make_layout(plan: ImagePlan, cache: Path, location: Path, reporter: Reporter) -> None:
    """Pack what the cache lacks of a plan's layers and lay the image out at `location`.

    Raises:
        BuildError: a file changed since it was planned, or the cache cannot be written.
    """
    check_unchanged(plan, cache)
    below = foundation(plan.base, plan.platform, cache, reporter)
    blobs = packed_layers(plan, cache, reporter)
    _lay_out(plan, below, list(zip(plan.layers, blobs, strict=True)), location)


def packed_layers(plan: ImagePlan, cache: Path, reporter: Reporter) -> list[LayerBlob]:
    """The plan's own layers, packed now where the cache lacks them."""
    layers = LayerCache(cache)
    with ThreadPoolExecutor(max_workers=PARALLEL_LAYERS) as pool:
        return list(pool.map(lambda each: layers.layer(each, plan.platform, plan.function, reporter), plan.layers))


def check_unchanged(plan: ImagePlan, cache: Path) -> None:
    """Hold the files of a plan to what they were when it was made.

    Raises:
        BuildError: one has changed.
    """
    if plan_digest(plan, FileDigests(cache)) != plan.digest:
        raise BuildError(f"A file of {plan.function!r} changed while it was being built.", hint="Run it again.")


def _lay_out(plan: ImagePlan, below: Foundation, own: list[tuple[Layer, LayerBlob]], location: Path) -> None:
    """Whole or not at all: made beside its place, then renamed; whoever comes second finds it there."""
    layers = LayerCache(location.parents[1])
    blobs = [*below.layers, *(blob for _, blob in own)]
    config = image_config(plan, below, [(layer.name, blob) for layer, blob in own], source_date_epoch())
    manifest = image_manifest(config, blobs)
    small = [(blob_digest(content), content) for content in (config, manifest)]
    paths = [layers.keep(content, name) for name, content in small]
    paths += [layers.blob_path(blob.digest) for blob in blobs]
    try:
        location.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=location.parent, prefix=".new-", ignore_cleanup_errors=True) as directory:
            made = Path(directory, "layout")
            _fill(made, paths)
            (made / "oci-layout").write_bytes(LAYOUT)
            (made / "index.json").write_bytes(layout_index(manifest, f"{plan.function}-{plan.version}"))
            if not (location / "index.json").is_file():
                shutil.rmtree(location, ignore_errors=True)  # what is left of one that was damaged
                made.rename(location)
    except OSError as error:
        if not (location / "index.json").is_file():
            raise unwritable(location, error) from error


def _fill(layout: Path, paths: list[Path]) -> None:
    for path in paths:
        target = layout / "blobs" / path.parent.name / path.name
        target.parent.mkdir(parents=True, exist_ok=True)
        if not target.exists():
            _link(path, target)


def _link(path: Path, target: Path) -> None:
    try:
        os.link(path, target)
    except OSError:
        shutil.copyfile(path, target)  # a file system without hard links
