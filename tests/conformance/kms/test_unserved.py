"""What KMS can be asked and the emulator does not do is refused by name."""

from __future__ import annotations

from typing import Any

import pytest
from botocore.exceptions import ClientError


@pytest.fixture
def kms(emulator: Any) -> Any:
    """KMS."""
    return emulator.client("kms")


def test_nothing_is_sent_in_the_clear_to_who_wants_it_for_an_enclave(kms: Any) -> None:
    key = kms.create_key()["KeyMetadata"]["KeyId"]
    blob = kms.encrypt(KeyId=key, Plaintext=b"secret")["CiphertextBlob"]
    enclave = {"KeyEncryptionAlgorithm": "RSAES_OAEP_SHA_256", "AttestationDocument": b"signed"}

    refused = pytest.raises(ClientError, match=r"UnsupportedOperationException.*does not support Recipient")
    with refused:
        kms.decrypt(CiphertextBlob=blob, Recipient=enclave)
    with refused:
        kms.generate_data_key(KeyId=key, KeySpec="AES_256", Recipient=enclave)
    with refused:
        kms.generate_random(NumberOfBytes=8, Recipient=enclave)


def test_keys_of_other_stores_are_not_made(kms: Any) -> None:
    with pytest.raises(ClientError, match=r"UnsupportedOperationException.*does not support XksKeyId"):
        kms.create_key(XksKeyId="there")
