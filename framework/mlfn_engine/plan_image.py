"""Describe the image of a function in full, before anything is built."""

from __future__ import annotations

from typing import TYPE_CHECKING, assert_never

from mlfn_engine.cache import FileDigests, cache_dir
from mlfn_engine.images.plan_digest import identified
from mlfn_engine.languages import packager
from mlfn_engine.values import IngressSource, Language, ModelSource

if TYPE_CHECKING:
    from pathlib import Path

    from mlfn_engine.images.values import BaseImage, ImagePlan, Platform
    from mlfn_engine.values import AppGraph, Function


def plan_image(
    function: Function,
    graph: AppGraph,
    platform: Platform,
    *,
    base: BaseImage | None = None,
    cache: Path | None = None,
) -> ImagePlan:
    """The image of a function for a platform, on its base image; equal inputs give equal digests, on any machine.

    Raises:
        DependencyError: a requirement cannot be resolved for the platform.
        BuildError: a file of the project cannot be put into an image.
    """
    directory = cache or cache_dir()
    draft = packager(_language(function), directory).plan_image(function, graph, platform, base)
    return identified(draft, FileDigests(directory))


def _language(function: Function) -> Language:
    match function.source:
        case ModelSource(model=model):
            return model.language
        case IngressSource():
            return Language.PYTHON
        case _:
            assert_never(function.source)
