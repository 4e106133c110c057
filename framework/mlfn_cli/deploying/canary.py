"""`mlfn deploy --canary`: new versions get a share of the calls, and all of them only if they do well."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, assert_never

from mlfn.errors import DeployError
from mlfn_cli.deploying.canary_watch import CanaryWatch
from mlfn_cli.output import console, print_json
from mlfn_cli.progress import reporter
from mlfn_cli.trail.reading import opened_table
from mlfn_deployers.aws.releases.versions import AwsReleases
from mlfn_engine.releases.canary import Verdict

if TYPE_CHECKING:
    from mlfn_cli.deploying.canary_watch import Ended
    from mlfn_cli.deploying.planned import Planned
    from mlfn_cli.session import Session
    from mlfn_engine.releases.canary import Canary
    from mlfn_engine.reporting import Reporter
    from mlfn_engine.values import AppGraph

PAUSE_AWS_S, PAUSE_EMULATOR_S = 2.0, 0.2


def deploy_canary(session: Session, planned: Planned, canary: Canary, as_json: bool) -> None:
    """Deploy, watch, and say how it ended.

    Raises:
        DeployError: a new version was rolled back, or had too few calls to be judged.
    """
    graph = planned.made.graph
    planned.refuse_losing_approvals()
    with reporter() as progress:
        _, changed = planned.carry_out(progress, canary_percent=canary.percent)
        ended = watched(session, graph, canary, progress) if changed else ()
    if not changed and not as_json:
        console().print(f"Nothing to do: {graph.app} is up to date.")
        return
    show_ended(ended, as_json)


def watched(session: Session, graph: AppGraph, canary: Canary, progress: Reporter) -> tuple[Ended, ...]:
    """Follow the canaries of a deploy to their end."""
    target = session.target()
    with opened_table(session) as table:
        watch = CanaryWatch(
            graph=graph,
            canary=canary,
            table=table,
            releases=AwsReleases(target, progress),
            reporter=progress,
            least_pause_s=PAUSE_EMULATOR_S if target.endpoint_url else PAUSE_AWS_S,
        )
        return watch.run()


def show_ended(ended: tuple[Ended, ...], as_json: bool) -> None:
    """Say how canaries ended.

    Raises:
        DeployError: one was rolled back, or had too few calls to be judged.
    """
    if as_json:
        print_json([asdict(each) for each in ended])
    else:
        for each in ended:
            console().print(canary_line(each))
    if not ended:
        console().print("No function had an old version to share its calls with: all of them answer with the new one.")
    bad = [each.function for each in ended if each.verdict is Verdict.BAD]
    if bad:
        raise DeployError(
            f"The canary of {', '.join(bad)} was rolled back.", hint="See its calls with: mlfn audit, mlfn logs."
        )
    open_still = [each for each in ended if each.verdict is Verdict.UNDECIDED]
    if open_still:
        raise DeployError(
            f"The canary of {', '.join(each.function for each in open_still)} had too few calls to judge; it goes on.",
            hint="End it: "
            + "; ".join(
                f"mlfn promote {each.function}@{each.canary} or mlfn rollback {each.function}" for each in open_still
            ),
        )


def canary_line(ended: Ended) -> str:
    """How one canary ended, for people."""
    why = "; ".join(ended.reasons)
    match ended.verdict:
        case Verdict.GOOD:
            return f"[green]✓[/] {ended.function} {ended.stable} → {ended.canary} promoted: {why}"
        case Verdict.BAD:
            return f"[red]✗[/] {ended.function} back to {ended.stable} from {ended.canary}: {why}"
        case Verdict.UNDECIDED:
            return f"[yellow]?[/] {ended.function} {ended.canary} beside {ended.stable}: {why}"
        case _:
            assert_never(ended.verdict)
