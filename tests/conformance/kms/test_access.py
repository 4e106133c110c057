"""Who may use a key: its policy first, then IAM."""

from __future__ import annotations

import json
from typing import Any

import pytest
from botocore.exceptions import ClientError
from tests.fixtures.users import new_user


@pytest.fixture
def user(emulator: Any) -> Any:
    """A user's name, ARN and client for KMS; it may do nothing yet."""
    user = new_user(emulator.client("iam"), "kms")
    return user.name, user.arn, emulator.client("kms", **user.keys)


def policy(*statements: dict[str, Any]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


def allow(emulator: Any, name: str, action: str, **more: Any) -> None:
    document = policy({"Effect": "Allow", "Action": action, "Resource": "*", **more})
    emulator.client("iam").put_user_policy(UserName=name, PolicyName="may", PolicyDocument=document)


ROOT = {"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::000000000000:root"}, "Action": "kms:*", "Resource": "*"}


def test_the_default_policy_leaves_it_to_iam(emulator: Any, user: Any) -> None:
    name, arn, client = user
    key = emulator.client("kms").create_key()["KeyMetadata"]["Arn"]

    with pytest.raises(ClientError) as raised:
        client.encrypt(KeyId=key, Plaintext=b"x")

    assert raised.value.response["Error"] == {
        "Code": "AccessDeniedException",
        "Message": f"User: {arn} is not authorized to perform: kms:Encrypt on resource: {key} "
        "because no identity-based policy allows the kms:Encrypt action",
    }
    allow(emulator, name, "kms:Encrypt")
    assert client.encrypt(KeyId=key, Plaintext=b"x")["KeyId"] == key


def test_a_key_policy_that_names_a_user_is_enough(emulator: Any, user: Any) -> None:
    _, arn, client = user
    grant = {"Effect": "Allow", "Principal": {"AWS": arn}, "Action": "kms:GenerateDataKey", "Resource": "*"}

    key = emulator.client("kms").create_key(Policy=policy(ROOT, grant))["KeyMetadata"]["Arn"]

    assert client.generate_data_key(KeyId=key, KeySpec="AES_256")["Plaintext"]


def test_iam_alone_is_not_enough_where_the_key_policy_does_not_name_the_account(emulator: Any, user: Any) -> None:
    name, arn, client = user
    allow(emulator, name, "kms:*")
    only = {"Effect": "Allow", "Principal": {"AWS": f"{arn}x"}, "Action": "kms:*", "Resource": "*"}
    key = emulator.client("kms").create_key(Policy=policy(only), BypassPolicyLockoutSafetyCheck=True)

    with pytest.raises(ClientError, match="no resource-based policy allows the kms:Encrypt action"):
        client.encrypt(KeyId=key["KeyMetadata"]["KeyId"], Plaintext=b"x")


def test_a_policy_that_locks_its_author_out_is_refused(emulator: Any) -> None:
    only = {"Effect": "Allow", "Principal": {"Service": "logs.amazonaws.com"}, "Action": "kms:*", "Resource": "*"}

    with pytest.raises(ClientError, match="will not allow you to update the key policy in the future"):
        emulator.client("kms").create_key(Policy=policy(only))


def test_the_encryption_context_can_be_a_condition(emulator: Any, user: Any) -> None:
    name, _, client = user
    key = emulator.client("kms").create_key()["KeyMetadata"]["Arn"]
    allow(emulator, name, "kms:*", Condition={"StringEquals": {"kms:EncryptionContext:app": "reviews"}})

    blob = client.encrypt(KeyId=key, Plaintext=b"x", EncryptionContext={"app": "reviews"})["CiphertextBlob"]

    assert client.decrypt(CiphertextBlob=blob, EncryptionContext={"app": "reviews"})["Plaintext"] == b"x"
    with pytest.raises(ClientError, match="not authorized to perform: kms:Encrypt"):
        client.encrypt(KeyId=key, Plaintext=b"x", EncryptionContext={"app": "other"})


def test_material_lies_wrapped_under_a_master_key_only_its_owner_reads(emulator: Any) -> None:
    emulator.client("kms").create_key()

    master = emulator.state_dir / "kms-master.key"

    assert (master.stat().st_mode & 0o777, master.stat().st_size) == (0o600, 32)
