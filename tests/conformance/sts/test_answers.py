"""What STS shows and refuses, word for word as AWS was recorded to (2024 to 2026)."""

from __future__ import annotations

import json
import uuid
from typing import TYPE_CHECKING, Any

import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

if TYPE_CHECKING:
    from tests.fixtures.emulator import LiveEmulator

ACCOUNT = "000000000000"
NAME = f"sessions-{uuid.uuid4().hex[:8]}"
READS = {"Effect": "Allow", "Action": "s3:*", "Resource": "*"}


def document(*statements: dict[str, Any]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


@pytest.fixture(scope="module")
def role(emulator: LiveEmulator) -> str:
    """The ARN of a role that may use S3 and take itself again; its account may give its sessions tags."""
    iam = emulator.client("iam")
    actions = ["sts:AssumeRole", "sts:TagSession", "sts:SetSourceIdentity"]
    trusted = {"Effect": "Allow", "Principal": {"AWS": ACCOUNT}, "Action": actions}
    arn: str = iam.create_role(RoleName=NAME, AssumeRolePolicyDocument=document(trusted))["Role"]["Arn"]
    chained = {"Effect": "Allow", "Action": "sts:*", "Resource": "*"}
    iam.put_role_policy(RoleName=NAME, PolicyName="may", PolicyDocument=document(READS, chained))
    emulator.client("s3").create_bucket(Bucket=NAME)
    return arn


@pytest.fixture(scope="module")
def sts(emulator: LiveEmulator) -> Any:
    return emulator.client("sts", config=Config(retries={"total_max_attempts": 1}, parameter_validation=False))


def refusal(sts: Any, operation: str = "assume_role", **params: Any) -> tuple[str, str]:
    """The code and message of an operation that is refused."""
    with pytest.raises(ClientError) as caught:
        getattr(sts, operation)(**params)
    return caught.value.response["Error"]["Code"], caught.value.response["Error"]["Message"]


def session(emulator: LiveEmulator, answer: dict[str, Any]) -> dict[str, str]:
    """A session's credentials, as a client takes them."""
    got = answer["Credentials"]
    return {
        "aws_access_key_id": got["AccessKeyId"],
        "aws_secret_access_key": got["SecretAccessKey"],
        "aws_session_token": got["SessionToken"],
    }


@pytest.mark.parametrize(
    "arn",
    [
        "nothing-valid-in-here",
        "arn::b:::something/test-role",
        "arn:a::::something/test-role",
        "arn:a:::something/test-role",
        "arn:a:a::aaaaaaaaaa:",
    ],
)
def test_what_is_no_arn_is_told_as_it_was_given(sts: Any, arn: str) -> None:
    assert refusal(sts, RoleArn=arn, RoleSessionName="me") == ("ValidationError", f"{arn} is invalid")


@pytest.mark.parametrize(
    ("name", "constraint"),
    [
        ("Session1:2", r"Member must satisfy regular expression pattern: [\w+=,.@-]*"),
        ("s" * 65, "Member must have length less than or equal to 64"),
    ],
)
def test_session_names_are_short_words(sts: Any, role: str, name: str, constraint: str) -> None:
    message = f"1 validation error detected: Value '{name}' at 'roleSessionName' failed to satisfy constraint: "

    assert refusal(sts, RoleArn=role, RoleSessionName=name) == ("ValidationError", message + constraint)


@pytest.mark.parametrize(
    ("params", "message"),
    [
        (
            {"Tags": [{"Key": "a", "Value": "1"}], "TransitiveTagKeys": ["b"]},
            "The specified transitive tag key must be included in the requested tags.",
        ),
        (
            {"Tags": [{"Key": "a", "Value": "1"}, {"Key": "A", "Value": "2"}]},
            "Duplicate tag keys found. Please note that Tag keys are case insensitive.",
        ),
    ],
    ids=["transitive", "twice"],
)
def test_tags_of_a_session_are_held_to_their_keys(sts: Any, role: str, params: dict[str, Any], message: str) -> None:
    refused = refusal(sts, RoleArn=role, RoleSessionName="me", **params)

    assert refused == ("InvalidParameterValue", message)


@pytest.mark.parametrize("key", ["team", "TEAM"])
def test_transitive_tags_go_on_and_stay_as_they_are(emulator: LiveEmulator, sts: Any, role: str, key: str) -> None:
    first = sts.assume_role(
        RoleArn=role, RoleSessionName="one", Tags=[{"Key": "team", "Value": "ml"}], TransitiveTagKeys=["team"]
    )
    second = emulator.client("sts", **session(emulator, first))

    refused = refusal(second, RoleArn=role, RoleSessionName="two", Tags=[{"Key": key, "Value": "x"}])

    assert refused == (
        "InvalidParameterValue",
        "One of the specified transitive tag keys can't be set because it conflicts with a transitive tag key from "
        "the calling session.",
    )


def test_a_session_policy_narrows_what_the_role_may(emulator: LiveEmulator, sts: Any, role: str) -> None:
    lists = document({"Effect": "Allow", "Action": "s3:ListBucket", "Resource": "*"})

    answer = sts.assume_role(RoleArn=role, RoleSessionName="narrow", Policy=lists)

    s3 = emulator.client("s3", **session(emulator, answer))
    assert 0 < answer["PackedPolicySize"] <= 100
    s3.list_objects_v2(Bucket=NAME)
    with pytest.raises(ClientError, match="because no session policy allows the s3:PutObject action"):
        s3.put_object(Bucket=NAME, Key="x", Body=b"1")
    assert "PackedPolicySize" not in sts.assume_role(RoleArn=role, RoleSessionName="me")


def test_managed_policies_narrow_a_session_too(emulator: LiveEmulator, sts: Any, role: str) -> None:
    arns = [{"arn": "arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess"}]

    s3 = emulator.client(
        "s3", **session(emulator, sts.assume_role(RoleArn=role, RoleSessionName="managed", PolicyArns=arns))
    )

    s3.list_objects_v2(Bucket=NAME)
    with pytest.raises(ClientError, match="because no session policy allows"):
        s3.delete_bucket(Bucket=NAME)


def test_tags_of_a_session_are_the_principals(emulator: LiveEmulator, sts: Any, role: str) -> None:
    iam = emulator.client("iam")
    own = {
        "Effect": "Deny",
        "Action": "s3:PutObject",
        "NotResource": f"arn:aws:s3:::{NAME}/${{aws:PrincipalTag/team}}/*",
    }
    iam.put_role_policy(RoleName=NAME, PolicyName="own", PolicyDocument=document(own))
    tags = [{"Key": "team", "Value": "ml"}]

    s3 = emulator.client("s3", **session(emulator, sts.assume_role(RoleArn=role, RoleSessionName="tagged", Tags=tags)))

    s3.put_object(Bucket=NAME, Key="ml/x", Body=b"1")
    with pytest.raises(ClientError, match="explicit deny in an identity-based policy"):
        s3.put_object(Bucket=NAME, Key="other/x", Body=b"1")


def test_tags_need_a_trust_policy_that_allows_them(emulator: LiveEmulator, sts: Any) -> None:
    trusted = {"Effect": "Allow", "Principal": {"AWS": ACCOUNT}, "Action": "sts:AssumeRole"}
    name = f"{NAME}-plain"
    made = emulator.client("iam").create_role(RoleName=name, AssumeRolePolicyDocument=document(trusted))["Role"]

    code, message = refusal(sts, RoleArn=made["Arn"], RoleSessionName="me", Tags=[{"Key": "a", "Value": "1"}])

    assert code == "AccessDenied"
    assert message.endswith(f"is not authorized to perform: sts:TagSession on resource: {made['Arn']}")


def test_who_is_behind_a_session_is_told_and_kept(emulator: LiveEmulator, sts: Any, role: str) -> None:
    answer = sts.assume_role(RoleArn=role, RoleSessionName="behind", SourceIdentity="jane")

    chained = emulator.client("sts", **session(emulator, answer)).assume_role(RoleArn=role, RoleSessionName="next")
    assert (answer["SourceIdentity"], chained["SourceIdentity"]) == ("jane", "jane")


def test_what_is_no_policy_gives_no_session(sts: Any, role: str) -> None:
    code, _ = refusal(sts, RoleArn=role, RoleSessionName="me", Policy="{")

    assert code == "MalformedPolicyDocument"


def test_what_needs_no_signature_is_refused_by_name(sts: Any, role: str) -> None:
    saml = {"RoleArn": role, "PrincipalArn": f"arn:aws:iam::{ACCOUNT}:saml-provider/x", "SAMLAssertion": "abcd"}
    web = {"RoleArn": role, "RoleSessionName": "web", "WebIdentityToken": "abcd"}

    by_saml = refusal(sts, "assume_role_with_saml", **saml)
    by_web = refusal(sts, "assume_role_with_web_identity", **web)

    assert by_saml == ("UnsupportedOperation", "The emulator does not support sts:AssumeRoleWithSAML.")
    assert by_web == ("UnsupportedOperation", "The emulator does not support sts:AssumeRoleWithWebIdentity.")


def test_contexts_of_other_providers_are_refused_by_name(sts: Any, role: str) -> None:
    context = {"ProviderArn": "arn:aws:iam::aws:contextProvider/IdentityCenter", "ContextAssertion": "abcd"}

    refused = refusal(sts, RoleArn=role, RoleSessionName="told", ProvidedContexts=[context])

    assert refused == ("UnsupportedOperation", "The emulator does not support ProvidedContexts of sessions.")
