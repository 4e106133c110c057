"""What identity policies allow, as the access report reads them."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import quote

import pytest

from mlfn_audit.access.policies import Identity, Permission, identities, permission

FUNCTION = "arn:aws:lambda:us-east-1:123456789012:function:shop-dev-price:live"
INVOKE = "lambda:InvokeFunction"


def policy(*statements: dict[str, Any]) -> dict[str, Any]:
    return {"Version": "2012-10-17", "Statement": list(statements)}


def allow(action: Any = INVOKE, resource: Any = FUNCTION, **more: Any) -> dict[str, Any]:
    return {"Effect": "Allow", "Action": action, "Resource": resource, **more}


def deny(action: Any = INVOKE, resource: Any = FUNCTION, **more: Any) -> dict[str, Any]:
    return {**allow(action, resource), "Effect": "Deny", **more}


def may(*statements: dict[str, Any], boundary: dict[str, Any] | None = None) -> Permission | None:
    jane = Identity(arn="arn:aws:iam::1:user/jane", policies=(("own", policy(*statements)),), boundary=boundary)
    return permission(jane, INVOKE, FUNCTION)


@pytest.mark.parametrize(
    "statement",
    [
        allow(),
        allow("*", "*"),
        allow("lambda:*", "arn:aws:lambda:*:*:function:shop-*"),
        allow("LAMBDA:invokefunction"),
        allow(["s3:GetObject", INVOKE], ["arn:aws:s3:::x", FUNCTION]),
        allow(resource=FUNCTION.replace("live", "li?e")),
        {"Effect": "Allow", "NotAction": "s3:*", "Resource": "*"},
        {"Effect": "Allow", "Action": "*", "NotResource": "arn:aws:s3:::*"},
    ],
)
def test_a_statement_allows_what_it_is_about(statement: dict[str, Any]) -> None:
    assert may(statement) == Permission(policy="own", conditional=False)


@pytest.mark.parametrize(
    "statement",
    [
        allow("lambda:Invoke"),
        allow(resource=FUNCTION.replace("live", "api")),
        allow(resource=FUNCTION.upper()),
        allow(resource="arn:aws:lambda:*:*:function:shop-dev-price"),
        {"Effect": "Allow", "NotAction": "lambda:*", "Resource": "*"},
        {"Effect": "Allow", "Action": "*", "NotResource": FUNCTION},
        deny(),
        {},
    ],
)
def test_a_statement_about_something_else_allows_nothing(statement: dict[str, Any]) -> None:
    assert may(statement) is None


def test_a_denial_wins_unless_it_depends() -> None:
    assert may(allow(), deny()) is None
    assert may(allow(), deny(Condition={"Bool": {"aws:MultiFactorAuthPresent": "false"}})) is not None


def test_a_condition_is_shown_where_nothing_else_allows() -> None:
    conditional = allow(Condition={"IpAddress": {"aws:SourceIp": "10.0.0.0/8"}})

    assert may(conditional) == Permission(policy="own", conditional=True)
    assert may(conditional, allow()) == Permission(policy="own", conditional=False)


def test_a_boundary_limits() -> None:
    assert may(allow(), boundary=policy(allow("s3:*", "*"))) is None
    assert may(allow(), boundary=policy(allow("*", "*"), deny())) is None
    assert may(allow(), boundary=policy(allow("*", "*"))) is not None


def test_identities_are_read_with_groups_managed_policies_and_boundaries() -> None:
    managed = {
        "Arn": "arn:aws:iam::1:policy/calls",
        "PolicyVersionList": [
            {"Document": policy(deny()), "IsDefaultVersion": False},
            {"Document": quote(json.dumps(policy(allow())), safe=""), "IsDefaultVersion": True},
        ],
    }
    attached = [{"PolicyName": "calls", "PolicyArn": managed["Arn"]}]
    group = {
        "GroupName": "team",
        "GroupPolicyList": [{"PolicyName": "shared", "PolicyDocument": policy(allow("s3:*", "*"))}],
        "AttachedManagedPolicies": [],
    }
    user = {"Arn": "arn:aws:iam::1:user/jane", "UserPolicyList": [], "GroupList": ["team", "gone"]}
    role = {"Arn": "arn:aws:iam::1:role/reader", "Path": "/", "RolePolicyList": [], "AttachedManagedPolicies": []}
    own = {**role, "Path": "/aws-service-role/x/"}
    limited = {"PermissionsBoundary": {"PermissionsBoundaryArn": "arn:aws:iam::1:policy/unknown"}}
    pages: list[dict[str, Any]] = [
        {"UserDetailList": [{**user, "AttachedManagedPolicies": attached}], "GroupDetailList": [group]},
        {"RoleDetailList": [{**role, **limited, "AttachedManagedPolicies": attached}, own], "Policies": [managed]},
    ]

    jane, reader = identities(pages)

    assert [name for name, _ in jane.policies] == ["calls", "shared"]
    assert permission(jane, INVOKE, FUNCTION) == Permission(policy="calls", conditional=False)
    assert permission(reader, INVOKE, FUNCTION) is None  # whose boundary cannot be read
