"""Key material that is brought from elsewhere."""

from __future__ import annotations

import os
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from cryptography.hazmat.primitives import hashes, keywrap, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from tests.fixtures.refusals import refusal

OAEP = "RSAES_OAEP_SHA_256"
KEPT = {"ExpirationModel": "KEY_MATERIAL_DOES_NOT_EXPIRE"}


@pytest.fixture(scope="module")
def kms(emulator: Any) -> Any:
    return emulator.client("kms")


def make(kms: Any, **settings: Any) -> dict[str, Any]:
    made: dict[str, Any] = kms.create_key(Origin="EXTERNAL", **settings)["KeyMetadata"]
    return made


def sent(kms: Any, key: str, material: bytes) -> dict[str, Any]:
    """What ImportKeyMaterial is given for a key."""
    asked = {"WrappingAlgorithm": OAEP, "WrappingKeySpec": "RSA_2048"}
    parameters = kms.get_parameters_for_import(KeyId=key, **asked)
    return {
        "KeyId": key,
        "ImportToken": parameters["ImportToken"],
        "EncryptedKeyMaterial": oaep(parameters["PublicKey"], material),
    }


def oaep(public: bytes, material: bytes) -> bytes:
    key = serialization.load_der_public_key(public)
    assert isinstance(key, rsa.RSAPublicKey)
    return key.encrypt(material, padding.OAEP(padding.MGF1(hashes.SHA256()), hashes.SHA256(), None))


def private_key(key: ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey) -> bytes:
    return key.private_bytes(
        serialization.Encoding.DER, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )


def state(kms: Any, key: str) -> tuple[str, bool, str | None]:
    shown = kms.describe_key(KeyId=key)["KeyMetadata"]
    return shown["KeyState"], shown["Enabled"], shown.get("ExpirationModel")


def test_a_key_works_while_it_has_its_material(kms: Any) -> None:
    made = make(kms)
    key, pending = made["KeyId"], ("KMSInvalidStateException", f"{made['Arn']} is pending import.")
    assert (made["KeyState"], made["Enabled"]) == ("PendingImport", False)
    assert refusal(kms.encrypt, KeyId=key, Plaintext=b"x") == pending

    kms.import_key_material(**sent(kms, key, os.urandom(32)), **KEPT)

    assert state(kms, key) == ("Enabled", True, KEPT["ExpirationModel"])
    blob = kms.encrypt(KeyId=key, Plaintext=b"x")["CiphertextBlob"]
    assert kms.decrypt(CiphertextBlob=blob)["Plaintext"] == b"x"
    kms.delete_imported_key_material(KeyId=key)
    assert state(kms, key) == ("PendingImport", False, None)
    assert refusal(kms.encrypt, KeyId=key, Plaintext=b"x") == pending


def test_material_that_went_comes_back_as_it_was(kms: Any) -> None:
    key, material = make(kms)["KeyId"], os.urandom(32)
    kms.import_key_material(**sent(kms, key, material), **KEPT)
    blob = kms.encrypt(KeyId=key, Plaintext=b"x")["CiphertextBlob"]
    kms.delete_imported_key_material(KeyId=key)

    other = refusal(kms.import_key_material, **sent(kms, key, os.urandom(32)), **KEPT)
    kms.import_key_material(**sent(kms, key, material), **KEPT)

    assert other[0] == "IncorrectKeyMaterialException"
    assert kms.decrypt(CiphertextBlob=blob)["Plaintext"] == b"x"


def test_expiry_needs_a_date(kms: Any) -> None:
    key = make(kms)["KeyId"]
    about = sent(kms, key, os.urandom(32))
    message = "A validTo date must be set if the ExpirationModel is KEY_MATERIAL_EXPIRES"

    assert refusal(kms.import_key_material, **about) == ("ValidationException", message)
    due = datetime.now(UTC).replace(microsecond=0) + timedelta(hours=1)
    kms.import_key_material(**about, ValidTo=due)
    assert kms.describe_key(KeyId=key)["KeyMetadata"]["ValidTo"] == due
    assert state(kms, key) == ("Enabled", True, "KEY_MATERIAL_EXPIRES")


def test_a_key_pair_is_brought_as_pkcs8(kms: Any) -> None:
    key = make(kms, KeySpec="ECC_NIST_P256", KeyUsage="SIGN_VERIFY")["KeyId"]
    mine = ec.generate_private_key(ec.SECP256R1())

    kms.import_key_material(**sent(kms, key, private_key(mine)), **KEPT)

    shown = serialization.load_der_public_key(kms.get_public_key(KeyId=key)["PublicKey"])
    assert shown == mine.public_key()


def test_a_long_key_comes_under_an_aes_key_that_comes_under_rsa(kms: Any) -> None:
    key = make(kms, KeySpec="RSA_2048", KeyUsage="SIGN_VERIFY")["KeyId"]
    mine, wrapping = rsa.generate_private_key(65_537, 2048), os.urandom(32)
    asked = {"WrappingAlgorithm": "RSA_AES_KEY_WRAP_SHA_256", "WrappingKeySpec": "RSA_2048"}
    parameters = kms.get_parameters_for_import(KeyId=key, **asked)
    wrapped = oaep(parameters["PublicKey"], wrapping)
    wrapped += keywrap.aes_key_wrap_with_padding(wrapping, private_key(mine))

    kms.import_key_material(KeyId=key, ImportToken=parameters["ImportToken"], EncryptedKeyMaterial=wrapped, **KEPT)

    shown = serialization.load_der_public_key(kms.get_public_key(KeyId=key)["PublicKey"])
    assert shown == mine.public_key()


def test_material_and_token_must_be_the_keys(kms: Any) -> None:
    key, other = make(kms)["KeyId"], make(kms)["KeyId"]
    about = sent(kms, key, os.urandom(16))

    assert refusal(kms.import_key_material, **about, **KEPT)[0] == "IncorrectKeyMaterialException"
    assert refusal(kms.import_key_material, **about | {"KeyId": other}, **KEPT)[0] == "InvalidImportTokenException"


def test_a_key_with_material_of_kms_takes_no_other(kms: Any) -> None:
    own = kms.create_key()["KeyMetadata"]["Arn"]
    asked = {"KeyId": own, "WrappingAlgorithm": OAEP, "WrappingKeySpec": "RSA_4096"}

    message = f"{own} origin is AWS_KMS which is not valid for this operation."
    assert refusal(kms.get_parameters_for_import, **asked) == ("UnsupportedOperationException", message)
