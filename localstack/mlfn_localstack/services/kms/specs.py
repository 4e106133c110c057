"""The key specs the emulator has: what each is for, its algorithms, and how long its secret is.

https://docs.aws.amazon.com/kms/latest/developerguide/symm-asymm-choose-key-spec.html
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping


class Usage(StrEnum):
    """What a key is for."""

    ENCRYPT = "ENCRYPT_DECRYPT"
    SIGN = "SIGN_VERIFY"
    MAC = "GENERATE_VERIFY_MAC"
    AGREE = "KEY_AGREEMENT"


ALGORITHM_MEMBERS = {
    Usage.ENCRYPT: "EncryptionAlgorithms",
    Usage.SIGN: "SigningAlgorithms",
    Usage.MAC: "MacAlgorithms",
    Usage.AGREE: "KeyAgreementAlgorithms",
}
"""The member of KeyMetadata that lists the algorithms of a usage."""


@dataclass(frozen=True, slots=True, kw_only=True)
class KeySpec:
    """One key spec."""

    name: str
    algorithms: Mapping[Usage, tuple[str, ...]]
    """What keys of this spec may be made for, and what they then do."""
    size: int = 32
    """Bytes of secret for symmetric and HMAC keys."""
    is_pair: bool = False
    """Whether its keys have a public half."""


SYMMETRIC = "SYMMETRIC_DEFAULT"
_HASHES = ("SHA_256", "SHA_384", "SHA_512")
_RSA = {
    Usage.ENCRYPT: ("RSAES_OAEP_SHA_1", "RSAES_OAEP_SHA_256"),
    Usage.SIGN: tuple(f"RSASSA_{padding}_{hashed}" for padding in ("PKCS1_V1_5", "PSS") for hashed in _HASHES),
}


def _curve(name: str, *signing: str, agrees: bool = False) -> KeySpec:
    agreeing = {Usage.AGREE: ("ECDH",)} if agrees else {}
    return KeySpec(name=name, algorithms={Usage.SIGN: signing, **agreeing}, is_pair=True)


def _hmac(bits: int) -> KeySpec:
    return KeySpec(name=f"HMAC_{bits}", algorithms={Usage.MAC: (f"HMAC_SHA_{bits}",)}, size=bits // 8)


SPECS = {
    spec.name: spec
    for spec in (
        KeySpec(name=SYMMETRIC, algorithms={Usage.ENCRYPT: (SYMMETRIC,)}),
        KeySpec(name="RSA_2048", algorithms=_RSA, is_pair=True),
        KeySpec(name="RSA_3072", algorithms=_RSA, is_pair=True),
        KeySpec(name="RSA_4096", algorithms=_RSA, is_pair=True),
        _curve("ECC_NIST_P256", "ECDSA_SHA_256", agrees=True),
        _curve("ECC_NIST_P384", "ECDSA_SHA_384", agrees=True),
        _curve("ECC_NIST_P521", "ECDSA_SHA_512", agrees=True),
        _curve("ECC_SECG_P256K1", "ECDSA_SHA_256"),
        _curve("ECC_NIST_EDWARDS25519", "ED25519_SHA_512", "ED25519_PH_SHA_512"),
        _hmac(224),
        _hmac(256),
        _hmac(384),
        _hmac(512),
    )
}
PAIRS = tuple(name for name, spec in SPECS.items() if spec.is_pair)
