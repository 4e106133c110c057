"""Secrets as a whole: made, described, found, deleted and had back."""

from __future__ import annotations

import re
import uuid
from typing import Any

import pytest
from tests.conformance.secretsmanager.conftest import MakeSecret
from tests.fixtures.refusals import refusal

MISSING = ("ResourceNotFoundException", "Secrets Manager can't find the specified secret.")


def test_a_secret_is_found_by_name_arn_and_arn_without_its_random_end(
    secretsmanager: Any, make_secret: MakeSecret
) -> None:
    name = make_secret("hunter2", Description="for tests", Tags=[{"Key": "team", "Value": "a"}])

    described = secretsmanager.describe_secret(SecretId=name)

    arn = described["ARN"]
    assert re.fullmatch(rf"arn:aws:secretsmanager:[a-z0-9-]+:\d{{12}}:secret:{name}-[A-Za-z0-9]{{6}}", arn)
    assert (described["Description"], described["Tags"]) == ("for tests", [{"Key": "team", "Value": "a"}])
    assert "SecretString" not in described
    for given in (name, arn, arn[:-7]):
        assert secretsmanager.get_secret_value(SecretId=given)["SecretString"] == "hunter2"
    assert refusal(secretsmanager.get_secret_value, SecretId=f"{arn[:-6]}AbCdEf") == MISSING
    assert refusal(secretsmanager.get_secret_value, SecretId=f"{name}x") == MISSING


def test_the_same_request_once_more_makes_the_same_secret(secretsmanager: Any, make_secret: MakeSecret) -> None:
    token = str(uuid.uuid4())
    name = make_secret("first", ClientRequestToken=token)

    again = secretsmanager.create_secret(Name=name, SecretString="first", ClientRequestToken=token)

    arn = secretsmanager.describe_secret(SecretId=name)["ARN"]
    assert (again["ARN"], again["VersionId"]) == (arn, token)
    other = refusal(secretsmanager.create_secret, Name=name, SecretString="second", ClientRequestToken=token)
    assert other[0] == "ResourceExistsException"
    assert f"You can't use ClientRequestToken {token}" in other[1]
    assert refusal(secretsmanager.create_secret, Name=name, SecretString="first") == (
        "ResourceExistsException",
        f"The operation failed because the secret {name} already exists.",
    )


def test_a_name_has_no_space(secretsmanager: Any) -> None:
    characters = "alphanumeric characters, or any of the following: -/_+=.@!"
    expected = ("ValidationException", f"Invalid name. Must be a valid name containing {characters}")

    assert refusal(secretsmanager.create_secret, Name="a b", SecretString="x") == expected
    assert refusal(secretsmanager.get_secret_value, SecretId="a b") == expected
    assert refusal(secretsmanager.delete_secret, SecretId="a b", ForceDeleteWithoutRecovery=True) == expected


@pytest.mark.parametrize("tag", [{}, {"Key": "k"}, {"Value": "v"}], ids=["nothing", "key", "value"])
def test_a_tag_has_a_key_and_a_value(secretsmanager: Any, make_secret: MakeSecret, tag: dict[str, str]) -> None:
    name, expected = make_secret("x"), ("InvalidParameterException", "You must provide a key and a value for each tag.")

    assert refusal(secretsmanager.tag_resource, SecretId=name, Tags=[tag]) == expected
    assert refusal(secretsmanager.create_secret, Name=f"{name}-2", SecretString="x", Tags=[tag]) == expected


def test_bytes_come_back_as_bytes(secretsmanager: Any, make_secret: MakeSecret) -> None:
    name = make_secret(b"\x00\xff")

    value = secretsmanager.get_secret_value(SecretId=name)

    assert value["SecretBinary"] == b"\x00\xff"
    assert "SecretString" not in value


def test_text_and_bytes_do_not_go_together(secretsmanager: Any) -> None:
    code, message = refusal(secretsmanager.create_secret, Name="conf/both", SecretString="x", SecretBinary=b"x")

    assert code == "InvalidParameterException"
    assert message == "You can't specify both a binary secret value and a string secret value in the same secret."


def test_a_secret_without_a_value_has_none_to_give(secretsmanager: Any, make_secret: MakeSecret) -> None:
    name = make_secret()

    assert refusal(secretsmanager.get_secret_value, SecretId=name) == (
        "ResourceNotFoundException",
        "Secrets Manager can't find the specified secret value for staging label: AWSCURRENT",
    )


