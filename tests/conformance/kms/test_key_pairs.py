"""RSA keys, shared secrets and data key pairs, checked with the cryptography package."""

from __future__ import annotations

import hashlib
from typing import Any

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.serialization import load_der_private_key, load_der_public_key
from tests.fixtures.refusals import refusal

MESSAGE = b"checkpoint 42"
PSS = "RSASSA_PSS_SHA_256"
PKCS1 = "RSASSA_PKCS1_V1_5_SHA_512"
OAEP = "RSAES_OAEP_SHA_256"
P256 = "ECC_NIST_P256"


@pytest.fixture(scope="module")
def kms(emulator: Any) -> Any:
    return emulator.client("kms")


@pytest.fixture(scope="module")
def signing(kms: Any) -> str:
    return make(kms, "RSA_2048", "SIGN_VERIFY")


@pytest.fixture(scope="module")
def encrypting(kms: Any) -> str:
    return make(kms, "RSA_2048", "ENCRYPT_DECRYPT")


def make(kms: Any, spec: str, usage: str) -> str:
    arn: str = kms.create_key(KeySpec=spec, KeyUsage=usage)["KeyMetadata"]["Arn"]
    return arn


def test_an_rsa_signature_verifies_outside_with_the_public_key(kms: Any, signing: str) -> None:
    digest = hashlib.sha256(MESSAGE).digest()

    signed = kms.sign(KeyId=signing, Message=digest, MessageType="DIGEST", SigningAlgorithm=PSS)["Signature"]

    public = load_der_public_key(kms.get_public_key(KeyId=signing)["PublicKey"])
    assert isinstance(public, rsa.RSAPublicKey)
    public.verify(signed, MESSAGE, padding.PSS(padding.MGF1(hashes.SHA256()), 32), hashes.SHA256())


@pytest.mark.parametrize("algorithm", [PSS, PKCS1])
def test_an_rsa_signature_verifies_over_its_message_only(kms: Any, signing: str, algorithm: str) -> None:
    about = {"KeyId": signing, "SigningAlgorithm": algorithm}
    signature = kms.sign(Message=MESSAGE, **about)["Signature"]

    assert kms.verify(Message=MESSAGE, Signature=signature, **about)["SignatureValid"] is True
    wrong = refusal(kms.verify, Message=b"other", Signature=signature, **about)
    assert wrong == ("KMSInvalidSignatureException", "")
    short = refusal(kms.sign, Message=b"short", MessageType="DIGEST", **about)
    assert short == ("ValidationException", f"Digest is invalid length for algorithm {algorithm}.")


def test_what_is_encrypted_outside_is_decrypted_inside(kms: Any, encrypting: str) -> None:
    shown = kms.get_public_key(KeyId=encrypting)
    public = load_der_public_key(shown["PublicKey"])
    assert isinstance(public, rsa.RSAPublicKey)
    blob = public.encrypt(MESSAGE, padding.OAEP(padding.MGF1(hashes.SHA256()), hashes.SHA256(), None))

    opened = kms.decrypt(KeyId=encrypting, CiphertextBlob=blob, EncryptionAlgorithm=OAEP)

    assert (opened["Plaintext"], opened["EncryptionAlgorithm"]) == (MESSAGE, OAEP)
    assert shown["EncryptionAlgorithms"] == ["RSAES_OAEP_SHA_1", OAEP]


@pytest.mark.parametrize(("algorithm", "most"), [("RSAES_OAEP_SHA_1", 214), (OAEP, 190)])
def test_an_rsa_key_encrypts_little(kms: Any, encrypting: str, algorithm: str, most: int) -> None:
    about = {"KeyId": encrypting, "EncryptionAlgorithm": algorithm}

    long = refusal(kms.encrypt, Plaintext=b"x" * (most + 1), **about)

    message = f"Algorithm {algorithm} and key spec RSA_2048 cannot encrypt data larger than {most} bytes."
    assert long == ("ValidationException", message)
    blob = kms.encrypt(Plaintext=b"x" * most, **about)["CiphertextBlob"]
    assert kms.decrypt(CiphertextBlob=blob, **about)["Plaintext"] == b"x" * most


def test_an_rsa_key_is_asked_for_by_its_own_algorithms(kms: Any, encrypting: str) -> None:
    message = "Algorithm SYMMETRIC_DEFAULT is incompatible with key spec RSA_2048."
    assert refusal(kms.encrypt, KeyId=encrypting, Plaintext=b"x") == ("InvalidKeyUsageException", message)


def test_two_keys_agree_on_a_secret(kms: Any) -> None:
    mine, other = (make(kms, P256, "KEY_AGREEMENT") for _ in range(2))
    public = {key: kms.get_public_key(KeyId=key)["PublicKey"] for key in (mine, other)}

    here = kms.derive_shared_secret(KeyId=mine, KeyAgreementAlgorithm="ECDH", PublicKey=public[other])
    there = kms.derive_shared_secret(KeyId=other, KeyAgreementAlgorithm="ECDH", PublicKey=public[mine])

    assert here["SharedSecret"] == there["SharedSecret"]
    assert (here["KeyAgreementAlgorithm"], here["KeyOrigin"]) == ("ECDH", "AWS_KMS")


def test_a_secret_needs_a_key_for_agreement_and_a_key_of_its_curve(kms: Any, signing: str) -> None:
    mine, larger = make(kms, P256, "KEY_AGREEMENT"), make(kms, "ECC_NIST_P384", "KEY_AGREEMENT")
    public = kms.get_public_key(KeyId=larger)["PublicKey"]
    asked = {"KeyAgreementAlgorithm": "ECDH", "PublicKey": public}

    usage = f"{signing} key usage is SIGN_VERIFY which is not valid for DeriveSharedSecret."
    assert refusal(kms.derive_shared_secret, KeyId=signing, **asked) == ("InvalidKeyUsageException", usage)
    assert refusal(kms.derive_shared_secret, KeyId=mine, **asked)[0] == "ValidationException"


@pytest.mark.parametrize("spec", ["RSA_2048", "ECC_SECG_P256K1", "ECC_NIST_EDWARDS25519"])
def test_a_data_key_pair_comes_with_its_private_half_encrypted(kms: Any, spec: str) -> None:
    key, about = kms.create_key()["KeyMetadata"]["Arn"], {"EncryptionContext": {"app": "reviews"}}

    made = kms.generate_data_key_pair(KeyId=key, KeyPairSpec=spec, **about)

    opened = kms.decrypt(CiphertextBlob=made["PrivateKeyCiphertextBlob"], **about)["Plaintext"]
    assert (opened, made["KeyId"], made["KeyPairSpec"]) == (made["PrivateKeyPlaintext"], key, spec)
    assert load_der_private_key(opened, None).public_key() == load_der_public_key(made["PublicKey"])
    without = refusal(kms.decrypt, CiphertextBlob=made["PrivateKeyCiphertextBlob"])
    assert without == ("InvalidCiphertextException", "")


def test_a_data_key_pair_may_come_without_its_private_half(kms: Any) -> None:
    key = kms.create_key()["KeyMetadata"]["Arn"]

    made = kms.generate_data_key_pair_without_plaintext(KeyId=key, KeyPairSpec=P256)

    assert "PrivateKeyPlaintext" not in made
    assert isinstance(load_der_public_key(made["PublicKey"]), ec.EllipticCurvePublicKey)
