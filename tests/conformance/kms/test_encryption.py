"""Symmetric keys through boto3."""

from __future__ import annotations

from typing import Any

import pytest
from botocore.exceptions import ClientError

CONTEXT = {"app": "reviews", "stage": "dev"}


@pytest.fixture
def kms(emulator: Any) -> Any:
    return emulator.client("kms")


@pytest.fixture
def key(kms: Any) -> str:
    key_id: str = kms.create_key()["KeyMetadata"]["KeyId"]
    return key_id


def code(raised: pytest.ExceptionInfo[ClientError]) -> str:
    return str(raised.value.response["Error"]["Code"])


def test_a_data_key_is_unwrapped_by_decrypt(kms: Any, key: str) -> None:
    made = kms.generate_data_key(KeyId=key, KeySpec="AES_256", EncryptionContext=CONTEXT)

    opened = kms.decrypt(CiphertextBlob=made["CiphertextBlob"], EncryptionContext=CONTEXT)

    assert opened["Plaintext"] == made["Plaintext"]
    assert len(made["Plaintext"]) == 32
    assert opened["KeyId"] == made["KeyId"] == f"arn:aws:kms:us-east-1:000000000000:key/{key}"


def test_the_encryption_context_must_be_the_same_in_any_order(kms: Any, key: str) -> None:
    blob = kms.encrypt(KeyId=key, Plaintext=b"secret", EncryptionContext=CONTEXT)["CiphertextBlob"]

    opened = kms.decrypt(CiphertextBlob=blob, EncryptionContext=dict(reversed(CONTEXT.items())))

    assert opened["Plaintext"] == b"secret"
    with pytest.raises(ClientError) as raised:
        kms.decrypt(CiphertextBlob=blob, EncryptionContext={"app": "other"})
    assert code(raised) == "InvalidCiphertextException"


@pytest.mark.parametrize("at", [0, 10, 25, -1], ids=["magic", "key", "nonce", "tag"])
def test_a_changed_ciphertext_does_not_open(kms: Any, key: str, at: int) -> None:
    blob = bytearray(kms.encrypt(KeyId=key, Plaintext=b"secret")["CiphertextBlob"])
    blob[at] ^= 1

    with pytest.raises(ClientError) as raised:
        kms.decrypt(CiphertextBlob=bytes(blob))

    assert code(raised) == "InvalidCiphertextException"


def test_another_key_is_the_incorrect_one(kms: Any, key: str) -> None:
    other = kms.create_key()["KeyMetadata"]["Arn"]
    blob = kms.encrypt(KeyId=key, Plaintext=b"secret")["CiphertextBlob"]

    with pytest.raises(ClientError) as raised:
        kms.decrypt(CiphertextBlob=blob, KeyId=other)

    assert code(raised) == "IncorrectKeyException"


def test_reencrypt_moves_a_secret_to_another_key(kms: Any, key: str) -> None:
    other = kms.create_key()["KeyMetadata"]["Arn"]
    blob = kms.encrypt(KeyId=key, Plaintext=b"secret")["CiphertextBlob"]

    moved = kms.re_encrypt(CiphertextBlob=blob, DestinationKeyId=other, DestinationEncryptionContext=CONTEXT)

    opened = kms.decrypt(CiphertextBlob=moved["CiphertextBlob"], KeyId=other, EncryptionContext=CONTEXT)
    assert opened["Plaintext"] == b"secret"


def test_an_alias_stands_for_its_key_and_can_be_moved(kms: Any, key: str) -> None:
    alias = f"alias/{key}"
    kms.create_alias(AliasName=alias, TargetKeyId=key)
    blob = kms.encrypt(KeyId=alias, Plaintext=b"one")["CiphertextBlob"]
    other = kms.create_key()["KeyMetadata"]["KeyId"]

    kms.update_alias(AliasName=alias, TargetKeyId=other)

    assert kms.describe_key(KeyId=alias)["KeyMetadata"]["KeyId"] == other
    assert kms.decrypt(CiphertextBlob=blob)["Plaintext"] == b"one"
    assert [one["AliasName"] for one in kms.list_aliases(KeyId=other)["Aliases"]] == [alias]


def test_a_disabled_key_does_nothing_until_it_is_enabled(kms: Any, key: str) -> None:
    kms.disable_key(KeyId=key)

    with pytest.raises(ClientError, match=f"key/{key} is disabled.") as raised:
        kms.encrypt(KeyId=key, Plaintext=b"secret")

    assert code(raised) == "DisabledException"
    kms.enable_key(KeyId=key)
    assert kms.encrypt(KeyId=key, Plaintext=b"secret")["CiphertextBlob"]


def test_a_key_awaiting_deletion_can_be_kept_but_is_disabled_then(kms: Any, key: str) -> None:
    scheduled = kms.schedule_key_deletion(KeyId=key, PendingWindowInDays=7)

    with pytest.raises(ClientError, match="is pending deletion") as raised:
        kms.encrypt(KeyId=key, Plaintext=b"secret")

    assert (scheduled["KeyState"], code(raised)) == ("PendingDeletion", "KMSInvalidStateException")
    kms.cancel_key_deletion(KeyId=key)
    assert kms.describe_key(KeyId=key)["KeyMetadata"]["KeyState"] == "Disabled"


@pytest.mark.parametrize("given", ["nonsense", "alias/none", "11111111-1111-1111-1111-111111111111"])
def test_a_key_that_is_not_there_is_not_found(kms: Any, given: str) -> None:
    with pytest.raises(ClientError) as raised:
        kms.describe_key(KeyId=given)

    assert code(raised) == "NotFoundException"


def test_rotation_and_tags_are_kept(kms: Any, key: str) -> None:
    kms.enable_key_rotation(KeyId=key, RotationPeriodInDays=180)
    kms.tag_resource(KeyId=key, Tags=[{"TagKey": "app", "TagValue": "reviews"}])

    status = kms.get_key_rotation_status(KeyId=key)

    assert (status["KeyRotationEnabled"], status["RotationPeriodInDays"]) == (True, 180)
    assert kms.list_resource_tags(KeyId=key)["Tags"] == [{"TagKey": "app", "TagValue": "reviews"}]


def test_a_dry_run_only_says_that_it_would_be_allowed(kms: Any, key: str) -> None:
    with pytest.raises(ClientError, match="The request would have succeeded") as raised:
        kms.generate_data_key(KeyId=key, KeySpec="AES_256", DryRun=True)

    assert code(raised) == "DryRunOperationException"
