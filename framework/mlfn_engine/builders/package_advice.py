"""Which type of package suits a function, told from what was measured."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlfn_engine.builders.zip_package import UNZIPPED_LIMIT
from mlfn_engine.values import PackageType

if TYPE_CHECKING:
    from mlfn_engine.images.values import ImagePlan

SMALL = 50_000_000
"""Unpacked: below it, uploading all of an archive for one changed line takes no longer than the rest of a deploy."""
TIGHT = 0.8 * UNZIPPED_LIMIT


def advice(plan: ImagePlan, unzipped_bytes: int) -> str:
    """What the function is, how large, and which type of package would be better, with the reason."""
    size = f"{plan.function} is {_noun(plan.package)} of {unzipped_bytes / 1e6:,.1f} MB unpacked"
    limit = f"an archive's limit of {UNZIPPED_LIMIT / 1e6:,.0f} MB"
    if unzipped_bytes > UNZIPPED_LIMIT:
        return f"{size}: only an image can be, it is over {limit}"
    if unzipped_bytes > TIGHT:
        return f"{size}: an image is better, {limit} is near"
    if unzipped_bytes > SMALL:
        return f"{size}: an image is better, of which one changed line uploads a layer of some kB, of an archive all"
    return f"{size}: either does; an archive needs no base image and AWS patches its Python, an image uploads less"


def _noun(package: PackageType) -> str:
    return "an image, its base not counted," if package is PackageType.IMAGE else "an archive"