def test_a_deleted_secret_comes_back_within_its_window(secretsmanager: Any, make_secret: MakeSecret) -> None:
    name = make_secret("kept")
    marked = "You can't perform this operation on the secret because it was marked for deletion."
    listed = {"Filters": [{"Key": "name", "Values": [name]}]}

    secretsmanager.delete_secret(SecretId=name, RecoveryWindowInDays=7)

    assert refusal(secretsmanager.get_secret_value, SecretId=name) == ("InvalidRequestException", marked)
    assert refusal(secretsmanager.create_secret, Name=name, SecretString="x") == (
        "InvalidRequestException",
        "You can't create this secret because a secret with this name is already scheduled for deletion.",
    )
    assert "DeletedDate" in secretsmanager.describe_secret(SecretId=name)
    assert secretsmanager.list_secrets(**listed)["SecretList"] == []
    assert len(secretsmanager.list_secrets(**listed, IncludePlannedDeletion=True)["SecretList"]) == 1
    secretsmanager.restore_secret(SecretId=name)
    assert secretsmanager.get_secret_value(SecretId=name)["SecretString"] == "kept"


def test_without_recovery_it_is_gone_at_once_and_a_new_one_is_another(
    secretsmanager: Any, make_secret: MakeSecret
) -> None:
    name = make_secret("old")
    old = secretsmanager.describe_secret(SecretId=name)["ARN"]

    secretsmanager.delete_secret(SecretId=name, ForceDeleteWithoutRecovery=True)

    assert refusal(secretsmanager.describe_secret, SecretId=name) == MISSING
    secretsmanager.delete_secret(SecretId=name, ForceDeleteWithoutRecovery=True)
    assert secretsmanager.create_secret(Name=name, SecretString="new")["ARN"] != old
    assert refusal(secretsmanager.get_secret_value, SecretId=old) == MISSING


@pytest.mark.parametrize(
    ("params", "said"),
    [
        ({"RecoveryWindowInDays": 6}, "must be between 7 and 30 days (inclusive)."),
        ({"RecoveryWindowInDays": 7, "ForceDeleteWithoutRecovery": True}, "in conjunction with RecoveryWindowInDays."),
    ],
    ids=["too soon", "both"],
)
def test_a_deletion_that_makes_no_sense_is_refused(
    secretsmanager: Any, make_secret: MakeSecret, params: dict[str, Any], said: str
) -> None:
    code, message = refusal(secretsmanager.delete_secret, SecretId=make_secret("x"), **params)

    assert code == "InvalidParameterException"
    assert message.endswith(said)


def test_lists_filter_sort_and_come_in_pages(secretsmanager: Any, make_secret: MakeSecret) -> None:
    tag = [{"Key": "run", "Value": uuid.uuid4().hex}]
    names = sorted(make_secret("x", Tags=tag, Description=f"Secret {number}") for number in range(3))
    mine: dict[str, Any] = {"Key": "tag-value", "Values": [tag[0]["Value"]]}

    first = secretsmanager.list_secrets(Filters=[mine], SortBy="name", SortOrder="asc", MaxResults=2)
    rest = secretsmanager.list_secrets(
        Filters=[mine], SortBy="name", SortOrder="asc", MaxResults=2, NextToken=first["NextToken"]
    )
    one = secretsmanager.list_secrets(Filters=[mine, {"Key": "description", "Values": ["secret 1"]}])
    others = secretsmanager.list_secrets(Filters=[mine, {"Key": "name", "Values": [f"!{names[0]}"]}])

    assert [each["Name"] for each in first["SecretList"] + rest["SecretList"]] == names
    assert "NextToken" not in rest
    assert [each["Description"] for each in one["SecretList"]] == ["Secret 1"]
    assert {each["Name"] for each in others["SecretList"]} == set(names[1:])


def test_tags_are_set_and_taken_away(secretsmanager: Any, make_secret: MakeSecret) -> None:
    name = make_secret("x", Tags=[{"Key": "a", "Value": "1"}])

    secretsmanager.tag_resource(SecretId=name, Tags=[{"Key": "b", "Value": "2"}])
    secretsmanager.untag_resource(SecretId=name, TagKeys=["a"])

    assert secretsmanager.describe_secret(SecretId=name)["Tags"] == [{"Key": "b", "Value": "2"}]


def test_a_password_has_each_kind_of_character_that_is_not_excluded(secretsmanager: Any) -> None:
    password = secretsmanager.get_random_password(PasswordLength=8, ExcludePunctuation=True, ExcludeCharacters="O0")

    text = password["RandomPassword"]
    assert len(text) == 8
    assert all(any(test(each) for each in text) for test in (str.islower, str.isupper, str.isdigit))
    assert text.isalnum()
    assert not set("O0") & set(text)
