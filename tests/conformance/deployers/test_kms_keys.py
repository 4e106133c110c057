"""Images signed by keys in KMS, as the emulator has them, and checked by what else can."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_der_public_key

from mlfn.errors import DeployError, UsageError
from mlfn_deployers.aws.kms_keys import KmsKey, kms_key
from mlfn_engine.provenance.signing import PublicKeyFile, is_signed, sign
from mlfn_engine.values import Target

if TYPE_CHECKING:
    from tests.fixtures.emulator import LiveEmulator

DIGEST = f"sha256:{'ab' * 32}"


@pytest.fixture
def kms(emulator: LiveEmulator) -> Any:
    """KMS through boto3."""
    return emulator.client("kms")


@pytest.fixture
def target(emulator: LiveEmulator) -> Target:
    """The emulator as a target."""
    keys = emulator.credentials
    return Target(
        name="local",
        deployer="aws",
        region=keys.region,
        account_id=keys.account_id,
        profile=None,
        endpoint_url=emulator.endpoint,
        access_key=keys.access_key,
        secret_key=keys.secret_key,
    )


def made(kms: Any, target: Target, spec: str = "ECC_NIST_P256") -> KmsKey:
    """A new key."""
    arn = kms.create_key(KeySpec=spec, KeyUsage="SIGN_VERIFY")["KeyMetadata"]["Arn"]
    return kms_key(f"awskms:///{arn}", target)


def test_a_signature_by_kms_holds_for_its_key_alone(kms: Any, target: Target) -> None:
    key, stranger = made(kms, target), made(kms, target)

    signature = sign(DIGEST, key)

    assert is_signed(DIGEST, signature, [stranger, key])
    assert not is_signed(DIGEST, signature, [stranger])


def test_kms_itself_and_the_public_key_in_a_file_agree(kms: Any, target: Target, tmp_path: Path) -> None:
    key = made(kms, target)
    kms.create_alias(AliasName="alias/release", TargetKeyId=key.id)
    signature = sign(DIGEST, kms_key("awskms:///alias/release", target))

    public = load_der_public_key(kms.get_public_key(KeyId=key.id)["PublicKey"])
    (tmp_path / "release.pub").write_bytes(public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo))
    message = hashlib.sha256(signature.payload).digest()
    asked = {"KeyId": key.id, "Message": message, "MessageType": "DIGEST", "SigningAlgorithm": "ECDSA_SHA_256"}

    assert kms.verify(Signature=signature.signature, **asked)["SignatureValid"]
    assert is_signed(DIGEST, signature, [PublicKeyFile(tmp_path / "release.pub")])


def test_a_key_of_another_spec_is_refused_with_the_one_to_make(kms: Any, target: Target) -> None:
    key = made(kms, target, "ECC_NIST_P384")

    with pytest.raises(UsageError, match=r"cannot sign images: its spec is ECC_NIST_P384") as refused:
        key.public_key()
    with pytest.raises(DeployError, match="Sign on target 'local' failed"):
        sign(DIGEST, key)

    assert "ECC_NIST_P256" in str(refused.value.hint)


def test_a_key_that_there_is_not_is_a_sentence(target: Target) -> None:
    with pytest.raises(DeployError, match="GetPublicKey on target 'local' failed: NotFoundException"):
        kms_key("awskms:///alias/nobody", target).public_key()


@pytest.mark.parametrize("name", ["awskms://", "awskms:///", "awskms://localhost:4566/alias/x", "alias/x"])
def test_a_name_of_another_form_is_refused(target: Target, name: str) -> None:
    with pytest.raises(UsageError, match="names no KMS key"):
        kms_key(name, target)
