"""What a deploy needs from its neighbours: a builder and a deployer."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol, runtime_checkable

if TYPE_CHECKING:
    from mlfn_engine.images.values import ImageArtifact, ImagePlan
    from mlfn_engine.planning.saved import World
    from mlfn_engine.releases.history import Approved
    from mlfn_engine.reporting import Reporter
    from mlfn_engine.values import AppGraph, Deployment, Template


@dataclass(frozen=True, slots=True, kw_only=True)
class PlatformRelease:
    """The platform's own functions, and the bucket and key they seal with."""

    seal: Template
    functions: Template
    image: ImageArtifact | None
    """None: what is deployed is this already."""
    digest: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Release:
    """Everything a deployer applies at once."""

    graph: AppGraph
    base: Template
    platform: PlatformRelease
    app: Template
    images: tuple[ImageArtifact, ...]
    """The images that are new; every other function keeps the one it has."""
    digest: str
    canary_percent: int | None = None
    """The share of the calls that new versions get at first; None: all of them; 0: none."""
    world: World | None = None
    """What was deployed when this was planned; anything else is refused. None: whatever there is."""
    approved: Approved | None = None
    """Who agreed to it, for the release log."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Removal:
    """What a destroy left and why, by name; empty when nothing is left."""

    removed: tuple[str, ...]
    retained: tuple[str, ...]


class Builder(Protocol):
    """Makes images."""

    def build(self, plan: ImagePlan, reporter: Reporter) -> ImageArtifact:
        """The image of a plan, from the cache where it has been built before.

        Raises:
            BuildError: the image cannot be built.
        """


class Deployer(Protocol):
    """Knows a target and changes it."""

    def describe(self, app: str, stage: str) -> Deployment | None:
        """What is deployed, or None.

        Raises:
            TargetError: the target does not answer.
        """

    def settle(self, app: str, stage: str, reporter: Reporter) -> None:
        """Wait until nothing about an app is changing any more."""

    def platform_digest(self, stage: str) -> str | None:
        """The digest of the platform functions that a stage has, if it has any."""

    def template(self, app: str, stage: str) -> str | None:
        """The template that is deployed, as it was sent, or None."""

    def apply(self, release: Release, reporter: Reporter) -> Deployment:
        """Make a release the deployed one, traffic included.

        Raises:
            DeployError: it failed; what was deployed before still answers.
        """

    def destroy(self, app: str, stage: str, reporter: Reporter) -> Removal:
        """Remove an app; the base stack with the audit table stays."""

    def destroy_base(self, stage: str, reporter: Reporter) -> Removal:
        """Remove what the apps of a stage share, the audit trail included.

        Raises:
            DeployError: apps of that stage are still deployed.
        """


@runtime_checkable
class Asked(Protocol):
    """A deployer whose target keeps what pipelines ask people."""

    def open_questions(self, app: str, stage: str) -> int | None:
        """How many of them wait; None if that cannot be told."""


@runtime_checkable
class Choosy(Protocol):
    """A deployer whose target may lack something."""

    def refuse_lacking(self, graph: AppGraph) -> None:
        """Stop before anything is made if the target lacks what the app needs.

        Raises:
            DeployError: it does.
        """
