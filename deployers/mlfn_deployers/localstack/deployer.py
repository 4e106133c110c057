"""The AWS deployer at an endpoint that lacks some of AWS."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from mlfn_deployers.aws.deployer import AwsDeployer, reachable
from mlfn_deployers.localstack import capabilities
from mlfn_deployers.localstack.capabilities import PLATFORM, judge, lacks
from mlfn_deployers.localstack.endpoint import look_at

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mlfn_deployers.aws.platform import PlatformFunctions
    from mlfn_engine.deployer import PlatformRelease, Release
    from mlfn_engine.reporting import Reporter
    from mlfn_engine.values import AppGraph, Deployment, Target


class WithoutPlatform:
    """Stands for the platform's functions where they cannot run."""

    def digest(self) -> str | None:
        """There are none."""
        return None

    def apply(self, release: PlatformRelease, base: Mapping[str, str], reporter: Reporter) -> str:
        """Nothing is made, and there is no writer."""
        reporter.report("platform functions", "are left out: the endpoint cannot run them")
        return ""

    def settle(self, reporter: Reporter) -> None:
        """Nobody reads the logs."""


def by_path(api_url: str, endpoint_url: str) -> str:
    """An API's URL below its endpoint: nobody's resolver need know the host that it has a name of its own on."""
    api, _, rest = (urlsplit(api_url).hostname or "").partition(".execute-api.")
    return f"{endpoint_url}/_aws/execute-api/{api}/$default" if rest else reachable(api_url, endpoint_url)


class LocalstackDeployer(AwsDeployer):
    """Deploys to what speaks LocalStack's protocol, as far as it reaches."""

    def __init__(self, target: Target) -> None:
        super().__init__(target)
        self._endpoint = look_at(target.endpoint_url or "")

    def refuse_lacking(self, graph: AppGraph) -> None:
        """Stop before anything is made if the endpoint lacks what the app needs.

        Raises:
            DeployError: it does.
        """
        capabilities.refuse_lacking(self._endpoint, graph)

    def apply(self, release: Release, reporter: Reporter) -> Deployment:
        """As in AWS; a canary only where weights count. In what the templates differ from AWS's is told."""
        capabilities.refuse_lacking(self._endpoint, release.graph, canary=release.canary_percent is not None)
        for each in judge(self._endpoint):
            if not each.has and each.capability.changes_templates:
                reporter.report(f"without {each.capability.name}", each.capability.without)
        return super().apply(release, reporter)

    def _api_url(self, told: str) -> str:
        return by_path(told, self._target.endpoint_url or "")

    def _platform(self, stage: str) -> PlatformFunctions:
        if lacks(judge(self._endpoint), PLATFORM):
            return WithoutPlatform()
        return super()._platform(stage)
