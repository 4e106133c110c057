"""A deployer that keeps everything in memory: for tests, and the conformance suite's simplest subject."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlfn.errors import DeployError
from mlfn_engine.deployer import Removal
from mlfn_engine.values import Deployment

if TYPE_CHECKING:
    from mlfn_engine.deployer import Release
    from mlfn_engine.reporting import Reporter
    from mlfn_engine.values import Target


class MemoryDeployer:
    """Remembers what was deployed; publishes a version for every new image."""

    def __init__(self, target: Target) -> None:
        self._target = target
        self._deployments: dict[tuple[str, str], Deployment] = {}
        self._templates: dict[tuple[str, str], str] = {}
        self._platforms: dict[str, str] = {}
        self._published: dict[tuple[str, str, str], int] = {}

    def describe(self, app: str, stage: str) -> Deployment | None:
        """What is deployed, or None."""
        return self._deployments.get((app, stage))

    def settle(self, app: str, stage: str, reporter: Reporter) -> None:
        """Nothing here takes time."""

    def platform_digest(self, stage: str) -> str | None:
        """What was applied last."""
        return self._platforms.get(stage)

    def template(self, app: str, stage: str) -> str | None:
        """The template that was deployed, or None."""
        return self._templates.get((app, stage))

    def apply(self, release: Release, reporter: Reporter) -> Deployment:
        """Make a release the deployed one."""
        graph = release.graph
        before = self.describe(graph.app, graph.stage)
        images = dict(before.images) if before else {}
        images.update({image.function: image.version for image in release.images})
        keys = [function.key for function in graph.functions]
        if missing := [key for key in keys if key not in images]:
            raise DeployError(f"No image for {', '.join(missing)}.", hint="Build the images before applying.")
        for image in release.images:
            key = (graph.app, graph.stage, image.function)
            self._published[key] = self._published.get(key, 0) + 1
            reporter.report(image.function, f"published version {self._published[key]}")
        published = tuple((key, str(self._published[graph.app, graph.stage, key])) for key in keys)
        deployment = Deployment(
            app=graph.app,
            stage=graph.stage,
            target=self._target.name,
            outputs=(),
            images=tuple((key, images[key]) for key in keys),
            published=published,
            traffic=self._traffic(release, before, published),
            held=(),
            release=release.digest,
            updated_at="1970-01-01T00:00:00Z",
        )
        self._deployments[graph.app, graph.stage] = deployment
        self._templates[graph.app, graph.stage] = release.app.body
        self._platforms[graph.stage] = release.platform.digest
        return deployment

    def _traffic(
        self, release: Release, before: Deployment | None, published: tuple[tuple[str, str], ...]
    ) -> tuple[tuple[str, str], ...]:
        """The newest versions; during a canary those that answered before, which most calls still go to."""
        answering = dict(before.traffic) if before and release.canary_percent else {}
        return tuple((key, answering.get(key, number)) for key, number in published)

    def destroy(self, app: str, stage: str, reporter: Reporter) -> Removal:
        """Forget an app."""
        reporter.report(f"{app}-{stage}", "removed")
        found = self._deployments.pop((app, stage), None)
        return Removal(removed=(f"{app}-{stage}",) if found else (), retained=())

    def destroy_base(self, stage: str, reporter: Reporter) -> Removal:
        """Refuse while apps are there."""
        if apps := sorted(app for app, its_stage in self._deployments if its_stage == stage):
            raise DeployError(
                f"Stage {stage!r} still has apps: {', '.join(apps)}.", hint="Destroy them first: mlfn destroy."
            )
        reporter.report(f"mlfn-base-{stage}", "removed")
        return Removal(removed=(f"mlfn-base-{stage}",), retained=())
