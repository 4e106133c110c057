"""Carry out a plan: build what changed, then let the deployer apply the release."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING

from mlfn_engine.deployer import PlatformRelease, Release
from mlfn_engine.planning.actions import BuildImage

if TYPE_CHECKING:
    from mlfn_engine.deployer import Builder, Deployer
    from mlfn_engine.images.values import ImageArtifact, ImagePlan
    from mlfn_engine.planning.actions import Plan
    from mlfn_engine.planning.blueprint import Blueprint
    from mlfn_engine.planning.saved import World
    from mlfn_engine.releases.history import Approved
    from mlfn_engine.reporting import Reporter
    from mlfn_engine.values import Deployment

PARALLEL_BUILDS = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """On what terms a plan is carried out."""

    canary_percent: int | None = None
    """The share of the calls that new versions get at first; None: all of them; 0: none."""
    world: World | None = None
    """What was deployed when it was made: if that has changed, nothing is applied. None: whatever there is."""
    approved: Approved | None = None
    """Who agreed to it, for the release log."""


UNCONDITIONALLY = Terms()


def build_images(images: tuple[ImagePlan, ...], builder: Builder, reporter: Reporter) -> tuple[ImageArtifact, ...]:
    """Build several images side by side, in the order given.

    Raises:
        BuildError: the first that cannot be built.
    """
    if not images:
        return ()
    with ThreadPoolExecutor(max_workers=PARALLEL_BUILDS) as pool:
        return tuple(pool.map(lambda plan: builder.build(plan, reporter), images))


def execute(
    plan: Plan,
    blueprint: Blueprint,
    *,
    builder: Builder,
    deployer: Deployer,
    reporter: Reporter,
    terms: Terms = UNCONDITIONALLY,
) -> Deployment:
    """Build, push, apply and move traffic, as the plan says.

    Raises:
        BuildError: nothing has been deployed.
        DeployError: what was deployed before still answers.
    """
    wanted = {action.function for action in plan.actions if isinstance(action, BuildImage)}
    images = tuple(image for image in blueprint.images if image.function in wanted)
    platform = blueprint.platform
    changed = () if deployer.platform_digest(plan.stage) == platform.digest else (platform.image,)
    built = build_images((*images, *changed), builder, reporter)
    release = Release(
        graph=blueprint.graph,
        base=blueprint.base,
        platform=PlatformRelease(
            seal=platform.seal,
            functions=platform.functions,
            image=built[-1] if changed else None,
            digest=platform.digest,
        ),
        app=blueprint.app,
        images=built[: len(images)],
        digest=blueprint.release,
        canary_percent=terms.canary_percent,
        world=terms.world,
        approved=terms.approved,
    )
    return deployer.apply(release, reporter)
