"""Signing and HMAC keys through boto3, checked with the cryptography package."""

from __future__ import annotations

import hashlib
from typing import Any

import pytest
from botocore.exceptions import ClientError
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from cryptography.hazmat.primitives.serialization import load_der_public_key

MESSAGE = b"checkpoint 42"


@pytest.fixture
def kms(emulator: Any) -> Any:
    return emulator.client("kms")


def make(kms: Any, spec: str, usage: str = "SIGN_VERIFY") -> str:
    arn: str = kms.create_key(KeySpec=spec, KeyUsage=usage)["KeyMetadata"]["Arn"]
    return arn


def test_an_ecdsa_signature_verifies_outside_with_the_public_key(kms: Any) -> None:
    key = make(kms, "ECC_NIST_P256")
    digest = hashlib.sha256(MESSAGE).digest()

    signed = kms.sign(KeyId=key, Message=digest, MessageType="DIGEST", SigningAlgorithm="ECDSA_SHA_256")

    public = load_der_public_key(kms.get_public_key(KeyId=key)["PublicKey"])
    assert isinstance(public, ec.EllipticCurvePublicKey)
    public.verify(signed["Signature"], MESSAGE, ec.ECDSA(hashes.SHA256()))
    raw = {"KeyId": key, "Message": MESSAGE, "SigningAlgorithm": "ECDSA_SHA_256"}
    assert kms.verify(Signature=signed["Signature"], **raw)["SignatureValid"] is True


def test_an_ed25519_signature_verifies_outside_with_the_public_key(kms: Any) -> None:
    key = make(kms, "ECC_NIST_EDWARDS25519")

    signed = kms.sign(KeyId=key, Message=MESSAGE, MessageType="RAW", SigningAlgorithm="ED25519_SHA_512")

    public = load_der_public_key(kms.get_public_key(KeyId=key)["PublicKey"])
    assert isinstance(public, ed25519.Ed25519PublicKey)
    public.verify(signed["Signature"], MESSAGE)


@pytest.mark.parametrize(
    ("spec", "algorithm"),
    [
        ("ECC_NIST_P256", "ECDSA_SHA_256"),
        ("ECC_NIST_P384", "ECDSA_SHA_384"),
        ("ECC_NIST_EDWARDS25519", "ED25519_SHA_512"),
    ],
)
def test_a_signature_of_something_else_is_invalid(kms: Any, spec: str, algorithm: str) -> None:
    key = make(kms, spec)
    signature = kms.sign(KeyId=key, Message=MESSAGE, SigningAlgorithm=algorithm)["Signature"]

    with pytest.raises(ClientError) as raised:
        kms.verify(KeyId=key, Message=b"other", Signature=signature, SigningAlgorithm=algorithm)

    assert raised.value.response["Error"]["Code"] == "KMSInvalidSignatureException"


def test_a_digest_of_the_wrong_length_is_refused(kms: Any) -> None:
    key = make(kms, "ECC_NIST_P256")

    with pytest.raises(ClientError, match="Digest is invalid length for algorithm ECDSA_SHA_256"):
        kms.sign(KeyId=key, Message=b"short", MessageType="DIGEST", SigningAlgorithm="ECDSA_SHA_256")


def test_a_mac_is_an_hmac_that_verifies(kms: Any) -> None:
    key = make(kms, "HMAC_256", "GENERATE_VERIFY_MAC")
    about = {"KeyId": key, "Message": MESSAGE, "MacAlgorithm": "HMAC_SHA_256"}

    code = kms.generate_mac(**about)["Mac"]

    assert (len(code), kms.verify_mac(Mac=code, **about)["MacValid"]) == (32, True)
    with pytest.raises(ClientError) as raised:
        kms.verify_mac(Mac=bytes(32), **about)
    assert raised.value.response["Error"]["Code"] == "KMSInvalidMacException"


def test_a_key_does_only_what_it_is_for(kms: Any) -> None:
    key = make(kms, "ECC_NIST_P256")

    with pytest.raises(ClientError, match="key usage is SIGN_VERIFY which is not valid for Encrypt") as raised:
        kms.encrypt(KeyId=key, Plaintext=b"secret")

    assert raised.value.response["Error"]["Code"] == "InvalidKeyUsageException"
