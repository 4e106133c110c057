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
