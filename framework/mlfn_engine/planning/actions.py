"""A plan: what a deploy would do, action by action."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mlfn_engine.values import Target


@dataclass(frozen=True, slots=True, kw_only=True)
class BuildImage:
    """Build an image that is not in the cache."""

    function: str
    version: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PushImage:
    """Upload the layers the registry lacks."""

    function: str
    version: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ApplyStack:
    """Create or update a stack through a change set."""

    stack: str
    create: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class PublishVersion:
    """Publish a new version of a function."""

    function: str
    version: str
    replaces: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class MoveTraffic:
    """Point a function's three aliases at the newest version."""

    function: str
    version: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RemoveFunction:
    """Remove a function that the app no longer declares."""

    function: str


Action = BuildImage | PushImage | ApplyStack | PublishVersion | MoveTraffic | RemoveFunction


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What a deploy would do, in order; nothing, if what is deployed is what is declared."""

    app: str
    stage: str
    target: Target
    actions: tuple[Action, ...]
