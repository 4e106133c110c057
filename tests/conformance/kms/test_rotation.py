"""Keys that are rotated on demand."""

from __future__ import annotations

from typing import Any

import pytest
from botocore.exceptions import ClientError

NOBODY = "1234abcd-12ab-34cd-56ef-1234567890ab"
ARN = "arn:aws:kms:us-east-1:000000000000:key/"


@pytest.fixture
def kms(emulator: Any) -> Any:
    return emulator.client("kms")


def make(kms: Any, **settings: Any) -> str:
    key: str = kms.create_key(**settings)["KeyMetadata"]["KeyId"]
    return key


def refused(kms: Any, key: str) -> tuple[str, str]:
    with pytest.raises(ClientError) as caught:
        kms.rotate_key_on_demand(KeyId=key)
    error = caught.value.response["Error"]
    return error["Code"], error["Message"]


def test_what_was_encrypted_before_a_rotation_opens_after_it(kms: Any) -> None:
    key = make(kms)
    before = kms.encrypt(KeyId=key, Plaintext=b"before")["CiphertextBlob"]

    kms.rotate_key_on_demand(KeyId=key)

    after = kms.encrypt(KeyId=key, Plaintext=b"after")["CiphertextBlob"]
    opened = [kms.decrypt(CiphertextBlob=blob)["Plaintext"] for blob in (before, after)]
    assert opened == [b"before", b"after"]
    (rotation,) = kms.list_key_rotations(KeyId=key)["Rotations"]
    assert (rotation["KeyId"], rotation["RotationType"]) == (ARN + key, "ON_DEMAND")


def test_rotating_on_demand_leaves_the_schedule_alone(kms: Any) -> None:
    key = make(kms)
    kms.enable_key_rotation(KeyId=key, RotationPeriodInDays=180)
    before = kms.get_key_rotation_status(KeyId=key)

    kms.rotate_key_on_demand(KeyId=key)

    after = kms.get_key_rotation_status(KeyId=key)
    assert (after["NextRotationDate"], after["RotationPeriodInDays"]) == (before["NextRotationDate"], 180)


def test_the_twenty_sixth_rotation_is_refused(kms: Any) -> None:
    key = make(kms)
    for _ in range(25):
        kms.rotate_key_on_demand(KeyId=key)

    message = (
        "The on-demand rotations limit has been reached for the given keyId. "
        f"No more on-demand rotations can be performed for this key: {ARN}{key}"
    )
    assert refused(kms, key) == ("LimitExceededException", message)


def test_keys_that_are_not_rotated_on_demand(kms: Any) -> None:
    pair = make(kms, KeySpec="RSA_2048", KeyUsage="ENCRYPT_DECRYPT")
    brought = make(kms, Origin="EXTERNAL")
    origin = f"{ARN}{brought} origin is EXTERNAL which is not valid for this operation."

    assert refused(kms, pair) == ("UnsupportedOperationException", "")
    assert refused(kms, brought) == ("UnsupportedOperationException", origin)
    assert refused(kms, NOBODY) == ("NotFoundException", f"Key '{ARN}{NOBODY}' does not exist")
    kms.disable_key(KeyId=pair)
    assert refused(kms, pair) == ("DisabledException", f"{ARN}{pair} is disabled.")
