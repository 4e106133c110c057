"""Code alone, without CloudFormation: push, UpdateFunctionCode, PublishVersion, a call, traffic."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

from mlfn.errors import DeployError
from mlfn_deployers.aws.api.errors import translated
from mlfn_deployers.aws.api.pace import poll_s
from mlfn_deployers.aws.packages.uploading import push_package
from mlfn_deployers.aws.releases import traffic
from mlfn_deployers.aws.releases.latest import Latest
from mlfn_deployers.aws.releases.smoke import smoke_test
from mlfn_deployers.aws.releases.versions import AwsReleases
from mlfn_engine.releases.history import Basis, Move, ShiftKind
from mlfn_engine.releases.revision import source_revision

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mlfn_deployers.aws.api.clients import Clients
    from mlfn_engine.images.values import ImageArtifact
    from mlfn_engine.reporting import Reporter
    from mlfn_engine.values import AppGraph, Function, Target

PARALLEL = 4
REASON = "fast: code alone"


class FastDeploy:
    """Fast deploys to one target."""

    def __init__(self, target: Target, reporter: Reporter, clients: Clients) -> None:
        self._target = target
        self._reporter = reporter
        self._releases = AwsReleases(target, reporter, clients)
        self._clients = clients

    def answering(self, app: str, stage: str) -> dict[str, str]:
        """By function key, the image version that answers now.

        Raises:
            DeployError: a canary is under way.
        """
        functions = self._releases.versions(app, stage)
        if canaries := [each.function for each in functions if each.canary]:
            raise DeployError(
                f"A canary of {', '.join(canaries)} is under way.", hint="End it first: mlfn promote or mlfn rollback."
            )
        images = {
            each.function: {str(version.number): version.image for version in each.versions} for each in functions
        }
        return {each.function: images[each.function].get(str(each.answering), "") for each in functions}

    def run(self, graph: AppGraph, images: Sequence[ImageArtifact]) -> tuple[Move, ...]:
        """Make these images answer, each once a call has shown that it does.

        Raises:
            DeployError: one fails its call; nothing has moved.
        """
        functions = {function.key: function for function in graph.functions}
        with translated(self._target), ThreadPoolExecutor(max_workers=PARALLEL) as pool:
            base = self._base(graph.stage)
            uris = pool.map(lambda image: push_package(self._clients, base, graph.app, image, self._reporter), images)
            pairs = tuple(zip((functions[image.function] for image in images), images, uris, strict=True))
            latest = Latest(client=self._clients.functions, bucket=base["DataBucket"], poll_s=poll_s(self._target))
            numbers = tuple(pool.map(lambda each: self._publish(latest, *each), pairs))
            moves = tuple(self._move(function, number) for (function, _, _), number in zip(pairs, numbers, strict=True))
        revision = source_revision(graph.root)
        self._releases.log(graph.app, graph.stage, ShiftKind.DEPLOY, moves, Basis(revision=revision, reason=REASON))
        return moves

    def _publish(self, latest: Latest, function: Function, image: ImageArtifact, uri: str) -> str:
        number = latest.publish(function.name, uri, image.version)
        smoke_test(self._clients.functions, function, number, needs_example=False)
        self._reporter.report(function.key, f"published version {number}")
        return number

    def _move(self, function: Function, number: str) -> Move:
        was = traffic.current(self._clients.functions, function.name)
        traffic.move(self._clients.functions, function.name, number)
        self._reporter.report(function.key, f"answers with version {number}")
        return Move(function=function.key, source=was.version if was else None, to=number)

    def _base(self, stage: str) -> dict[str, str]:
        """The base stack's outputs."""
        (stack,) = self._clients.cloudformation.describe_stacks(StackName=f"mlfn-base-{stage}")["Stacks"]
        return {each["OutputKey"]: each["OutputValue"] for each in stack.get("Outputs", ())}
