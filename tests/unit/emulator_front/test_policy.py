"""IAM policy evaluation."""

from __future__ import annotations

import json
from typing import Any

import pytest

from mlfn_localstack.auth.policy import AccessRequest, Decision, PolicySyntaxError, evaluate, parse_policy

BUCKET = "arn:aws:s3:::data/a/x"


def _decide(*statements: dict[str, Any], action: str = "s3:GetObject", resource: str = BUCKET, **keys: str) -> Decision:
    context = {name.replace("__", ":").lower(): (value,) for name, value in keys.items()}
    request = AccessRequest(action=action, resource=resource, principals=frozenset({"me"}), context=context)
    policy = parse_policy(json.dumps({"Version": "2012-10-17", "Statement": list(statements)}))
    return evaluate([policy], request)


def _allow(**more: Any) -> dict[str, Any]:
    return {"Effect": "Allow", "Action": "s3:*", "Resource": "*"} | more


def test_nothing_is_allowed_unless_a_statement_says_so() -> None:
    assert _decide() is Decision.IMPLICIT_DENY


def test_an_explicit_deny_beats_every_allow() -> None:
    deny = {"Effect": "Deny", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::data/a/*"}

    assert _decide(_allow(), deny) is Decision.EXPLICIT_DENY


@pytest.mark.parametrize(
    ("statement", "allowed"),
    [
        (_allow(Action="s3:getobject"), True),
        (_allow(Action="S3:Get*"), True),
        (_allow(Action="s3:Put*"), False),
        (_allow(Action=["sqs:*", "s3:G?tObject"]), True),
        (_allow(Resource="arn:aws:s3:::data/*"), True),
        (_allow(Resource="arn:aws:s3:::DATA/*"), False),
        (_allow(Resource="arn:aws:s3:::data/[a]/x"), False),
        ({"Effect": "Allow", "NotAction": "iam:*", "Resource": "*"}, True),
        ({"Effect": "Allow", "NotAction": "s3:*", "Resource": "*"}, False),
        ({"Effect": "Allow", "Action": "*", "NotResource": "arn:aws:s3:::data/*"}, False),
        (_allow(Principal={"AWS": "me"}), True),
        (_allow(Principal={"AWS": "you"}), False),
        (_allow(Principal={"Service": "*"}), False),
        (_allow(Principal="*"), True),
    ],
)
def test_actions_resources_and_principals_select(statement: dict[str, Any], allowed: bool) -> None:
    assert (_decide(statement) is Decision.ALLOW) == allowed


@pytest.mark.parametrize(
    ("operator", "key", "wanted", "allowed"),
    [
        ("StringEquals", "aws:username", "jane", True),
        ("StringEquals", "aws:username", ["joe", "jane"], True),
        ("StringNotEquals", "aws:username", "jane", False),
        ("StringNotEquals", "aws:missing", "jane", True),
        ("StringEquals", "aws:missing", "jane", False),
        ("StringEqualsIfExists", "aws:missing", "jane", True),
        ("StringLike", "AWS:UserName", "j*", True),
        ("Null", "aws:missing", "true", True),
        ("Null", "aws:username", "true", False),
        ("IpAddress", "aws:sourceip", "127.0.0.0/8", True),
        ("NotIpAddress", "aws:sourceip", "127.0.0.0/8", False),
        ("NumericLessThan", "n", "10", True),
        ("NumericGreaterThanEquals", "n", "10", False),
        ("DateLessThan", "aws:currenttime", "2030-01-01T00:00:00Z", True),
        ("Bool", "aws:securetransport", True, False),
        ("ArnLike", "aws:sourcearn", "arn:aws:sns:*:*:topic", True),
        ("ArnLike", "aws:sourcearn", "arn:aws:*:topic", False),
        ("ForAllValues:StringEquals", "aws:missing", "x", True),
        ("ForAnyValue:StringEquals", "aws:missing", "x", False),
    ],
)
def test_conditions_hold_as_documented(operator: str, key: str, wanted: Any, allowed: bool) -> None:
    decision = _decide(
        _allow(Condition={operator: {key: wanted}}),
        aws__username="jane",
        aws__sourceip="127.0.0.1",
        aws__currenttime="2026-11-23T00:00:00Z",
        aws__securetransport="false",
        aws__sourcearn="arn:aws:sns:us-east-1:0:topic",
        n="7",
    )

    assert (decision is Decision.ALLOW) == allowed


def test_policy_variables_take_the_callers_values() -> None:
    statement = _allow(Resource="arn:aws:s3:::data/${aws:username}/*")

    assert _decide(statement, aws__username="a") is Decision.ALLOW
    assert _decide(statement, aws__username="b") is Decision.IMPLICIT_DENY
    assert _decide(statement) is Decision.IMPLICIT_DENY


@pytest.mark.parametrize(
    "text",
    [
        "{",
        "[]",
        "{}",
        '{"Statement": [{"Effect": "Maybe"}]}',
        '{"Statement": {"Effect": "Allow", "Resource": "*"}}',
        '{"Statement": {"Effect": "Allow", "Action": "everything", "Resource": "*"}}',
        '{"Statement": {"Effect": "Allow", "Action": "*", "Resource": "*", "Condition": {"Sounds": {"a": "b"}}}}',
        '{"Version": "1999-01-01", "Statement": []}',
    ],
    ids=range(8),
)
def test_what_is_no_policy_is_refused(text: str) -> None:
    with pytest.raises(PolicySyntaxError):
        parse_policy(text)
