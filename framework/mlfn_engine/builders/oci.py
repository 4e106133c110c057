"""Images without a container engine: an OCI image layout, the same bytes from the same plan on any machine."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

from mlfn.errors import BuildError
from mlfn_engine.canonical import digest
from mlfn_engine.images.values import ImageArtifact
from mlfn_engine.oci.packing import COMPRESSOR, source_date_epoch
from mlfn_engine.values import Base

if TYPE_CHECKING:
    from pathlib import Path

    from mlfn_engine.images.values import ImagePlan
    from mlfn_engine.reporting import Reporter


@dataclass(frozen=True, slots=True)
class OciBuilder:
    """Builds images with what a cache directory keeps."""

    cache: Path

    def build(self, plan: ImagePlan, reporter: Reporter) -> ImageArtifact:
        """The image of a plan; see `build`."""
        return build(plan, self.cache, reporter)


def build(plan: ImagePlan, cache: Path, reporter: Reporter) -> ImageArtifact:
    """The image of a plan, from the cache where it has been built before.

    Raises:
        BuildError: the plan stands on a base that is not here, a file changed meanwhile, or the disk is full.
        DependencyError: a requirement cannot be installed.
    """
    _check_base(plan)
    location = _location(plan, cache)
    if not (location / "index.json").is_file():
        from mlfn_engine.builders.image_layout import make_layout  # noqa: PLC0415  a tenth of a build with no change

        make_layout(plan, cache, location, reporter)
    artifact = artifact_in(location, plan.function, plan.digest)
    reporter.report(plan.function, f"image {artifact.version} is ready")
    return artifact


def built_layout(plan: ImagePlan, cache: Path) -> Path | None:
    """The OCI layout of a plan's image, if it has been built."""
    location = _location(plan, cache)
    return location if (location / "index.json").is_file() else None


def _location(plan: ImagePlan, cache: Path) -> Path:
    return cache / "images" / digest([plan.digest, COMPRESSOR, source_date_epoch()])


def _check_base(plan: ImagePlan) -> None:
    if plan.platform.base is not Base.HOST and plan.base is None:
        raise BuildError(
            f"The image of {plan.function!r} needs a base image, and none is locked.",
            hint="mlfn lock pins AWS's base image by its digest; where no registry can be reached, make one with "
            "mlfn base debian and name it in pyproject.toml.",
        )


def artifact_in(location: Path, function: str, plan_digest: str) -> ImageArtifact:
    """The image in a layout that has been built."""
    entry = json.loads((location / "index.json").read_bytes())["manifests"][0]
    manifest = json.loads((location / "blobs" / entry["digest"].replace(":", "/")).read_bytes())
    return ImageArtifact(
        function=function,
        plan_digest=plan_digest,
        version=plan_digest[:12],
        digest=entry["digest"],
        size_bytes=sum(layer["size"] for layer in manifest["layers"]),
        location=location,
    )
