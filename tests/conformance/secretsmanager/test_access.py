"""Who may read a secret: IAM says, and the policy of the key that it lies under."""

from __future__ import annotations

import json
import uuid
from typing import TYPE_CHECKING, Any

import pytest
from tests.conformance.secretsmanager.conftest import MakeSecret
from tests.fixtures.refusals import refusal
from tests.fixtures.users import new_user

if TYPE_CHECKING:
    from tests.fixtures.emulator import LiveEmulator


class User:
    """Somebody who may do nothing yet."""

    def __init__(self, emulator: LiveEmulator) -> None:
        self._iam = emulator.client("iam")
        user = new_user(self._iam, "secrets")
        self._name, self.arn = user.name, user.arn
        self.client = emulator.client("secretsmanager", **user.keys)

    def may(self, *statements: dict[str, Any]) -> None:
        """Let it do this from now on, and nothing else."""
        document = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", **each} for each in statements]}
        self._iam.put_user_policy(UserName=self._name, PolicyName="may", PolicyDocument=json.dumps(document))


@pytest.fixture
def user(emulator: LiveEmulator) -> User:
    return User(emulator)


def reading(resource: str, **condition: Any) -> dict[str, Any]:
    return {"Action": "secretsmanager:GetSecretValue", "Resource": resource, **condition}


def test_a_policy_on_the_name_and_six_characters_opens_that_secret_and_no_other(
    secretsmanager: Any, make_secret: MakeSecret, user: User
) -> None:
    name, longer = make_secret("mine"), make_secret("theirs")
    arn = secretsmanager.describe_secret(SecretId=name)["ARN"]
    user.may(reading(f"{arn[:-6]}??????"))

    mine = user.client.get_secret_value(SecretId=name)["SecretString"]

    theirs = secretsmanager.describe_secret(SecretId=longer)["ARN"]
    assert mine == "mine"
    assert refusal(user.client.get_secret_value, SecretId=longer) == (
        "AccessDeniedException",
        f"User: {user.arn} is not authorized to perform: secretsmanager:GetSecretValue on resource: {theirs} "
        "because no identity-based policy allows the secretsmanager:GetSecretValue action",
    )
    assert refusal(user.client.put_secret_value, SecretId=name, SecretString="x")[0] == "AccessDeniedException"


def test_a_policy_may_ask_for_a_tag_or_a_label(secretsmanager: Any, make_secret: MakeSecret, user: User) -> None:
    name = make_secret("x", Tags=[{"Key": "team", "Value": "a"}])
    tagged = {"StringEquals": {"aws:ResourceTag/team": "b", "secretsmanager:VersionStage": "AWSCURRENT"}}
    user.may(reading("*", Condition=tagged))

    before = refusal(user.client.get_secret_value, SecretId=name, VersionStage="AWSCURRENT")
    secretsmanager.tag_resource(SecretId=name, Tags=[{"Key": "team", "Value": "b"}])

    assert before[0] == "AccessDeniedException"
    assert user.client.get_secret_value(SecretId=name, VersionStage="AWSCURRENT")["SecretString"] == "x"
    assert refusal(user.client.get_secret_value, SecretId=name)[0] == "AccessDeniedException"


def test_under_a_key_of_its_own_a_secret_opens_only_for_those_who_may_decrypt(
    emulator: LiveEmulator, secretsmanager: Any, make_secret: MakeSecret, user: User
) -> None:
    key = emulator.client("kms").create_key()["KeyMetadata"]["Arn"]
    name = make_secret("x" * 5000, KmsKeyId=key)
    arn = secretsmanager.describe_secret(SecretId=name)["ARN"]
    through = {"StringEquals": {"kms:ViaService": "secretsmanager.us-east-1.amazonaws.com"}}
    bound = {"StringLike": {"kms:EncryptionContext:SecretARN": arn}}
    user.may(reading(arn))

    without = refusal(user.client.get_secret_value, SecretId=name)
    user.may(reading(arn), {"Action": "kms:Decrypt", "Resource": key, "Condition": through | bound})

    assert without == ("AccessDeniedException", "Access to KMS is not allowed")
    assert user.client.get_secret_value(SecretId=name)["SecretString"] == "x" * 5000


def test_a_disabled_key_keeps_its_secrets_until_they_are_moved_to_another(
    emulator: LiveEmulator, secretsmanager: Any, make_secret: MakeSecret
) -> None:
    kms = emulator.client("kms")
    first, second = (kms.create_key()["KeyMetadata"]["Arn"] for _ in range(2))
    name = make_secret("x", KmsKeyId=first)

    secretsmanager.update_secret(SecretId=name, KmsKeyId=second)
    kms.disable_key(KeyId=first)
    moved = secretsmanager.get_secret_value(SecretId=name)["SecretString"]
    kms.disable_key(KeyId=second)

    assert moved == "x"
    assert refusal(secretsmanager.get_secret_value, SecretId=name)[0] == "DecryptionFailure"


def test_no_value_lies_in_the_clear_in_the_emulators_state(emulator: LiveEmulator, make_secret: MakeSecret) -> None:
    canary = f"canary-{uuid.uuid4().hex}"

    make_secret(canary)

    files = [path for path in emulator.state_dir.rglob("*") if path.is_file()]
    assert any("state" in path.name for path in files)
    assert not [path for path in files if canary.encode() in path.read_bytes()]
