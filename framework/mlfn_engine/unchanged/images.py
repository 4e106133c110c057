"""The images of a project, from the last build where nothing has changed since."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from mlfn_engine.builders.linted import look_at
from mlfn_engine.builders.oci import artifact_in
from mlfn_engine.values import PackageType

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from mlfn_engine.images.values import ImageArtifact, ImagePlan
    from mlfn_engine.reporting import Reporter
    from mlfn_engine.unchanged.build_record import BuildRecord
    from mlfn_engine.unchanged.reading import Reading


def unchanged_images(record: BuildRecord, cache: Path, reporter: Reporter) -> tuple[ImageArtifact, ...] | None:
    """The images of the last build; None where it has to be looked at anew."""
    kept = record.known()
    images = [_built(each) for each in kept or ()]
    if kept is None or not all(images):
        return None
    found = tuple(image for image in images if image)
    for image, each in zip(found, kept, strict=True):
        if each["based"]:
            look_at(image, cache, reporter)
        reporter.report(image.function, f"{image.package} {image.version} is ready, unchanged")
    return found


def _built(kept: dict[str, Any]) -> ImageArtifact | None:
    location, function, plan_digest = Path(kept["location"]), kept["function"], kept["plan_digest"]
    if kept["package"] == PackageType.ZIP:
        from mlfn_engine.builders.zip_package import zip_in  # noqa: PLC0415  for those who ask for archives

        return zip_in(location, function, plan_digest)
    return artifact_in(location, function, plan_digest) if (location / "index.json").is_file() else None


def remember_images(
    record: BuildRecord,
    reading: Reading,
    imported: set[str],
    plans: tuple[ImagePlan, ...],
    images: tuple[ImageArtifact, ...],
) -> None:
    """Let the next build begin with these."""
    results = [
        {
            "function": image.function,
            "plan_digest": image.plan_digest,
            "location": str(image.location),
            "package": image.package,
            "based": plan.base is not None,
        }
        for plan, image in zip(plans, images, strict=True)
    ]
    record.keep(reading, imported, set(_sources(plans)), results)


def _sources(plans: Iterable[ImagePlan]) -> Iterator[Path]:
    from mlfn_engine.images.values import FilesLayer  # noqa: PLC0415 - not where nothing has changed

    layers = (layer for plan in plans for layer in plan.layers if isinstance(layer, FilesLayer))
    yield from (file.source for layer in layers for file in layer.files if not isinstance(file.source, bytes))
