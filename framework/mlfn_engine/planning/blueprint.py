"""What a plan is made from: everything as it should be."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mlfn_engine.images.values import ImagePlan
    from mlfn_engine.values import AppGraph, Template


@dataclass(frozen=True, slots=True, kw_only=True)
class PlatformBlueprint:
    """The platform's own functions as they should be."""

    seal: Template
    functions: Template
    image: ImagePlan
    digest: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Blueprint:
    """What a plan was made from."""

    graph: AppGraph
    images: tuple[ImagePlan, ...]
    base: Template
    platform: PlatformBlueprint
    app: Template
    release: str
