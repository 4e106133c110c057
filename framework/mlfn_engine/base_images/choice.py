"""Which base image a project's functions stand on."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlfn.errors import BuildError
from mlfn_engine.base_images.references import LayoutReference, parse_reference
from mlfn_engine.base_images.store import BaseStore, located
from mlfn_engine.dependencies.lock_file import read_pins
from mlfn_engine.platforms import lambda_platform
from mlfn_engine.projects.package_settings import read_settings

if TYPE_CHECKING:
    from pathlib import Path

    from mlfn_engine.images.values import BaseImage
    from mlfn_engine.reporting import Reporter
    from mlfn_engine.values import Architecture


def base_reference(root: Path, architecture: Architecture) -> str:
    """What `[tool.mlfn] base` names, else AWS's own base image for Lambda."""
    default = f"public.ecr.aws/lambda/python:{lambda_platform(architecture).python}"
    return read_settings(root).base or default


def chosen_base(root: Path, architecture: Architecture, cache: Path, reporter: Reporter) -> BaseImage | None:
    """The base image that a project is locked to, or the layout or digest it names; None where it names nothing.

    Raises:
        BuildError: it names a tag, which may mean another image tomorrow, and is not locked.
    """
    named = read_settings(root).base
    reference = parse_reference(named, root) if named else None
    location = located(named, reference) if named and reference else None
    pinned = read_pins(root).base(architecture, location)
    if pinned and named in {None, pinned.reference}:
        return pinned
    if named is None or reference is None:
        return None
    if isinstance(reference, LayoutReference) or reference.wanted.startswith("sha256:"):
        return BaseStore(cache, reporter).find(named, root, architecture)
    raise BuildError(
        f"The base image {named} is named by a tag and is not locked.",
        hint="Pin it by its digest: mlfn lock writes mlfn.lock; commit that file.",
    )
