"""`mlfn deploy`: make what is declared the thing that answers."""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from mlfn.errors import UsageError
from mlfn_cli.output import console, json_option, print_json, print_tree
from mlfn_cli.session import Session, command_options
from mlfn_cli.views.deployment import deployment_as_json, endpoints
from mlfn_engine.releases.canary import parse_canary
from mlfn_engine.releases.shadow import parse_share

if TYPE_CHECKING:
    from mlfn_cli.deploying.planned import Planned
    from mlfn_engine.releases.approvals import ApprovalRules
    from mlfn_engine.values import AppGraph, Deployment


@dataclass(frozen=True, slots=True, kw_only=True)
class How:
    """In which way to deploy."""

    share: str | None
    shadow: str | None
    fast: bool
    allow_breaking: bool
    require_approval: bool

    def rules(self, session: Session) -> ApprovalRules:
        """Who must agree: what the stage says, or this command line."""
        rules = session.settings().approval
        return replace(rules, required=rules.required or self.require_approval)

    def refuse_impossible(self, session: Session, plan: Path | None) -> None:
        """Stop before anything is done if this cannot be.

        Raises:
            UsageError: options do not go together, or the stage wants an approval that this way has none of.
        """
        if self.fast and (plan or self.share or self.shadow):
            raise UsageError(
                "--fast goes with neither a plan nor --canary, nor --shadow.", hint="Leave one of them out."
            )
        if self.share and self.shadow:
            raise UsageError("A new version is either a canary or a shadow.", hint="Leave --canary or --shadow out.")
        if self.shadow:
            parse_share(self.shadow)
        past = "--fast" if self.fast else "knative" if session.target_name == "knative" else None
        if past and not plan and self.rules(session).required:
            raise UsageError(
                f"Deploys to stage {session.stage!r} need an approval, and {past} knows none.",
                hint="Deploy without --fast." if self.fast else "Deploy to aws or local, or set approval = false.",
            )


@click.command()
@click.argument("plan", required=False, type=click.Path(path_type=Path, dir_okay=False, exists=True))
@click.option(
    "--canary", "share", default=None, metavar="10%:15m", help="New versions get this share of the calls first."
)
@click.option(
    "--shadow", default=None, metavar="20%", help="New versions get copies of this share of the calls, and no others."
)
@click.option("--fast", is_flag=True, help="Code alone, past CloudFormation; refused if anything else differs.")
@click.option("--allow-breaking", is_flag=True, help="Deploy although callers of a changed interface may fail.")
@click.option("--require-approval", is_flag=True, help="Ask, and go on once somebody else has approved the plan.")
@json_option
@command_options
def deploy(session: Session, plan: Path | None, as_json: bool, **options: Any) -> None:
    """Build, push and deploy the app; with PLAN (of mlfn plan --output) exactly what it says, or nothing.

    With --canary the audit trail of both versions is watched for so long: a new version that fails more often, takes
    longer or predicts otherwise is rolled back at once (exit 1); one that does not is promoted at the end.

    With --shadow new versions wait, and are called with copies of what callers send: see mlfn shadow report MODEL, then
    mlfn promote MODEL@VERSION or mlfn shadow stop MODEL. What a model does beside answering it does twice.

    With --require-approval, or approval = true in the stage, the first deploy asks and stops (exit 1); once somebody
    else has said mlfn approve-plan, the same deploy is carried out, unless source or world have changed.
    """
    how = How(**options)
    how.refuse_impossible(session, plan)
    if session.target_name == "knative" and not plan:
        _services(session, bool(how.share or how.shadow or how.fast), how.allow_breaking, as_json)
        return
    started, canary = time.monotonic(), parse_canary(how.share) if how.share else None
    session, found = prepared(session, plan, allow_breaking=how.allow_breaking or how.fast, quiet=as_json or how.fast)
    if how.fast:
        _fast(found, as_json, started)
        return
    if how.shadow:
        _in_shadow(session, found, how, how.shadow, as_json)
        return
    found = _agreed(session, found, how)
    if canary:
        from mlfn_cli.deploying.canary import deploy_canary

        deploy_canary(session, found, canary, as_json)
        return
    _at_once(session, found, as_json, started)


