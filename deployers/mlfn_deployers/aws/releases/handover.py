"""The end of a deploy: new versions take over from old ones, at once or with a share of the calls."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from mlfn_deployers.aws.releases import traffic
from mlfn_deployers.aws.releases.latest import FAST
from mlfn_deployers.aws.releases.smoke import smoke_test
from mlfn_engine.releases.history import Basis, Move, ShiftKind
from mlfn_engine.releases.revision import source_revision

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mypy_boto3_lambda import LambdaClient

    from mlfn_deployers.aws.releases.traffic import Answering
    from mlfn_deployers.aws.releases.versions import AwsReleases
    from mlfn_engine.deployer import Release
    from mlfn_engine.reporting import Reporter
    from mlfn_engine.values import Function


@dataclass(frozen=True, slots=True, kw_only=True)
class Handover:
    """Moves the traffic of one release."""

    functions: LambdaClient
    log: AwsReleases
    reporter: Reporter
    percent: int | None
    """The share of the calls that new versions get; None: all of them; 0: none, until somebody promotes them."""

    def hand_over(
        self, release: Release, outputs: Mapping[str, str], before: Mapping[str, Answering | None]
    ) -> tuple[Move, ...]:
        """Point every function at its newest version, but for those held below that very version; log it."""
        graph = release.graph
        for function in graph.functions:
            self._try(function, outputs[f"{function.logical_id}LambdaVersion"], before[function.key])
        moves = [
            self._move(
                function, outputs[f"{function.logical_id}LambdaVersion"], self._now(function, before[function.key])
            )
            for function in graph.functions
        ]
        split = tuple(move for move, is_split in filter(None, moves) if is_split)
        whole = tuple(move for move, is_split in filter(None, moves) if not is_split)
        basis = Basis(revision=source_revision(graph.root) if split or whole else None, approved=release.approved)
        if whole:
            self.log.log(graph.app, graph.stage, ShiftKind.DEPLOY, whole, basis)
        if split:
            basis = replace(basis, reason=f"{self.percent} % of the calls")
            self.log.log(graph.app, graph.stage, ShiftKind.CANARY, split, basis)
        return (*whole, *split)

    def _try(self, function: Function, newest: str, was: Answering | None) -> None:
        if was is None or newest not in {was.version, was.held_below}:
            smoke_test(self.functions, function, newest, needs_example=True)

    def _now(self, function: Function, before: Answering | None) -> Answering | None:
        """What answers of what answered before: somebody may have rolled it back while the stack was changed."""
        return before and traffic.current(self.functions, function.name)

    def _move(self, function: Function, newest: str, was: Answering | None) -> tuple[Move, bool] | None:
        """What was moved, and whether only a share of the calls was; None if nothing had to be."""
        if was and was.held_below == newest:
            self.reporter.report(function.key, f"stays on version {was.version}, where it is held")
            return None
        if was and was.held_below and self._adopts(function.name, newest, was.held_below):
            traffic.move(self.functions, function.name, was.version, held_below=newest)
            self.reporter.report(function.key, f"stays on version {was.version}; {newest} is {was.held_below} again")
            return None
        is_new = was is None or was.version != newest
        if self.percent == 0 and was and is_new:
            traffic.move(self.functions, function.name, was.version, held_below=newest)
            self.reporter.report(function.key, f"stays on version {was.version}; {newest} waits to be promoted")
            return None
        if self.percent and was and is_new:
            traffic.split(self.functions, function.name, was.version, newest, self.percent)
            self.reporter.report(function.key, f"answers {self.percent} % of its calls with version {newest}")
            return Move(function=function.key, source=was.version, to=newest), True
        traffic.move(self.functions, function.name, newest)
        self.reporter.report(function.key, f"answers with version {newest}")
        return (Move(function=function.key, source=was.version if was else None, to=newest), False) if is_new else None

    def _adopts(self, name: str, newest: str, fast: str) -> bool:
        """Whether the stack's newest version is the code of one that was deployed fast before, and no news."""
        new, old = (
            self.functions.get_function_configuration(FunctionName=name, Qualifier=number) for number in (newest, fast)
        )
        was_fast = FAST in old.get("Environment", {}).get("Variables", {})
        return was_fast and new["CodeSha256"] == old["CodeSha256"]
