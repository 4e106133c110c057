"""What IAM shows and refuses, word for word as AWS was recorded to in February 2026."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

if TYPE_CHECKING:
    from tests.fixtures.emulator import LiveEmulator

WHO = {"Service": "ec2.amazonaws.com"}
TRUSTED = {"Effect": "Allow", "Principal": WHO, "Action": "sts:AssumeRole"}
READS = {"Effect": "Allow", "Action": "s3:ListBucket", "Resource": "*"}
NOBODYS = "arn:aws:iam::000000000000:policy/nobodys"


def document(statement: dict[str, Any]) -> str:
    """A policy of one statement."""
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


@pytest.fixture(scope="module")
def iam(emulator: LiveEmulator) -> Any:
    """IAM with a role, asked without boto3's own checks."""
    client = emulator.client("iam", config=Config(retries={"total_max_attempts": 1}, parameter_validation=False))
    client.create_role(RoleName="answers", AssumeRolePolicyDocument=document(TRUSTED))
    return client


def refusal(iam: Any, operation: str, **params: Any) -> tuple[str, str]:
    """The code and message of an operation that is refused."""
    with pytest.raises(ClientError) as caught:
        getattr(iam, operation)(**params)
    return caught.value.response["Error"]["Code"], caught.value.response["Error"]["Message"]


def test_a_new_role_shows_less_than_one_that_is_asked_for(iam: Any) -> None:
    created = iam.create_role(RoleName="answers-new", AssumeRolePolicyDocument=document(TRUSTED))["Role"]

    plain = {"Path", "RoleName", "RoleId", "Arn", "CreateDate", "AssumeRolePolicyDocument"}
    assert set(created) == plain
    assert set(iam.get_role(RoleName="answers-new")["Role"]) == plain | {"MaxSessionDuration", "RoleLastUsed"}
    described = iam.update_role_description(RoleName="answers-new", Description="told")["Role"]
    assert set(described) == plain | {"Description"}


def test_policies_show_tags_and_descriptions_only_when_asked_for(iam: Any) -> None:
    created = iam.create_policy(PolicyName="answers", PolicyDocument=document(READS), Description="reads")["Policy"]

    shown = iam.get_policy(PolicyArn=created["Arn"])["Policy"]
    assert "Tags" not in created
    assert (shown["Tags"], shown["Description"]) == ([], "reads")
    assert set(shown) - set(created) == {"Tags", "Description"}


@pytest.mark.parametrize(
    ("policy", "message"),
    [
        ("{", "This policy contains invalid Json"),
        (document({**TRUSTED, "Resource": "*"}), "Has prohibited field Resource"),
        (document({**TRUSTED, "Action": "s3:Get*"}), "AssumeRole policy may only specify STS AssumeRole actions."),
    ],
    ids=["json", "resource", "action"],
)
def test_trust_policies_may_hold_little(iam: Any, policy: str, message: str) -> None:
    refused = refusal(iam, "update_assume_role_policy", RoleName="answers", PolicyDocument=policy)

    assert refused == ("MalformedPolicyDocument", message)


@pytest.mark.parametrize(
    ("operation", "params", "message"),
    [
        ("get_policy", {}, f"Policy {NOBODYS} was not found."),
        ("tag_policy", {"Tags": []}, f"Policy {NOBODYS} was not found."),
        (
            "get_policy_version",
            {"VersionId": "v1"},
            f"Policy {NOBODYS} version v1 does not exist or is not attachable.",
        ),
        (
            "attach_role_policy",
            {"RoleName": "answers"},
            f"Policy {NOBODYS} does not exist or is not attachable.",
        ),
    ],
)
def test_a_missing_policy_is_told_by_what_it_was_needed_for(
    iam: Any, operation: str, params: dict[str, Any], message: str
) -> None:
    assert refusal(iam, operation, PolicyArn=NOBODYS, **params) == ("NoSuchEntity", message)


@pytest.mark.parametrize(
    ("tags", "code", "message"),
    [
        ([{"Key": "a", "Value": "1"}] * 2, "InvalidInput", "Duplicate tag keys found."),
        (
            [{"Key": "bad#key", "Value": "1"}],
            "ValidationError",
            "1 validation error detected: Value at 'tags.1.member.key' failed to satisfy constraint: "
            r"Member must satisfy regular expression pattern: [\p{L}\p{Z}\p{N}_.:/=+\-@]+",
        ),
        (
            [{"Key": "a", "Value": "v" * 257}],
            "ValidationError",
            "1 validation error detected: Value at 'tags.1.member.value' failed to satisfy constraint: "
            "Member must have length less than or equal to 256",
        ),
    ],
    ids=["twice", "character", "length"],
)
def test_what_is_wrong_with_tags_is_told_without_repeating_it(
    iam: Any, tags: list[dict[str, str]], code: str, message: str
) -> None:
    assert refusal(iam, "tag_role", RoleName="answers", Tags=tags) == (code, message)


def test_tags_are_listed_by_name_in_any_script(iam: Any) -> None:
    iam.create_user(UserName="answers", Tags=[{"Key": "a", "Value": "ä"}, {"Key": "Ä", "Value": ""}])

    assert [tag["Key"] for tag in iam.list_user_tags(UserName="answers")["Tags"]] == ["a", "Ä"]
