"""What a key's materials are called, and where that is told."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from tests.fixtures.emulator import LiveEmulator

ID = re.compile(r"[0-9a-f]{64}")


@pytest.fixture(scope="module")
def kms(emulator: LiveEmulator) -> Any:
    """A client."""
    return emulator.client("kms")


def test_a_symmetric_key_tells_its_current_material(kms: Any) -> None:
    made = kms.create_key()["KeyMetadata"]

    assert ID.fullmatch(made["CurrentKeyMaterialId"])
    assert kms.describe_key(KeyId=made["KeyId"])["KeyMetadata"] == made
    assert "CurrentKeyMaterialId" in kms.create_key(MultiRegion=True)["KeyMetadata"]


@pytest.mark.parametrize(
    "settings",
    [
        {"KeySpec": "HMAC_256", "KeyUsage": "GENERATE_VERIFY_MAC"},
        {"KeySpec": "ECC_NIST_P256", "KeyUsage": "SIGN_VERIFY"},
        {"Origin": "EXTERNAL"},
    ],
    ids=lambda settings: "-".join(settings.values()),
)
def test_keys_with_one_material_or_none_yet_tell_nothing(kms: Any, settings: dict[str, str]) -> None:
    assert "CurrentKeyMaterialId" not in kms.create_key(**settings)["KeyMetadata"]


def test_what_is_encrypted_tells_with_which_material(kms: Any) -> None:
    key = kms.create_key()["KeyMetadata"]
    first = key["CurrentKeyMaterialId"]
    before = kms.generate_data_key(KeyId=key["KeyId"], KeySpec="AES_256")

    kms.rotate_key_on_demand(KeyId=key["KeyId"])

    second = kms.describe_key(KeyId=key["KeyId"])["KeyMetadata"]["CurrentKeyMaterialId"]
    after = kms.generate_data_key_without_plaintext(KeyId=key["KeyId"], KeySpec="AES_256")
    moved = kms.re_encrypt(CiphertextBlob=before["CiphertextBlob"], DestinationKeyId=key["KeyId"])
    assert (before["KeyMaterialId"], after["KeyMaterialId"]) == (first, second)
    assert kms.decrypt(CiphertextBlob=before["CiphertextBlob"])["KeyMaterialId"] == first
    assert (moved["SourceKeyMaterialId"], moved["DestinationKeyMaterialId"]) == (first, second)
    assert "KeyMaterialId" not in kms.encrypt(KeyId=key["KeyId"], Plaintext=b"x")


def test_rotations_tell_what_they_made_and_all_materials_what_came_first(kms: Any) -> None:
    key = kms.create_key()["KeyMetadata"]
    kms.rotate_key_on_demand(KeyId=key["KeyId"])
    kms.rotate_key_on_demand(KeyId=key["KeyId"])
    current = kms.describe_key(KeyId=key["KeyId"])["KeyMetadata"]["CurrentKeyMaterialId"]

    rotations = kms.list_key_rotations(KeyId=key["KeyId"])["Rotations"]
    everything = kms.list_key_rotations(KeyId=key["KeyId"], IncludeKeyMaterial="ALL_KEY_MATERIAL")["Rotations"]

    assert [each["KeyMaterialState"] for each in rotations] == ["NON_CURRENT", "CURRENT"]
    assert rotations[-1]["KeyMaterialId"] == current
    first = {
        "KeyId": key["Arn"],
        "KeyMaterialId": key["CurrentKeyMaterialId"],
        "KeyMaterialState": "NON_CURRENT",
    }
    assert everything == [first, *rotations]
