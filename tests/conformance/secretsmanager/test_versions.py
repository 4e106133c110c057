"""Versions: which is current, which was before, and what a rotation does."""

from __future__ import annotations

import uuid
from typing import Any

import pytest
from tests.conformance.secretsmanager.conftest import MakeSecret
from tests.fixtures.refusals import refusal


def stages(secretsmanager: Any, name: str) -> dict[str, str]:
    """The version that each label is on."""
    found = secretsmanager.describe_secret(SecretId=name)["VersionIdsToStages"]
    return {label: version for version, labels in found.items() for label in labels}


def value(secretsmanager: Any, name: str, **which: str) -> str:
    return str(secretsmanager.get_secret_value(SecretId=name, **which)["SecretString"])


def test_a_new_value_is_current_and_the_old_one_the_previous(secretsmanager: Any, make_secret: MakeSecret) -> None:
    name = make_secret("one")

    put = secretsmanager.put_secret_value(SecretId=name, SecretString="two")
    updated = secretsmanager.update_secret(SecretId=name, SecretString="three", Description="third")

    assert put["VersionStages"] == ["AWSCURRENT"]
    assert value(secretsmanager, name) == "three"
    assert value(secretsmanager, name, VersionStage="AWSPREVIOUS") == "two"
    assert stages(secretsmanager, name) == {"AWSCURRENT": updated["VersionId"], "AWSPREVIOUS": put["VersionId"]}
    assert secretsmanager.describe_secret(SecretId=name)["Description"] == "third"
    every = secretsmanager.list_secret_version_ids(SecretId=name, IncludeDeprecated=True)["Versions"]
    assert len(every) == 3
    assert len(secretsmanager.list_secret_version_ids(SecretId=name)["Versions"]) == 2


def test_the_first_value_of_a_secret_is_current_whatever_label_it_gets(
    secretsmanager: Any, make_secret: MakeSecret
) -> None:
    name = make_secret()

    secretsmanager.put_secret_value(SecretId=name, SecretString="x", VersionStages=["blue"])

    assert set(stages(secretsmanager, name)) == {"AWSCURRENT", "blue"}


def test_a_token_is_a_version_and_its_value_does_not_change(secretsmanager: Any, make_secret: MakeSecret) -> None:
    name, token = make_secret("one"), str(uuid.uuid4())
    first = secretsmanager.put_secret_value(SecretId=name, SecretString="two", ClientRequestToken=token)

    again = secretsmanager.put_secret_value(SecretId=name, SecretString="two", ClientRequestToken=token)

    assert first["VersionId"] == again["VersionId"] == token
    assert value(secretsmanager, name, VersionId=token) == "two"
    params = {"SecretId": name, "SecretString": "three", "ClientRequestToken": token}
    assert refusal(secretsmanager.put_secret_value, **params)[0] == "ResourceExistsException"


def test_a_rotation_puts_a_pending_value_and_then_moves_the_label(secretsmanager: Any, make_secret: MakeSecret) -> None:
    name = make_secret("old")
    old = stages(secretsmanager, name)["AWSCURRENT"]
    pending = secretsmanager.put_secret_value(SecretId=name, SecretString="new", VersionStages=["AWSPENDING"])
    new, asked = pending["VersionId"], {"SecretId": name, "VersionStage": "AWSCURRENT"}
    before = value(secretsmanager, name)

    unnamed = refusal(secretsmanager.update_secret_version_stage, **asked, MoveToVersionId=new)
    secretsmanager.update_secret_version_stage(**asked, MoveToVersionId=new, RemoveFromVersionId=old)

    assert before == "old"
    assert unnamed == (
        "InvalidParameterException",
        "The parameter RemoveFromVersionId can't be empty. Staging label AWSCURRENT is currently attached to version "
        f"{old}, so you must explicitly reference that version in RemoveFromVersionId.",
    )
    assert value(secretsmanager, name) == "new"
    assert stages(secretsmanager, name) == {"AWSPENDING": new, "AWSCURRENT": new, "AWSPREVIOUS": old}


def test_a_label_must_be_on_the_version_that_is_asked_for(secretsmanager: Any, make_secret: MakeSecret) -> None:
    name, token = make_secret("x"), str(uuid.uuid4())
    secretsmanager.put_secret_value(SecretId=name, SecretString="y", ClientRequestToken=token, VersionStages=["b"])

    both = refusal(secretsmanager.get_secret_value, SecretId=name, VersionId=token, VersionStage="AWSCURRENT")

    assert both == (
        "InvalidRequestException",
        "You provided a VersionStage that is not associated to the provided VersionId.",
    )


@pytest.mark.parametrize(
    ("which", "said"),
    [
        ({"VersionStage": "AWSPENDING"}, "staging label: AWSPENDING"),
        ({"VersionId": "0" * 32}, f"VersionId: {'0' * 32}"),
    ],
    ids=["label", "id"],
)
def test_a_version_that_is_not_there_is_named(
    secretsmanager: Any, make_secret: MakeSecret, which: dict[str, str], said: str
) -> None:
    found = refusal(secretsmanager.get_secret_value, SecretId=make_secret("x"), **which)

    assert found == (
        "ResourceNotFoundException",
        f"Secrets Manager can't find the specified secret value for {said}",
    )


def test_nothing_is_no_new_value(secretsmanager: Any, make_secret: MakeSecret) -> None:
    assert refusal(secretsmanager.put_secret_value, SecretId=make_secret("x")) == (
        "InvalidRequestException",
        "You must provide either SecretString or SecretBinary.",
    )


def test_versions_tell_their_key_and_their_last_access(secretsmanager: Any, make_secret: MakeSecret) -> None:
    name = make_secret("one")
    secretsmanager.put_secret_value(SecretId=name, SecretString="two", VersionStages=["b", "a"])

    value(secretsmanager, name)

    current, other = secretsmanager.list_secret_version_ids(SecretId=name)["Versions"]
    assert current["KmsKeyIds"] == other["KmsKeyIds"] == ["DefaultEncryptionKey"]
    assert other["VersionStages"] == ["a", "b"]
    assert ("LastAccessedDate" in current, "LastAccessedDate" in other) == (True, False)


def test_what_a_secret_never_had_is_not_shown(secretsmanager: Any, make_secret: MakeSecret) -> None:
    name = make_secret()
    bare = secretsmanager.describe_secret(SecretId=name)

    secretsmanager.tag_resource(SecretId=name, Tags=[{"Key": "team", "Value": "a"}])
    secretsmanager.untag_resource(SecretId=name, TagKeys=["team"])

    assert not {"Tags", "VersionIdsToStages", "LastAccessedDate"} & set(bare)
    assert secretsmanager.describe_secret(SecretId=name)["Tags"] == []
