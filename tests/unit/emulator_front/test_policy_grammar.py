"""Which documents IAM takes as identity policies, and its words for the others."""

from __future__ import annotations

import json
from typing import Any

import pytest

from mlfn_localstack.auth.policy import PolicySyntaxError
from mlfn_localstack.services.iam.grammar import check_grammar

SYNTAX = "Syntax errors in policy."
LEGACY = "The policy failed legacy parsing"
OLD = "Policy document must be version 2012-10-17 or greater."
ACTIONS = "Policy statement must contain actions."
VENDOR = "Actions/Conditions must be prefaced by a vendor, e.g., iam, sdb, ec2, etc."
COLONS = "Actions/Condition can contain only one colon."
PATHS = (
    'IAM resource path must either be "*" or start with user/, federated-user/, role/, group/, instance-profile/, '
    "mfa/, server-certificate/, policy/, sms-mfa/, saml-provider/, oidc-provider/, report/, access-report/."
)
BUCKET = "arn:aws:s3:::shelf"
READ: dict[str, Any] = {"Effect": "Allow", "Action": "s3:ListBucket", "Resource": BUCKET}


def policy(*statements: Any, **fields: Any) -> dict[str, Any]:
    return {"Version": "2012-10-17", "Statement": list(statements), **fields}


def read(**fields: Any) -> dict[str, Any]:
    return policy({name: value for name, value in {**READ, **fields}.items() if value is not None})


def dated(value: Any) -> dict[str, Any]:
    return read(Condition={"DateLessThan": {"aws:CurrentTime": value}})


@pytest.mark.parametrize(
    ("document", "message"),
    [
        ("no document", SYNTAX),
        ({"Version": "2012-10-17"}, SYNTAX),
        (policy(), SYNTAX),
        (policy("text"), SYNTAX),
        (policy(READ, Version="2013-10-17"), SYNTAX),
        (policy(READ, More="x"), SYNTAX),
        (policy(READ, Id=["x"]), SYNTAX),
        (read(More="x"), SYNTAX),
        (read(Sid={}), SYNTAX),
        (read(Effect="Maybe"), SYNTAX),
        (read(Effect=None), SYNTAX),
        (read(Action={}), SYNTAX),
        (read(Action=[[]]), SYNTAX),
        (read(Resource=["text", {}]), SYNTAX),
        (read(NotAction=[]), SYNTAX),
        (read(NotResource="*"), SYNTAX),
        (read(Condition=[]), SYNTAX),
        (read(Condition={"DateGreaterThan": "x"}), SYNTAX),
        (read(Condition={"DateGreaterThan": {"x": {}}}), SYNTAX),
        (read(Condition={"Same": {"x": "1"}}), SYNTAX),
        (read(Condition={"ForAnyValue::StringEquals": {"x": "1"}}), SYNTAX),
        ({"Statement": READ}, OLD),
        ({"Statement": {**READ, "Effect": "denY"}}, OLD),
        (policy(READ, Version="2008-10-17"), OLD),
        (read(Effect="denY"), LEGACY),
        (read(Resource="arn:aws:s3::shelf"), LEGACY),
        (read(Action=None, Resource="arn:aws:s3::shelf"), LEGACY),
        (read(Resource=None, NotResource="arn:aws:s3::shelf"), LEGACY),
        (read(Resource="arn:aws::::shelf"), LEGACY),
        (dated("soon"), LEGACY),
        (dated("234-13"), LEGACY),
        (dated("2016-12-13t2:00:00.593194+1"), LEGACY),
        (dated("2016-12-13t2:00:00.1999999999+10:59"), LEGACY),
        (dated("9223372036854775808"), LEGACY),
        (policy({**READ, "Sid": "A"}, {"Sid": "A", "Effect": "Allow"}),
         "Statement IDs (SID) in a single policy must be unique."),
        (read(Sid="not a name"), "Statement IDs (SID) must be alpha-numeric. Check that your input satisfies the "
         "regular expression [0-9A-Za-z]*"),
        (read(Action=None), ACTIONS),
        (read(Action=[]), ACTIONS),
        (policy({"Effect": "Deny"}, READ), ACTIONS),
        (read(Resource="text"), 'Resource text must be in ARN format or "*".'),
        (read(Resource=""), 'Resource  must be in ARN format or "*".'),
        (read(Resource="text", Action="a:b:c"), 'Resource text must be in ARN format or "*".'),
        (read(Resource="a:b"), 'Partition "b" is not valid for resource "arn:b:*:*:*:*".'),
        (read(Resource="a:b:c:d:e:f:g:h"), 'Partition "b" is not valid for resource "arn:b:c:d:e:f:g:h".'),
        (read(Resource="aws:s3:::shelf"), 'Partition "s3" is not valid for resource "arn:s3:::shelf:*".'),
        (read(Resource="arn:aws"), "Resource vendor must be fully qualified and cannot contain regexes."),
        (read(Resource="arn:aws:iam:::shelf"), PATHS),
        (read(Resource="arn:aws:iam:us-east-1::shelf"),
         "IAM resource arn:aws:iam:us-east-1::shelf cannot contain region information."),
        (read(Resource="arn:aws:s3:us-east-1::shelf"),
         "Resource arn:aws:s3:us-east-1::shelf can not contain region information."),
        (read(Action="read"), VENDOR),
        (read(Action="read", Resource=None), VENDOR),
        (read(Action=None, NotAction=""), VENDOR),
        (read(Action=["s3:ListBucket", "s:3:ListBucket"]), COLONS),
        (read(Action="a a:ListBucket"), "Vendor a a is not valid"),
        (read(Resource=None), "Policy statement must contain resources."),
        (read(Resource=[]), "Policy statement must contain resources."),
    ],
)  # fmt: skip
def test_what_is_no_policy_is_refused_in_words_of_aws(document: Any, message: str) -> None:
    text = document if isinstance(document, str) else json.dumps(document)

    with pytest.raises(PolicySyntaxError) as caught:
        check_grammar(text, managed=True)

    assert str(caught.value) == message


