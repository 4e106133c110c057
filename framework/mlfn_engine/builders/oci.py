"""Images without a container engine: an OCI image layout, the same bytes from the same plan on any machine."""

from __future__ import annotations

import json
import os
import shutil
import tempfile
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from mlfn.errors import BuildError
from mlfn_engine.builders.compression import COMPRESSOR
from mlfn_engine.builders.image_documents import (
    LAYOUT,
    blob_digest,
    image_config,
    image_manifest,
    layout_index,
)
from mlfn_engine.builders.layer_archive import LayerBlob, source_date_epoch
from mlfn_engine.builders.layer_cache import LayerCache
from mlfn_engine.cache import FileDigests, cache_dir, unwritable
from mlfn_engine.canonical import digest
from mlfn_engine.plan_digest import plan_digest
from mlfn_engine.values import Base, ImageArtifact

if TYPE_CHECKING:
    from mlfn_engine.reporting import Reporter
    from mlfn_engine.values import ImagePlan

PARALLEL_LAYERS = 2


@dataclass(frozen=True, slots=True)
class OciBuilder:
    """Builds images with what a cache directory keeps."""

    cache: Path

    def build(self, plan: ImagePlan, reporter: Reporter) -> ImageArtifact:
        """The image of a plan; see `build`."""
        return build(plan, self.cache, reporter)


def default_builder() -> OciBuilder:
    """A builder with the cache that all apps share."""
    return OciBuilder(cache_dir())


def build(plan: ImagePlan, cache: Path, reporter: Reporter) -> ImageArtifact:
    """The image of a plan, from the cache where it has been built before.

    Raises:
        BuildError: the plan stands on a base that is not here, a file changed meanwhile, or the disk is full.
        DependencyError: a requirement cannot be installed.
    """
    _check_base(plan)
    location = cache / "images" / digest([plan.digest, COMPRESSOR, source_date_epoch()])
    layers = LayerCache(cache)
    if not (location / "index.json").is_file():
        _check_unchanged(plan, cache)
        with ThreadPoolExecutor(max_workers=PARALLEL_LAYERS) as pool:
            blobs = list(pool.map(lambda each: layers.layer(each, plan.platform, plan.function, reporter), plan.layers))
        _lay_out(plan, [(layer.name, blob) for layer, blob in zip(plan.layers, blobs, strict=True)], layers, location)
    artifact = _artifact(plan, location)
    reporter.report(plan.function, f"image {artifact.version} is ready")
    return artifact


def _check_base(plan: ImagePlan) -> None:
    if plan.platform.base is not Base.HOST:
        raise BuildError(
            f"The image of {plan.function!r} needs Lambda's base image, which mlfn cannot fetch yet.",
            hint="Deploy to the embedded emulator, whose images stand on this machine's Python; "
            "mlfn check resolves the requirements for Lambda all the same.",
        )


def _check_unchanged(plan: ImagePlan, cache: Path) -> None:
    if plan_digest(plan, FileDigests(cache)) != plan.digest:
        raise BuildError(f"A file of {plan.function!r} changed while it was being built.", hint="Run it again.")


def _lay_out(plan: ImagePlan, blobs: list[tuple[str, LayerBlob]], layers: LayerCache, location: Path) -> None:
    """Whole or not at all: made beside its place, then renamed; whoever comes second finds it there."""
    config = image_config(plan, blobs, source_date_epoch())
    manifest = image_manifest(config, blobs)
    small = [(blob_digest(content), content) for content in (config, manifest)]
    paths = [layers.keep(content, name) for name, content in small]
    paths += [layers.blob_path(blob.digest) for _, blob in blobs]
    try:
        location.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=location.parent, prefix=".new-", ignore_cleanup_errors=True) as directory:
            made = Path(directory, "layout")
            _fill(made, paths)
            (made / "oci-layout").write_bytes(LAYOUT)
            (made / "index.json").write_bytes(layout_index(manifest, f"{plan.function}-{plan.version}"))
            if not location.exists():
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


def _artifact(plan: ImagePlan, location: Path) -> ImageArtifact:
    entry = json.loads((location / "index.json").read_bytes())["manifests"][0]
    manifest = json.loads((location / "blobs" / entry["digest"].replace(":", "/")).read_bytes())
    return ImageArtifact(
        function=plan.function,
        plan_digest=plan.digest,
        version=plan.version,
        digest=entry["digest"],
        size_bytes=sum(layer["size"] for layer in manifest["layers"]),
        location=location,
    )
