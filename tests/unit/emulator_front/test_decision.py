"""What policies of every kind say together, row by row of AWS's documented flow within one account."""

from __future__ import annotations

import json
from typing import Any

import pytest

from mlfn_localstack.auth.context_keys import ContextKeys
from mlfn_localstack.auth.decision import BOUNDARY, SESSION, Policies, Policy, refusal
from mlfn_localstack.auth.policy import AccessRequest, parse_policy
from mlfn_localstack.auth.principals import account_names, request_names

ACCOUNT = "111122223333"
ROOT = f"arn:aws:iam::{ACCOUNT}:root"
USER = f"arn:aws:iam::{ACCOUNT}:user/jane"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/team/worker"
SESSION_ARN = f"arn:aws:sts::{ACCOUNT}:assumed-role/worker/job"
ACTION = "s3:GetObject"
DENIED_HERE = "with an explicit deny in a resource-based policy"
NO_IDENTITY = f"because no identity-based policy allows the {ACTION} action"
NO_BOUNDARY = f"because no permissions boundary allows the {ACTION} action"
NO_SESSION = f"because no session policy allows the {ACTION} action"
NO_RESOURCE = f"because no resource-based policy allows the {ACTION} action"
ALLOWED = None

Statement = dict[str, Any]
YES: Statement = {"Effect": "Allow", "Action": "s3:*", "Resource": "*"}
NO: Statement = {"Effect": "Deny", "Action": "s3:*", "Resource": "*"}
OTHER: Statement = {"Effect": "Allow", "Action": "sqs:*", "Resource": "*"}


def to(*principals: str, effect: str = "Allow", key: str = "Principal") -> Statement:
    """A statement of a resource's policy about somebody."""
    return YES | {"Effect": effect, key: {"AWS": list(principals)}}


def policy(*statements: Statement) -> Policy:
    return parse_policy(json.dumps({"Version": "2012-10-17", "Statement": list(statements)}))


def decide(
    who: str,
    identity: Statement | None = None,
    resource: Statement | None = None,
    *,
    resource_rules: bool = False,
    **limits: Statement,
) -> str | None:
    """Why the caller may not read an object; None: it may."""
    document = {"Arn": ROLE if who == SESSION_ARN else who}
    names, session = request_names(who, document)
    request = AccessRequest(
        action=ACTION,
        resource="arn:aws:s3:::data/x",
        principals=names,
        account=account_names(ACCOUNT),
        session=session,
        context=ContextKeys({}),
    )
    kinds = {"boundary": BOUNDARY, "session": SESSION}
    policies = Policies(
        identity=[policy(identity)] if identity else [],
        limits=[(kinds[kind], [policy(statement)]) for kind, statement in limits.items()],
        resource=[policy(resource)] if resource else [],
    )
    return refusal(policies, request, resource_rules=resource_rules)


@pytest.mark.parametrize(
    ("identity", "resource", "expected"),
    [
        (None, None, NO_IDENTITY),
        (YES, None, ALLOWED),
        (None, to(USER), ALLOWED),
        (None, to("*"), ALLOWED),
        (OTHER, to(USER), ALLOWED),
        (None, to(ROOT), NO_IDENTITY),
        (None, to(ACCOUNT), NO_IDENTITY),
        (YES, to(ROOT), ALLOWED),
        (None, to(f"arn:aws:iam::{ACCOUNT}:user/joe"), NO_IDENTITY),
        (NO, to(USER), "with an explicit deny in an identity-based policy"),
        (YES, to(USER, effect="Deny"), DENIED_HERE),
        (YES, to(ROOT, effect="Deny"), DENIED_HERE),
        (YES, to("*", effect="Deny"), DENIED_HERE),
        (YES, to(USER, ROOT, effect="Deny", key="NotPrincipal"), ALLOWED),
        (YES, to(ROOT, effect="Deny", key="NotPrincipal"), DENIED_HERE),
        (YES, to(f"arn:aws:iam::{ACCOUNT}:user/joe", effect="Deny", key="NotPrincipal"), DENIED_HERE),
    ],
    ids=[
        "nothing says so",
        "identity allows",
        "resource names the user",
        "resource names everybody",
        "identity is about something else",
        "account as a whole leaves it to IAM",
        "account by its number leaves it to IAM",
        "account leaves it to IAM, which allows",
        "resource names another",
        "identity denies",
        "resource denies the user",
        "resource denies the account",
        "resource denies everybody",
        "spared by name",
        "not spared with the account",
        "another is spared",
    ],
)
def test_users_may_what_either_their_or_the_resources_policy_allows(
    identity: Statement | None, resource: Statement | None, expected: str | None
) -> None:
    assert decide(USER, identity, resource) == expected


@pytest.mark.parametrize(
    ("who", "limit", "identity", "resource", "expected"),
    [
        (USER, YES, YES, None, ALLOWED),
        (USER, YES, None, None, NO_IDENTITY),
        (USER, OTHER, YES, None, NO_BOUNDARY),
        (USER, OTHER, None, to(USER), ALLOWED),
        (USER, OTHER, YES, to(ROOT), NO_BOUNDARY),
        (USER, NO, None, to(USER), "with an explicit deny in a permissions boundary"),
        (SESSION_ARN, YES, YES, None, ALLOWED),
        (SESSION_ARN, OTHER, YES, None, NO_BOUNDARY),
        (SESSION_ARN, YES, None, to(ROLE), ALLOWED),
        (SESSION_ARN, OTHER, None, to(ROLE), NO_BOUNDARY),
        (SESSION_ARN, OTHER, None, to(SESSION_ARN), ALLOWED),
        (SESSION_ARN, NO, None, to(SESSION_ARN), "with an explicit deny in a permissions boundary"),
    ],
)
def test_a_boundary_limits_what_identities_and_roles_get_but_not_what_users_and_sessions_are_given(
    who: str, limit: Statement, identity: Statement | None, resource: Statement | None, expected: str | None
) -> None:
    assert decide(who, identity, resource, boundary=limit) == expected


@pytest.mark.parametrize(
    ("limit", "identity", "resource", "expected"),
    [
        (YES, YES, None, ALLOWED),
        (YES, None, None, NO_IDENTITY),
        (OTHER, YES, None, NO_SESSION),
        (OTHER, None, to(ROLE), NO_SESSION),
        (OTHER, None, to(SESSION_ARN), ALLOWED),
        (NO, YES, to(SESSION_ARN), "with an explicit deny in a session policy"),
    ],
)
def test_a_session_policy_narrows_the_role(
    limit: Statement, identity: Statement | None, resource: Statement | None, expected: str | None
) -> None:
    assert decide(SESSION_ARN, identity, resource, session=limit) == expected


def test_boundary_and_session_policy_must_both_allow() -> None:
    assert decide(SESSION_ARN, YES, boundary=YES, session=YES) is ALLOWED
    assert decide(SESSION_ARN, YES, boundary=OTHER, session=YES) == NO_BOUNDARY
    assert decide(SESSION_ARN, YES, boundary=YES, session=OTHER) == NO_SESSION


@pytest.mark.parametrize(
    ("identity", "resource", "expected"),
    [
        (YES, None, NO_RESOURCE),
        (None, to(ROOT), NO_IDENTITY),
        (YES, to(ROOT), ALLOWED),
        (None, to(USER), ALLOWED),
        (NO, to(USER), "with an explicit deny in an identity-based policy"),
    ],
)
def test_keys_and_roles_open_only_to_whom_their_own_policy_names(
    identity: Statement | None, resource: Statement | None, expected: str | None
) -> None:
    assert decide(USER, identity, resource, resource_rules=True) == expected