@pytest.mark.parametrize(
    "document",
    [
        {"Version": "2012-10-17", "Id": "x", "Statement": {**READ, "Sid": "Reads"}},
        policy({**READ, "Sid": "A"}, READ, READ),
        read(Action="*", Resource=[BUCKET, "*"]),
        read(Action="iam: any thing "),
        read(Action=["s3-s:List", "s3.s:List", "*:*"]),
        read(Action=None, NotAction="s3:ListBucket", Resource=None, NotResource="*"),
        read(Resource="arn:aws:iam:::user/somebody"),
        read(Resource="arn:aws:iam::*:user/${aws:username}"),
        read(Resource="arn:aws:s3:us-east-1:000000000000:accesspoint/shelf"),
        read(Resource="arn:aws:none:us-east-1::shelf"),
        read(Resource="arn:aws:shelf"),
        read(Resource="arn:aws-cn:s3:::shelf"),
        read(Condition={}),
        read(Condition={"DateGreaterThan": {}, "ForAnyValue:StringEqualsIfExists": {"x": []}}),
        dated("01T"),
        dated("2019-07-01T13:20:15Z"),
        dated(["2016-12-13T21:20:37.593194+00:00", "2016-12-13t2:00:00.593194+23", "${aws:PrincipalTag/until}"]),
        dated("-292275054"),
        dated(1561987215),
    ],
)
def test_other_policies_are_taken(document: Any) -> None:
    check_grammar(json.dumps(document), managed=True)


@pytest.mark.parametrize("document", [{"Statement": READ}, policy(READ, Version="2008-10-17")])
def test_inline_policies_may_be_of_2008(document: Any) -> None:
    check_grammar(json.dumps(document), managed=False)