def _in_shadow(session: Session, found: Planned, how: How, share: str, as_json: bool) -> None:
    from mlfn_cli.deploying.shadow_deploy import deploy_shadow, refuse_shared

    refuse_shared(found)
    deploy_shadow(session, _agreed(session, found, how), share, as_json)


def _at_once(session: Session, found: Planned, as_json: bool, started: float) -> None:
    from mlfn_cli.progress import reporter

    with reporter() as progress:
        deployment, changed = found.carry_out(progress)
    graph = found.made.graph
    if changed:
        headline = f"Deployed {graph.app} to {session.target_name} ({session.stage})"
    else:
        headline = f"Nothing to do: {graph.app} is up to date"
    _show(graph, deployment, as_json, headline, started)


def _agreed(session: Session, found: Planned, how: How) -> Planned:
    """The deploy with the approval that the stage or the command line wants."""
    rules = how.rules(session)
    if not rules.required:
        return found
    from mlfn_cli.deploying.plan_approving import with_approval
    from mlfn_cli.progress import reporter

    with reporter() as progress:
        share = how.share or (how.shadow and f"shadow {how.shadow}")
        return with_approval(session, found, rules, share, progress)


def _services(session: Session, stepwise: bool, allow_breaking: bool, as_json: bool) -> None:
    from mlfn_cli.deploying.knative import deploy_services

    if stepwise:
        raise UsageError(
            "knative has neither --canary, --shadow nor --fast.",
            hint="Leave it away: traffic moves once the new revision is ready.",
        )
    deploy_services(session, allow_breaking=allow_breaking, as_json=as_json)


def _fast(found: Planned, as_json: bool, started: float) -> None:
    from mlfn_cli.deploying.fast import deploy_fast
    from mlfn_cli.progress import reporter
    from mlfn_cli.views.moves import show_moves

    with reporter() as progress:
        moves = deploy_fast(found, progress)
    show_moves(moves, "Deployed", as_json, started)


def prepared(session: Session, plan: Path | None, *, allow_breaking: bool, quiet: bool) -> tuple[Session, Planned]:
    """A deploy as it will be carried out: the one that was kept, or a new one, which people at a terminal are shown.

    Raises:
        UsageError: the file holds no plan.
        DeployError: source or world differ from the kept plan's, or callers would break.
    """
    from mlfn_cli.deploying.planned import planned
    from mlfn_cli.progress import reporter
    from mlfn_deployers import deployer_for
    from mlfn_engine.planning.saved import SavedPlan, Source, World

    kept = SavedPlan.from_json(plan.read_text(encoding="utf-8", errors="replace"), plan.name) if plan else None
    if kept:
        session = replace(session, stage=kept.stage, target_name=kept.target)
    target = session.target()
    with reporter() as progress:
        found = planned(session, target, deployer_for(target), progress)
    if kept:
        kept.check(Source.of(found.made), World.of(found.deployed))
    elif console().is_terminal and found.plan.actions and not quiet:
        from mlfn_cli.views.plan import Shown, plan_tree

        print_tree(plan_tree(found.plan, found.differences(), Shown(archives=found.archives)))
    if not allow_breaking:
        found.refuse_breaking()
        found.refuse_forgetting()
    return session, found


def _show(graph: AppGraph, deployment: Deployment, as_json: bool, headline: str, started: float) -> None:
    if as_json:
        print_json(deployment_as_json(deployment))
        return
    out = console()
    out.print(f"[green]✓[/] {headline} ({time.monotonic() - started:.1f} s).")
    out.print(endpoints(graph, deployment, out.width))
