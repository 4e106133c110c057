"""Resource policies of secrets, and reading many secrets at once."""

from __future__ import annotations

import json
import uuid
from typing import TYPE_CHECKING, Any

import pytest
from tests.fixtures.refusals import code_of
from tests.fixtures.users import new_user

if TYPE_CHECKING:
    from tests.fixtures.emulator import LiveEmulator


@pytest.fixture
def reader(emulator: LiveEmulator) -> tuple[str, Any]:
    """A user's ARN and client; no policy of IAM's lets it do anything."""
    user = new_user(emulator.client("iam"), "reader")
    return user.arn, emulator.client("secretsmanager", **user.keys)


@pytest.fixture
def secret(emulator: LiveEmulator) -> str:
    """A secret's ARN."""
    made = emulator.client("secretsmanager").create_secret(Name=f"policy-{uuid.uuid4().hex[:8]}", SecretString="s")
    arn: str = made["ARN"]
    return arn


def policy(principal: str, effect: str = "Allow") -> str:
    """A policy about reading."""
    statement = {
        "Effect": effect,
        "Principal": {"AWS": principal},
        "Action": "secretsmanager:GetSecretValue",
        "Resource": "*",
    }
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


def test_a_policy_lets_a_user_in_until_it_is_deleted(
    emulator: LiveEmulator, reader: tuple[str, Any], secret: str
) -> None:
    manager, (arn, client) = emulator.client("secretsmanager"), reader
    before = code_of(client.get_secret_value, SecretId=secret)

    put = manager.put_resource_policy(SecretId=secret, ResourcePolicy=policy(arn))

    assert (before, put["ARN"]) == ("AccessDeniedException", secret)
    assert client.get_secret_value(SecretId=secret)["SecretString"] == "s"
    assert manager.get_resource_policy(SecretId=secret)["ResourcePolicy"] == policy(arn)
    manager.delete_resource_policy(SecretId=secret)
    assert "ResourcePolicy" not in manager.get_resource_policy(SecretId=secret)
    assert code_of(client.get_secret_value, SecretId=secret) == "AccessDeniedException"


def test_a_policy_for_the_whole_account_leaves_it_to_iam(
    emulator: LiveEmulator, reader: tuple[str, Any], secret: str
) -> None:
    whole = policy("arn:aws:iam::000000000000:root")
    emulator.client("secretsmanager").put_resource_policy(SecretId=secret, ResourcePolicy=whole)

    assert code_of(reader[1].get_secret_value, SecretId=secret) == "AccessDeniedException"


def test_a_public_or_malformed_policy_is_refused(emulator: LiveEmulator, secret: str) -> None:
    manager = emulator.client("secretsmanager")
    public = {"SecretId": secret, "ResourcePolicy": policy("*")}

    assert code_of(manager.put_resource_policy, **public, BlockPublicPolicy=True) == "PublicPolicyException"
    assert manager.validate_resource_policy(**public)["PolicyValidationPassed"] is False
    assert code_of(manager.put_resource_policy, SecretId=secret, ResourcePolicy="none") == (
        "MalformedPolicyDocumentException"
    )


def test_many_secrets_are_read_at_once(emulator: LiveEmulator, secret: str) -> None:
    manager = emulator.client("secretsmanager")
    name = secret.split(":")[6][:-7]

    listed = manager.batch_get_secret_value(SecretIdList=[secret, "no-such-secret"])
    filtered = manager.batch_get_secret_value(Filters=[{"Key": "name", "Values": [name]}])

    assert [(each["ARN"], each["SecretString"]) for each in listed["SecretValues"]] == [(secret, "s")]
    assert listed["Errors"] == [
        {
            "SecretId": "no-such-secret",
            "ErrorCode": "ResourceNotFoundException",
            "Message": "Secrets Manager can't find the specified secret.",
        }
    ]
    assert [each["Name"] for each in filtered["SecretValues"]] == [name]
    assert code_of(manager.batch_get_secret_value) == "InvalidParameterException"


def test_who_reads_many_secrets_may_read_each(emulator: LiveEmulator, reader: tuple[str, Any], secret: str) -> None:
    arn, client = reader
    statement = {"Effect": "Allow", "Action": "secretsmanager:BatchGetSecretValue", "Resource": "*"}
    document = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    emulator.client("iam").put_user_policy(UserName=arn.rpartition("/")[2], PolicyName="batch", PolicyDocument=document)

    before = code_of(client.batch_get_secret_value, SecretIdList=[secret])
    emulator.client("secretsmanager").put_resource_policy(SecretId=secret, ResourcePolicy=policy(arn))

    assert before == "AccessDeniedException"
    assert client.batch_get_secret_value(SecretIdList=[secret])["SecretValues"][0]["SecretString"] == "s"
