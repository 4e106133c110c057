"""Builds whatever a plan asks for: an image or a zip archive."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, assert_never

from mlfn_engine.builders import oci
from mlfn_engine.builders.linted import LintingBuilder
from mlfn_engine.cache import cache_dir
from mlfn_engine.values import PackageType

if TYPE_CHECKING:
    from pathlib import Path

    from mlfn_engine.deployer import Builder
    from mlfn_engine.images.values import ImageArtifact, ImagePlan
    from mlfn_engine.reporting import Reporter


@dataclass(frozen=True, slots=True)
class PackageBuilder:
    """Builds with what a cache directory keeps."""

    cache: Path

    def build(self, plan: ImagePlan, reporter: Reporter) -> ImageArtifact:
        """The image or archive of a plan.

        Raises:
            BuildError: it cannot be built, or is too large to be an archive.
        """
        match plan.package:
            case PackageType.IMAGE:
                return oci.build(plan, self.cache, reporter)
            case PackageType.ZIP:
                from mlfn_engine.builders.zip_package import build_zip  # noqa: PLC0415  for those who ask for it

                return build_zip(plan, self.cache, reporter)
            case _:
                assert_never(plan.package)


def default_builder() -> Builder:
    """A builder with the cache that all apps share; it lets nothing out which Lambda would refuse."""
    return LintingBuilder(PackageBuilder(cache_dir()), cache_dir())
