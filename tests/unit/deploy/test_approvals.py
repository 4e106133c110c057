"""Whose word lets a deploy go on."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from mlfn.errors import DeployError
from mlfn_engine.planning.saved import SavedPlan, Source, World
from mlfn_engine.releases.approvals import (
    ApprovalRules,
    Identity,
    PlanAnswer,
    PlanRequest,
    plan_digest,
    refuse_answerer,
    standing,
)
from mlfn_engine.releases.history import Approved, Move, Shift, ShiftKind

ACCOUNT = "123456789012"
NOW = datetime(2026, 11, 27, 12, tzinfo=UTC)
DANA = Identity(arn=f"arn:aws:iam::{ACCOUNT}:user/dana", id="AIDADANA")
ANN = Identity(arn=f"arn:aws:iam::{ACCOUNT}:user/ann", id="AIDAANN")
PIPELINE = Identity(arn=f"arn:aws:sts::{ACCOUNT}:assumed-role/ci/run-1", id="AROACI:run-1")
RULES = ApprovalRules(required=True)


def answer(
    by: Identity, *, hours_ago: float = 1, approved: bool = True, comment: str = "", is_confirmed: bool | None = True
) -> PlanAnswer:
    at = (NOW - timedelta(hours=hours_ago)).isoformat()
    return PlanAnswer(digest="3f" * 32, at=at, by=by, approved=approved, comment=comment, is_confirmed=is_confirmed)


def test_somebody_elses_approval_lets_a_deploy_go_on() -> None:
    assert standing([answer(ANN)], DANA, RULES, NOW) == answer(ANN)
    assert standing([], DANA, RULES, NOW) is None


def test_nobody_approves_their_own_deploy_in_whatever_session() -> None:
    again = replace(PIPELINE, arn=PIPELINE.arn.replace("run-1", "run-2"), id="AROACI:run-2")

    assert standing([answer(again)], PIPELINE, RULES, NOW) is None
    assert standing([answer(again)], PIPELINE, replace(RULES, own=True), NOW) == answer(again)
    with pytest.raises(DeployError, match="asked for this plan, and cannot approve it"):
        refuse_answerer(again, PIPELINE, RULES)
    refuse_answerer(again, PIPELINE, replace(RULES, own=True))
    refuse_answerer(ANN, PIPELINE, RULES)


def test_an_approval_holds_for_so_many_hours() -> None:
    with pytest.raises(DeployError, match="older than 24 hours"):
        standing([answer(ANN, hours_ago=24.1)], DANA, RULES, NOW)
    assert standing([answer(ANN, hours_ago=24.1)], DANA, replace(RULES, hours=25), NOW)


def test_the_latest_answer_counts() -> None:
    no = answer(ANN, hours_ago=1, approved=False, comment="not on Fridays")

    with pytest.raises(DeployError, match="user/ann rejected plan 3f3f3f3f3f3f: not on Fridays"):
        standing([no, answer(ANN, hours_ago=2)], DANA, RULES, NOW)
    assert standing([answer(ANN, hours_ago=0.5), no], DANA, RULES, NOW)


def test_a_name_that_iam_gives_to_somebody_else_is_nobodys_word() -> None:
    assert standing([answer(ANN, is_confirmed=False)], DANA, RULES, NOW) is None
    assert standing([answer(ANN, is_confirmed=None)], DANA, RULES, NOW)


def test_named_approvers_must_be_who_they_say() -> None:
    named = replace(RULES, approvers=(ANN.arn, f"arn:aws:iam::{ACCOUNT}:role/managers"))
    manager = Identity(arn=f"arn:aws:sts::{ACCOUNT}:assumed-role/managers/mo", id="AROAM:mo")
    bob = Identity(arn=f"arn:aws:iam::{ACCOUNT}:user/bob", id="AIDABOB")

    assert standing([answer(ANN)], DANA, named, NOW)
    assert standing([answer(manager)], DANA, named, NOW)
    assert standing([answer(bob)], DANA, named, NOW) is None
    assert standing([answer(ANN, is_confirmed=None)], DANA, named, NOW) is None
    with pytest.raises(DeployError, match="user/bob is none of the stage's approvers"):
        refuse_answerer(bob, DANA, named)


def test_the_digest_is_of_source_world_what_is_shown_and_the_canary() -> None:
    source = Source(template="aa", images=(("mood", "sha256:1"),), release="r")
    saved = SavedPlan(app="shop", stage="prod", target="aws", source=source, world=World(updated_at="t"))
    digests = {
        plan_digest(saved, {"actions": []}, None),
        plan_digest(saved, {"actions": ["more"]}, None),
        plan_digest(saved, {"actions": []}, "10%:15m"),
        plan_digest(replace(saved, world=World(updated_at="later")), {"actions": []}, None),
        plan_digest(replace(saved, source=replace(source, template="ab")), {"actions": []}, None),
    }

    assert len(digests) == 5


def test_requests_and_answers_are_kept_as_they_were_and_the_key_says_who_wrote() -> None:
    request = PlanRequest(digest="3f" * 32, at="t", by=DANA, share="10%:15m", revision="abc", shown={"actions": []})
    claimed = answer(replace(ANN, id="AIDAFORGED"))

    assert PlanRequest.from_json(request.to_json()) == request
    assert PlanAnswer.from_json(claimed.to_json(), "AIDADANA", False).by == replace(ANN, id="AIDADANA")


def test_the_release_log_keeps_who_approved_and_reads_entries_from_before() -> None:
    made = Shift(
        at="t", kind=ShiftKind.DEPLOY, by=DANA.arn, revision=None, moves=(Move(function="mood", source=None, to="1"),)
    )
    approved = replace(made, approved=Approved(by=ANN.arn, at="t", plan="3f" * 32, comment="ok"))

    assert "approved" not in made.to_json()
    assert Shift.from_json(made.to_json()) == made
    assert Shift.from_json(approved.to_json()) == approved
