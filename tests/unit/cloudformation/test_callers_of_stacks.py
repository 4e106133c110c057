"""On whose behalf a stack is changed, as it is remembered."""

from __future__ import annotations

from dataclasses import replace

from mlfn_localstack.service import Caller, Session
from mlfn_localstack.services.cloudformation.state import Revision, Stack, Stacks
from mlfn_localstack.store import Store

ARN = "arn:aws:sts::123456789012:assumed-role/deployer/session"
CALLER = Caller(
    arn=ARN,
    account_id="123456789012",
    user_id="AROA:session",
    access_key="ASIA",
    session=Session(
        issued_at=7, policies=("{}",), tags=(("team", "ml"),), transitive=("team",), source_identity="jane"
    ),
)
STACK = Stack(
    id="arn:aws:cloudformation:us-east-1:123456789012:stack/one/1",
    name="one",
    status="CREATE_COMPLETE",
    created_at="2026-01-01T00:00:00.000+00:00",
    revision=Revision(body="{}", parameters={}, tags={}),
    principal=CALLER,
)


def found(stacks: Stacks) -> Caller:
    stack = stacks.find("one")
    assert stack is not None
    return stack.principal


def test_a_session_is_remembered_with_its_policies_and_tags() -> None:
    stacks = Stacks(Store())

    stacks.put(STACK)

    assert found(stacks) == CALLER


def test_a_caller_without_a_session_is_remembered_as_one() -> None:
    stacks = Stacks(Store())
    caller = replace(CALLER, session=None)

    stacks.put(replace(STACK, principal=caller))

    assert found(stacks) == caller


def test_the_arn_that_an_earlier_version_remembered_still_stands_for_its_caller() -> None:
    store = Store()
    stacks, kept = Stacks(store), store.documents("cloudformation.stacks")
    stacks.put(STACK)

    kept.put(STACK.id, (kept.get(STACK.id) or {}) | {"principal": ARN})

    caller = found(stacks)
    assert (caller.arn, caller.account_id, caller.session) == (ARN, "123456789012", None)
