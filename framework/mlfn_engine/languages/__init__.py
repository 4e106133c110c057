"""How a model of each language is packaged: language → `module:class`, imported on demand."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Protocol

from mlfn_engine.values import Language

if TYPE_CHECKING:
    from pathlib import Path

    from mlfn_engine.images.values import BaseImage, ImagePlan, Platform
    from mlfn_engine.values import AppGraph, Function

LANGUAGES = {
    Language.PYTHON: "mlfn_engine.languages.python:Python",
}


class Packager(Protocol):
    """Plans the images of one language."""

    def plan_image(
        self, function: Function, graph: AppGraph, platform: Platform, base: BaseImage | None = None
    ) -> ImagePlan:
        """The image of a function, described but for its digest and version."""


def packager(language: Language, cache: Path) -> Packager:
    """The packager of a language."""
    module, _, name = LANGUAGES[language].partition(":")
    found: Packager = getattr(importlib.import_module(module), name)(cache)
    return found
