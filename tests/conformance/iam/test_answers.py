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
        (
            [{"Key": "a", "Value": "1"}, {"Key": "A", "Value": "2"}],
            "InvalidInput",
            "Duplicate tag keys found. Please note that Tag keys are case insensitive.",
        ),
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


def test_tags_of_policies_differ_by_case(iam: Any) -> None:
    tags = [{"Key": "a", "Value": "1"}, {"Key": "A", "Value": "2"}]

    created = iam.create_policy(PolicyName="answers-case", PolicyDocument=document(READS), Tags=tags)["Policy"]

    refused = refusal(iam, "tag_policy", PolicyArn=created["Arn"], Tags=tags[:1] * 2)
    assert created["Tags"] == tags
    assert refused == ("InvalidInput", "Duplicate tag keys found.")


def test_a_tag_of_a_role_keeps_its_case_when_it_is_set_again(iam: Any) -> None:
    iam.create_role(RoleName="answers-case", AssumeRolePolicyDocument=document(TRUSTED))
    iam.tag_role(RoleName="answers-case", Tags=[{"Key": "Team", "Value": "a"}])

    iam.tag_role(RoleName="answers-case", Tags=[{"Key": "team", "Value": "b"}])

    assert iam.list_role_tags(RoleName="answers-case")["Tags"] == [{"Key": "Team", "Value": "b"}]
    iam.untag_role(RoleName="answers-case", TagKeys=["TEAM"])
    assert iam.list_role_tags(RoleName="answers-case")["Tags"] == []


WRONG = "arn:aws:iam::000000000000:not_a_policy/invalid"


@pytest.mark.parametrize(
    ("operation", "params", "code", "message"),
    [
        ("attach_role_policy", {"PolicyArn": "longpolicynamebutnoarn"}, "ValidationError", "ARN {} is not valid."),
        ("put_role_permissions_boundary", {"PermissionsBoundary": WRONG}, "InvalidInput", "ARN {} is not valid."),
        (
            "put_role_permissions_boundary",
            {"PermissionsBoundary": NOBODYS},
            "NoSuchEntity",
            "Scope ARN: {} does not exist or is not attachable.",
        ),
    ],
    ids=["attached", "boundary", "missing"],
)
def test_only_policies_are_attached_or_made_a_boundary(
    iam: Any, operation: str, params: dict[str, str], code: str, message: str
) -> None:
    (given,) = params.values()

    assert refusal(iam, operation, RoleName="answers", **params) == (code, message.format(given))


def test_a_boundary_is_counted_and_stays(iam: Any) -> None:
    arn = iam.create_policy(PolicyName="answers-limit", PolicyDocument=document(READS))["Policy"]["Arn"]
    iam.put_role_permissions_boundary(RoleName="answers", PermissionsBoundary=arn)

    code, _ = refusal(iam, "delete_policy", PolicyArn=arn)

    assert code == "DeleteConflict"
    assert iam.get_policy(PolicyArn=arn)["Policy"]["PermissionsBoundaryUsageCount"] == 1
    iam.delete_role_permissions_boundary(RoleName="answers")
    iam.delete_policy(PolicyArn=arn)


def test_a_user_takes_its_keys_along_to_another_name(emulator: LiveEmulator, iam: Any) -> None:
    iam.create_user(UserName="answers-before")
    key = iam.create_access_key(UserName="answers-before")["AccessKey"]

    iam.update_user(UserName="answers-before", NewUserName="answers-after", NewPath="/moved/")

    keys = {"aws_access_key_id": key["AccessKeyId"], "aws_secret_access_key": key["SecretAccessKey"]}
    arn = "arn:aws:iam::000000000000:user/moved/answers-after"
    assert emulator.client("sts", **keys).get_caller_identity()["Arn"] == arn
    assert iam.get_user(UserName="answers-after")["User"]["Arn"] == arn
    message = "The user with name answers-before cannot be found."
    assert refusal(iam, "get_user", UserName="answers-before") == ("NoSuchEntity", message)


def test_a_key_tells_its_account(emulator: LiveEmulator) -> None:
    info = emulator.client("sts").get_access_key_info(AccessKeyId="AKIAIOSFODNN7EXAMPLE")

    assert info["Account"] == "000000000000"


def test_a_user_shows_tags_only_where_there_are_any(iam: Any) -> None:
    made = iam.create_user(UserName="answers-plain")["User"]
    tagged = iam.create_user(UserName="answers-tagged", Tags=[{"Key": "k", "Value": "v"}])["User"]

    plain = {"Path", "UserName", "UserId", "Arn", "CreateDate"}
    assert (set(made), set(iam.get_user(UserName="answers-plain")["User"])) == (plain, plain)
    assert tagged["Tags"] == iam.get_user(UserName="answers-tagged")["User"]["Tags"] == [{"Key": "k", "Value": "v"}]
    assert all("Tags" not in user for user in iam.list_users()["Users"])
