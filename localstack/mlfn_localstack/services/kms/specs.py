"""The key specs the emulator has: what each is for, its algorithms, and how long its secret is.

https://docs.aws.amazon.com/kms/latest/developerguide/symm-asymm-choose-key-spec.html
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Usage(StrEnum):
    """What a key is for."""

    ENCRYPT = "ENCRYPT_DECRYPT"
    SIGN = "SIGN_VERIFY"
    MAC = "GENERATE_VERIFY_MAC"


@dataclass(frozen=True, slots=True, kw_only=True)
class KeySpec:
    """One key spec."""

    name: str
    usage: Usage
    algorithms: tuple[str, ...]
    size: int = 32
    """Bytes of secret for symmetric and HMAC keys."""

    @property
    def algorithms_member(self) -> str:
        """The member of KeyMetadata that lists the algorithms."""
        match self.usage:
            case Usage.ENCRYPT:
                return "EncryptionAlgorithms"
            case Usage.SIGN:
                return "SigningAlgorithms"
            case Usage.MAC:
                return "MacAlgorithms"


SYMMETRIC = "SYMMETRIC_DEFAULT"
SPECS = {
    spec.name: spec
    for spec in (
        KeySpec(name=SYMMETRIC, usage=Usage.ENCRYPT, algorithms=(SYMMETRIC,)),
        KeySpec(name="ECC_NIST_P256", usage=Usage.SIGN, algorithms=("ECDSA_SHA_256",)),
        KeySpec(name="ECC_NIST_P384", usage=Usage.SIGN, algorithms=("ECDSA_SHA_384",)),
        KeySpec(name="ECC_NIST_P521", usage=Usage.SIGN, algorithms=("ECDSA_SHA_512",)),
        KeySpec(name="ECC_NIST_EDWARDS25519", usage=Usage.SIGN, algorithms=("ED25519_SHA_512", "ED25519_PH_SHA_512")),
        KeySpec(name="HMAC_224", usage=Usage.MAC, algorithms=("HMAC_SHA_224",), size=28),
        KeySpec(name="HMAC_256", usage=Usage.MAC, algorithms=("HMAC_SHA_256",), size=32),
        KeySpec(name="HMAC_384", usage=Usage.MAC, algorithms=("HMAC_SHA_384",), size=48),
        KeySpec(name="HMAC_512", usage=Usage.MAC, algorithms=("HMAC_SHA_512",), size=64),
    )
}
