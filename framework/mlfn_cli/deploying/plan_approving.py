"""`mlfn deploy` where somebody else must agree: ask, wait, and go on with exactly what was approved."""

from __future__ import annotations

from dataclasses import asdict, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, get_args

from mlfn.errors import DeployError, UsageError
from mlfn_cli.deploying.costing import costs_as_json, costs_of
from mlfn_cli.views.plan import plan_as_json
from mlfn_deployers.aws.api.clients import Clients
from mlfn_deployers.aws.api.errors import translated
from mlfn_deployers.aws.deployer import AwsDeployer
from mlfn_deployers.aws.releases.plan_approvals import PlanApprovals, now
from mlfn_engine.planning.actions import Action, Plan
from mlfn_engine.planning.differences import Change, Differences, InterfaceChange
from mlfn_engine.releases.approvals import ID_DIGITS, PlanAnswer, PlanRequest, plan_digest, refuse_answerer, standing
from mlfn_engine.releases.history import Approved
from mlfn_engine.releases.revision import source_revision

if TYPE_CHECKING:
    from mlfn_cli.deploying.planned import Planned
    from mlfn_cli.session import Session
    from mlfn_engine.releases.approvals import ApprovalRules
    from mlfn_engine.reporting import Reporter
    from mlfn_engine.values import Target


def with_approval(
    session: Session, planned: Planned, rules: ApprovalRules, share: str | None, progress: Reporter
) -> Planned:
    """The deploy with the approval that lets it go on; a plan that changes nothing needs none.

    Raises:
        DeployError: it waits for an approval, or was rejected.
    """
    if planned.is_done:
        return planned
    graph, deployer = planned.made.graph, planned.deployer
    if not isinstance(deployer, AwsDeployer):
        raise DeployError(
            f"Target {planned.plan.target.name!r} keeps no approvals.", hint="Deploy to it without --require-approval."
        )
    deployer.make_base(planned.made.base, graph.stage, progress)
    shown = plan_as_json(planned.plan) | {"differences": asdict(planned.differences())}
    digest = plan_digest(planned.saved(), shown, share)
    with translated(planned.plan.target):
        kept = PlanApprovals(Clients(planned.plan.target), graph.app, graph.stage)
        me = kept.me()
        approval = standing(kept.answers(digest), me, rules, datetime.now(UTC))
        if approval:
            progress.report(graph.app, f"plan {digest[:ID_DIGITS]} was approved by {approval.by.arn}")
            return replace(planned, approved=approved_as(approval))
        cost = costs_as_json(costs_of(session, planned)[0])
        revision = source_revision(graph.root)
        asked = PlanRequest(digest=digest, at=now(), by=me, share=share, revision=revision, shown=shown, cost=cost)
        kept.ask_once(asked)
    raise waiting(digest, graph.app, graph.stage)


def waiting(digest: str, app: str, stage: str) -> DeployError:
    """Why a command stops until somebody else has answered."""
    name = digest[:ID_DIGITS]
    return DeployError(
        f"Plan {name} of {app} (stage {stage}) waits for approval; nothing was deployed.",
        hint=f"Somebody else looks at it and says: mlfn approve-plan {name} --stage {stage}. "
        "Then run the same command again.",
    )


def plans_of(session: Session) -> PlanApprovals:
    """The requests and answers of the session's app and stage."""
    from mlfn_cli.app_name import app_name

    return PlanApprovals(Clients(session.target()), app_name(session), session.stage)


def found_request(kept: PlanApprovals, name: str) -> PlanRequest:
    """A request by the start of its digest.

    Raises:
        UsageError: there is none, or there are several.
    """
    found = {each.digest: each for each in kept.requests() if each.digest.startswith(name)}
    if len(found) == 1 and len(name) >= ID_DIGITS // 2:
        return next(iter(found.values()))
    raise UsageError(
        f"{'Several plans begin' if found else 'No plan that was asked for begins'} with {name!r}.",
        hint="See what waits: mlfn plans. Give its id.",
    )


def shown_again(request: PlanRequest, target: Target) -> tuple[Plan, Differences]:
    """What a plan was shown to do, as whoever asked saw it."""
    kinds: dict[str, Any] = {kind.__name__: kind for kind in get_args(Action)}
    shown = request.shown
    actions = [dict(each) for each in shown["actions"]]
    plan = Plan(
        app=shown["app"],
        stage=shown["stage"],
        target=target,
        actions=tuple(kinds[each.pop("action")](**each) for each in actions),
    )
    told = shown["differences"]
    changes = {name: tuple(Change(**each) for each in told[name]) for name in ("settings", "permissions", "routes")}
    interfaces = [InterfaceChange(name=each["name"], breaking=tuple(each["breaking"])) for each in told["interfaces"]]
    return plan, Differences(**changes, interfaces=tuple(interfaces))


def answered(session: Session, name: str, *, approved: bool, comment: str) -> PlanAnswer:
    """What the caller says to a plan, kept.

    Raises:
        DeployError: they may not.
    """
    with translated(session.target()):
        kept = plans_of(session)
        request, me = found_request(kept, name), kept.me()
        refuse_answerer(me, request.by, session.settings().approval)
        answer = PlanAnswer(digest=request.digest, at=now(), by=me, approved=approved, comment=comment)
        kept.answer(answer)
    return answer


def approved_as(approval: PlanAnswer) -> Approved:
    """An approval as the release log keeps it."""
    return Approved(by=approval.by.arn, at=approval.at, plan=approval.digest, comment=approval.comment)
