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
        ("StringEqualsIgnoreCase", "aws:username", "JANE", True),
        ("StringNotLike", "aws:username", "j*", False),
        ("StringLike", "aws:username", "J*", False),
        ("StringNotEqualsIfExists", "aws:username", "jane", False),
        ("BoolIfExists", "aws:missing", "true", True),
        ("BoolIfExists", "aws:securetransport", "true", False),
        ("NullIfExists", "aws:username", "false", True),
        ("Null", "aws:username", "false", True),
        ("Null", "aws:missing", "false", False),
        ("IpAddress", "aws:sourceip", ["10.0.0.0/8", "127.0.0.1"], True),
        ("IpAddress", "aws:sourceip", "::1/128", False),
        ("IpAddress", "aws:missing", "127.0.0.0/8", False),
        ("NotIpAddress", "aws:missing", "127.0.0.0/8", True),
        ("NumericEquals", "n", "7.0", True),
        ("NumericNotEquals", "n", ["1", "7"], False),
        ("NumericLessThanEquals", "n", 7, True),
        ("NumericGreaterThan", "n", "7", False),
        ("NumericLessThan", "aws:username", "10", False),
        ("DateGreaterThan", "aws:currenttime", "2026-11-22T23:59:59Z", True),
        ("DateGreaterThanEquals", "aws:currenttime", "1795392000", True),
        ("DateLessThanEquals", "aws:currenttime", "2026-11-22", False),
        ("DateEquals", "aws:currenttime", "2026-11-23", True),
        ("DateNotEquals", "aws:currenttime", "2026-11-23T01:00:00+01:00", False),
        ("ArnEquals", "aws:sourcearn", "arn:aws:sns:us-east-1:0:top*", True),
        ("ArnNotLike", "aws:sourcearn", "arn:aws:sqs:*:*:*", True),
        ("ArnLikeIfExists", "aws:missing", "arn:aws:sqs:*:*:*", True),
        ("ForAnyValue:StringNotEquals", "aws:missing", "x", False),
        ("ForAllValues:StringNotEquals", "aws:username", "jane", False),
        ("ForAllValues:StringEqualsIfExists", "aws:username", ["jane", "joe"], True),
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
    ("resource", "user", "wanted", "allowed"),
    [
        ("data/${aws:username, 'shared'}/x", "", "data/shared/x", True),
        ("data/${aws:username, 'shared'}/x", "a", "data/a/x", True),
        ("data/${aws:missing, ''}x", "", "data/x", True),
        ("data/${*}", "", "data/*", True),
        ("data/${*}", "", "data/x", False),
        ("data/${?}", "", "data/x", False),
        ("data/${$}{x}", "", "data/${x}", True),
        ("${aws:username}/x", "*", "*/x", True),
        ("${aws:username}/x", "*", "data/x", False),
    ],
)
def test_defaults_and_marks_of_variables_are_text(resource: str, user: str, wanted: str, allowed: bool) -> None:
    keys = {"aws__username": user} if user else {}

    decision = _decide(_allow(Resource=f"arn:aws:s3:::{resource}"), resource=f"arn:aws:s3:::{wanted}", **keys)

    assert (decision is Decision.ALLOW) == allowed


def test_conditions_take_variables_as_text_or_pattern() -> None:
    equal = _allow(Condition={"StringEquals": {"s3:prefix": "${*}"}})
    similar = _allow(Condition={"StringLike": {"s3:prefix": ["${aws:username}/*", "${*}"]}})

    assert _decide(equal, s3__prefix="*") is Decision.ALLOW
    assert _decide(similar, s3__prefix="jane/a", aws__username="jane") is Decision.ALLOW
    assert _decide(similar, s3__prefix="joe/a", aws__username="jane") is Decision.IMPLICIT_DENY


def test_a_policy_of_2008_knows_no_variables() -> None:
    statement = _allow(Resource="arn:aws:s3:::data/${aws:username}/x")
    old = parse_policy(json.dumps({"Version": "2008-10-17", "Statement": [statement]}))
    context = {"aws:username": ("a",)}

    asked = [AccessRequest(action="s3:GetObject", resource=f"arn:aws:s3:::data/{name}/x", context=context)
             for name in ("a", "${aws:username}")]  # fmt: skip

    assert [evaluate([old], one) for one in asked] == [Decision.IMPLICIT_DENY, Decision.ALLOW]


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


@pytest.mark.parametrize(
    ("operator", "values", "allowed"),
    [
        ("ForAllValues:StringEquals", ("a", "b"), True),
        ("ForAllValues:StringEquals", ("a", "z"), False),
        ("ForAnyValue:StringEquals", ("a", "z"), True),
        ("ForAnyValue:StringEquals", ("y", "z"), False),
        ("ForAllValues:StringNotEquals", ("y", "z"), True),
        ("ForAllValues:StringNotEquals", ("a", "z"), False),
        ("ForAnyValue:StringNotEquals", ("a", "z"), True),
        ("ForAnyValue:StringNotEquals", ("a", "b"), False),
        ("ForAnyValue:StringLike", ("bc",), True),
    ],
)
def test_keys_of_many_values_are_held_to_all_or_any_of_them(
    operator: str, values: tuple[str, ...], allowed: bool
) -> None:
    statement = _allow(Condition={operator: {"aws:TagKeys": ["a", "b*" if "Like" in operator else "b"]}})
    policy = parse_policy(json.dumps({"Version": "2012-10-17", "Statement": [statement]}))
    request = AccessRequest(action="s3:GetObject", resource=BUCKET, context={"aws:tagkeys": values})

    assert (evaluate([policy], request) is Decision.ALLOW) == allowed


def test_every_operator_and_every_key_of_a_condition_must_hold() -> None:
    both = _allow(Condition={"StringEquals": {"a": "1", "b": "2"}, "StringLike": {"c": "3*"}})

    assert _decide(both, a="1", b="2", c="33") is Decision.ALLOW
    assert _decide(both, a="1", b="0", c="33") is Decision.IMPLICIT_DENY
    assert _decide(both, a="1", b="2", c="4") is Decision.IMPLICIT_DENY
