"""`mlfn promote` and `rollback`: moves of traffic, with somebody else's approval where the stage wants one."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import click

from mlfn.errors import DeployError
from mlfn_engine.releases.history import EMERGENCY, UNSAID, Basis, ShiftKind, who_moved
from mlfn_engine.releases.promotions import goes_back, moves_digest, moves_shown

if TYPE_CHECKING:
    from mlfn_cli.session import Session
    from mlfn_deployers.aws.releases.versions import AwsReleases
    from mlfn_engine.releases.history import FunctionVersions, Move, Shift
    from mlfn_engine.reporting import Reporter

require_approval_option = click.option(
    "--require-approval", is_flag=True, help="Ask, and go on once somebody else has approved it."
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Moving:
    """What is deployed, for a command that moves its traffic."""

    session: Session
    app: str
    releases: AwsReleases
    functions: tuple[FunctionVersions, ...]
    require_approval: bool
    reporter: Reporter

    def history(self) -> tuple[Shift, ...]:
        """The app's release log, newest first."""
        return self.releases.history(self.app, self.session.stage)

    def make(self, kind: ShiftKind, moves: tuple[Move, ...]) -> None:
        """Make the moves, if that may be now; a shadow that answers from now on is none any more.

        Raises:
            DeployError: they lead to what cannot work any more, wait for an approval, or were rejected.
        """
        from mlfn_cli.deploying.shadows import end_of_promoted

        if moves:
            self._refuse_in_vain(moves)
            self.releases.shift(self.app, self.session.stage, kind, moves, self._basis(kind, moves))
            end_of_promoted(self.session, self.app, moves, self.reporter)

    def _refuse_in_vain(self, moves: tuple[Move, ...]) -> None:
        """Stop before anything moves if pipelines would ask people, and nobody could answer."""
        lost = self.releases.asks_in_vain(self.app, self.session.stage, moves)
        if lost is None:
            return
        shift = who_moved(self.history(), lost.function).get(lost.to)
        if shift and shift.revision:
            step = f"git checkout {shift.revision.removesuffix('+')} && {self._again}"
        else:
            step = f"check out the code that asks, and run {self._again}"
        raise DeployError(
            f"Version {lost.to} of {lost.function} asks people for approvals, and a deploy since has taken their table,"
            " routes and rights away: nothing was moved.",
            hint=f"Deploy it again: {step}. A model alone goes back with mlfn rollback MODEL.",
        )

    @property
    def _again(self) -> str:
        stage, target = self.session.stage, self.session.target_name
        return f"mlfn deploy --stage {stage} --target {target}"

    def _basis(self, kind: ShiftKind, moves: tuple[Move, ...]) -> Basis:
        if self.require_approval:
            return self._approved(moves)
        if not self.session.settings().approval.required:
            return UNSAID
        history = self.history() if kind is ShiftKind.ROLLBACK else ()
        if kind is ShiftKind.ROLLBACK and all(goes_back(move, history) for move in moves):
            return Basis(reason=EMERGENCY)
        return self._approved(moves)

    def _approved(self, moves: tuple[Move, ...]) -> Basis:
        from mlfn_cli.deploying.plan_approving import approved_as, waiting
        from mlfn_deployers.aws.api.errors import translated
        from mlfn_deployers.aws.releases.plan_approvals import PlanApprovals, now
        from mlfn_engine.releases.approvals import PlanRequest, standing

        session, by_name = self.session, {each.function: each for each in self.functions}
        pairs = [(move, by_name[move.function]) for move in moves]
        shown = moves_shown(self.app, session.stage, session.target_name, pairs)
        digest = moves_digest(shown)
        with translated(session.target()):
            kept = PlanApprovals(self.releases.clients, self.app, session.stage)
            me = kept.me()
            approval = standing(kept.answers(digest), me, session.settings().approval, datetime.now(UTC))
            if approval:
                return Basis(approved=approved_as(approval))
            kept.ask_once(PlanRequest(digest=digest, at=now(), by=me, share=None, revision=None, shown=shown))
        raise waiting(digest, self.app, session.stage)


def moving_in(session: Session, progress: Reporter, *, require_approval: bool) -> Moving:
    """What is deployed of the session's app.

    Raises:
        TargetError: nothing is.
    """
    from mlfn_cli.app_name import app_name
    from mlfn_cli.deploying.deployed_functions import chosen
    from mlfn_deployers.aws.releases.versions import AwsReleases

    app = app_name(session)
    releases = AwsReleases(session.target(), progress)
    return Moving(
        session=session,
        app=app,
        releases=releases,
        functions=chosen(releases.versions(app, session.stage), None, app, session),
        require_approval=require_approval,
        reporter=progress,
    )
