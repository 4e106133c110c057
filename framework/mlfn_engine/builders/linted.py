"""A builder that lets no image out which Lambda would refuse."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from mlfn.errors import BuildError

if TYPE_CHECKING:
    from pathlib import Path

    from mlfn_engine.deployer import Builder
    from mlfn_engine.images.values import ImageArtifact, ImagePlan
    from mlfn_engine.linting.findings import Finding
    from mlfn_engine.reporting import Reporter


@dataclass(frozen=True, slots=True)
class LintingBuilder:
    """Looks at every image on a base image that another builder makes."""

    builder: Builder
    cache: Path

    def build(self, plan: ImagePlan, reporter: Reporter) -> ImageArtifact:
        """The image of a plan.

        Raises:
            BuildError: it cannot be built, or Lambda would refuse it; everything wrong with it is told.
        """
        image = self.builder.build(plan, reporter)
        if plan.base is not None:
            errors = look_at(image, self.cache, reporter)
            if any(finding.rule == "size" for finding in errors):
                raise _too_large(plan, errors, self.cache)
            if errors:
                raise unusable(image.function, errors)
        return image


def look_at(image: ImageArtifact, cache: Path, reporter: Reporter) -> list[Finding]:
    """Report everything that is wrong with an image; the errors, for which Lambda would refuse it."""
    from mlfn_engine.linting.findings import Severity  # noqa: PLC0415  images without a base need none of it
    from mlfn_engine.linting.image import lint  # noqa: PLC0415

    found = lint(image.location, cache)
    for finding in found:
        reporter.report(image.function, f"{finding.severity}: {finding.rule}: {finding.message}")
    return [finding for finding in found if finding.severity is Severity.ERROR]


def _too_large(plan: ImagePlan, errors: list[Finding], cache: Path) -> BuildError:
    from mlfn_engine.builders.sizes import image_parts, largest  # noqa: PLC0415  for images that are too large

    return BuildError(
        f"The image of {plan.function!r} is too large: {_told(errors)}.",
        hint=f"The largest parts are {largest(image_parts(plan, cache))}. Leave out what the model does not import; "
        'weights can stay in S3: assets=["s3://bucket/key#sha256=…"].',
    )


def _told(errors: list[Finding]) -> str:
    return "; ".join(f"{finding.rule}: {finding.message}" for finding in errors)


def unusable(function: str, errors: list[Finding]) -> BuildError:
    """The error of an image that Lambda would refuse, or that holds what it must not."""
    return BuildError(
        f"The image of {function!r} cannot be used: {_told(errors)}.",
        hint="Mend the files named, leave them out with exclude under [tool.mlfn], or take another base image.",
    )
