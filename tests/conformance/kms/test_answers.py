"""What KMS refuses, word for word as AWS was recorded to in 2023."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from botocore.exceptions import ClientError

if TYPE_CHECKING:
    from tests.fixtures.emulator import LiveEmulator

KEYS = "arn:aws:kms:us-east-1:000000000000:key/"
ID = "134f2428-cec1-4b25-a1ae-9048164dba47"
MULTI_REGION = "mrk-d3b95762d3b95762d3b95762d3b95762"


@pytest.mark.parametrize(
    ("key", "message"),
    [
        (ID, f"Key '{KEYS}{ID}' does not exist"),
        (KEYS + ID, f"Key '{KEYS}{ID}' does not exist"),
        (MULTI_REGION, f"Key '{KEYS}{MULTI_REGION}' does not exist"),
        (f"arn:aws:kms:ap-southeast-1:000000000000:key/{ID}", "Invalid arn ap-southeast-1"),
        (ID.replace("-", ""), f"Invalid keyId '{ID.replace('-', '')}'"),
        ("mrk-fake-key-id", "Invalid keyId 'mrk-fake-key-id'"),
    ],
    ids=["id", "arn", "multi-region", "elsewhere", "no dashes", "no id"],
)
def test_a_key_that_is_not_there(emulator: LiveEmulator, key: str, message: str) -> None:
    with pytest.raises(ClientError) as caught:
        emulator.client("kms").describe_key(KeyId=key)

    assert caught.value.response["Error"] == {"Code": "NotFoundException", "Message": message}


def test_a_ciphertext_is_not_opened_with_another_key(emulator: LiveEmulator) -> None:
    kms = emulator.client("kms")
    blob = kms.encrypt(KeyId=kms.create_key()["KeyMetadata"]["KeyId"], Plaintext=b"x")["CiphertextBlob"]
    other = kms.create_key(KeySpec="HMAC_256", KeyUsage="GENERATE_VERIFY_MAC")["KeyMetadata"]["KeyId"]

    with pytest.raises(ClientError) as caught:
        kms.decrypt(KeyId=other, CiphertextBlob=blob)

    message = "The key ID in the request does not identify a CMK that can perform this operation."
    assert caught.value.response["Error"] == {"Code": "IncorrectKeyException", "Message": message}


def test_a_plaintext_that_is_too_long_is_not_shown(emulator: LiveEmulator) -> None:
    kms = emulator.client("kms")
    key = kms.create_key()["KeyMetadata"]["KeyId"]

    with pytest.raises(ClientError) as caught:
        kms.encrypt(KeyId=key, Plaintext=b"x" * 4097)

    assert kms.encrypt(KeyId=key, Plaintext=b"x" * 4096)["KeyId"]
    message = (
        "1 validation error detected: Value at 'plaintext' failed to satisfy constraint: "
        "Member must have length less than or equal to 4096"
    )
    assert caught.value.response["Error"] == {"Code": "ValidationException", "Message": message}


@pytest.mark.parametrize(
    ("tags", "message"),
    [
        ([("a", "1"), ("a", "2")], "Duplicate tag keys"),
        ([(f"key{number}", "1") for number in range(51)], "Too many tags"),
        ([("aws:key", "1")], "Tags beginning with aws: are reserved"),
        ([("AWS:key", "1")], "Tags beginning with aws: are reserved"),
    ],
    ids=["twice", "51", "reserved", "reserved in capitals"],
)
def test_tags_that_no_key_has(emulator: LiveEmulator, tags: list[tuple[str, str]], message: str) -> None:
    wanted = [{"TagKey": name, "TagValue": value} for name, value in tags]

    with pytest.raises(ClientError) as caught:
        emulator.client("kms").create_key(Tags=wanted)

    assert caught.value.response["Error"] == {"Code": "TagException", "Message": message}


def test_a_ciphertext_that_does_not_open_is_refused_without_a_word(emulator: LiveEmulator) -> None:
    kms = emulator.client("kms")
    key = kms.create_key()["KeyMetadata"]["KeyId"]
    blob = kms.encrypt(KeyId=key, Plaintext=b"x", EncryptionContext={"a": "b"})["CiphertextBlob"]

    with pytest.raises(ClientError) as caught:
        kms.decrypt(KeyId=key, CiphertextBlob=blob)

    assert caught.value.response["Error"] == {"Code": "InvalidCiphertextException", "Message": ""}
    assert "message" not in caught.value.response


def test_a_multi_region_key_says_where_its_primary_is(emulator: LiveEmulator) -> None:
    kms = emulator.client("kms")

    made = kms.create_key(MultiRegion=True)["KeyMetadata"]

    assert made["KeyId"].startswith("mrk-")
    primary = {"Arn": made["Arn"], "Region": "us-east-1"}
    about = {"MultiRegionKeyType": "PRIMARY", "PrimaryKey": primary, "ReplicaKeys": []}
    assert (made["MultiRegion"], made["MultiRegionConfiguration"]) == (True, about)
    blob = kms.encrypt(KeyId=made["KeyId"], Plaintext=b"x")["CiphertextBlob"]
    assert kms.decrypt(CiphertextBlob=blob)["Plaintext"] == b"x"
