"""Deploys that somebody else must approve: what was asked, what was answered, and whether that is enough."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from mlfn.errors import DeployError
from mlfn.runtime.allowing import is_named
from mlfn.runtime.identity import AUTHENTICATED, Caller
from mlfn_engine.canonical import canonical, digest

if TYPE_CHECKING:
    from collections.abc import Iterable

    from mlfn_engine.planning.saved import SavedPlan

ID_DIGITS = 12
"""Of a plan's digest, for people."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ApprovalRules:
    """Who must approve the deploys of a stage."""

    required: bool = False
    approvers: tuple[str, ...] = ()
    """ARNs of users and roles, `*` for any part; nobody named: whoever may answer by IAM."""
    own: bool = False
    """Whoever deploys may approve it themselves."""
    hours: int = 24
    """How long an approval holds."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """A principal as STS names it."""

    arn: str
    id: str
    """Of a user; of a role, with `:` and the session's name behind it."""

    @property
    def principal(self) -> str:
        """The user or role: its sessions are the same one."""
        return self.id.partition(":")[0]


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanRequest:
    """A plan that waits for approval, with what it was shown to do."""

    digest: str
    at: str
    by: Identity
    share: str | None
    """Of the calls that new versions get at first."""
    revision: str | None
    shown: dict[str, Any]
    cost: dict[str, Any] | None = None
    """What a month costs, as it was reckoned when it was asked; traffic goes on, so no approval is of it."""

    def to_json(self) -> str:
        """The request as it is kept."""
        return canonical(asdict(self))

    @classmethod
    def from_json(cls, text: str) -> PlanRequest:
        """The request that was kept."""
        fields = json.loads(text)
        return cls(**fields | {"by": Identity(**fields["by"])})


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanAnswer:
    """What somebody said to a plan."""

    digest: str
    at: str
    by: Identity
    approved: bool
    comment: str
    is_confirmed: bool | None = None
    """IAM says that the name belongs to the id, under which only who has it may write; None: it cannot be asked."""

    def to_json(self) -> str:
        """The answer as it is kept."""
        told = asdict(self)
        del told["is_confirmed"]
        return canonical(told)

    @classmethod
    def from_json(cls, text: str, writer: str, is_confirmed: bool | None) -> PlanAnswer:
        """The answer that was kept; who wrote it is what the table's key says."""
        fields = json.loads(text)
        by = Identity(arn=fields["by"]["arn"], id=writer)
        return cls(**fields | {"by": by, "is_confirmed": is_confirmed})


def plan_digest(saved: SavedPlan, shown: dict[str, Any], share: str | None) -> str:
    """What an approval is of: source, world, what was shown, and how traffic is moved."""
    return digest({"saved": asdict(saved), "shown": shown, "share": share})


def refuse_answerer(who: Identity, asked_by: Identity, rules: ApprovalRules) -> None:
    """Stop who may not answer for this plan.

    Raises:
        DeployError: they asked for it themselves, or are none of the approvers.
    """
    if who.principal == asked_by.principal and not rules.own:
        raise DeployError(
            f"{who.arn} asked for this plan, and cannot approve it.",
            hint="Somebody else answers: another user or role (self-approval = true in the stage allows it).",
        )
    if rules.approvers and not _is_among(who, rules.approvers):
        raise DeployError(
            f"{who.arn} is none of the stage's approvers.", hint=f"They are: {', '.join(rules.approvers)}."
        )


def standing(
    answers: Iterable[PlanAnswer], deployer: Identity, rules: ApprovalRules, now: datetime
) -> PlanAnswer | None:
    """The approval that lets a deployer go on; None while there is no answer that counts.

    Raises:
        DeployError: it was rejected, or the approval is too old.
    """
    counted = sorted((each for each in answers if _counts(each, deployer, rules)), key=lambda each: each.at)
    if not counted:
        return None
    latest = counted[-1]
    if not latest.approved:
        raise DeployError(
            f"{latest.by.arn} rejected plan {latest.digest[:ID_DIGITS]}{_said(latest)}.",
            hint="Change what is deployed, or let them answer again: mlfn approve-plan.",
        )
    if datetime.fromisoformat(latest.at) + timedelta(hours=rules.hours) < now:
        raise DeployError(
            f"The approval of plan {latest.digest[:ID_DIGITS]} by {latest.by.arn} is older than {rules.hours} hours.",
            hint=f"Let it be approved again: mlfn approve-plan {latest.digest[:ID_DIGITS]}",
        )
    return latest


def _counts(answer: PlanAnswer, deployer: Identity, rules: ApprovalRules) -> bool:
    """Whether it is the word of somebody who may give it; a name that IAM knows to be another's is nobody's."""
    if answer.is_confirmed is False or (answer.by.principal == deployer.principal and not rules.own):
        return False
    if not rules.approvers:
        return True
    return answer.is_confirmed is True and _is_among(answer.by, rules.approvers)


def _is_among(who: Identity, principals: tuple[str, ...]) -> bool:
    return is_named(Caller(who.arn, "iam_role", AUTHENTICATED, "direct"), principals)


def _said(answer: PlanAnswer) -> str:
    return f": {answer.comment}" if answer.comment else ""
