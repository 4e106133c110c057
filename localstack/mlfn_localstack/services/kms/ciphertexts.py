"""What a key encrypts, as the emulator writes it down: of symmetric keys with the key's id, of key pairs bare."""

from __future__ import annotations

import json
import uuid
from typing import TYPE_CHECKING

from mlfn_localstack.services.kms import errors, key_pairs
from mlfn_localstack.services.kms.material import NONCE_BYTES, seal, unseal
from mlfn_localstack.services.kms.specs import SYMMETRIC

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mlfn_localstack.services.kms.model import Key, KmsState

_MAGIC = b"\x01\x02\x03"
"""The first bytes of ciphertexts; then comes the kind of the key's id, the id, nonce, ciphertext and tag."""
_SINGLE_REGION, _MULTI_REGION = b"\x00", b"\x01"
_ID_BYTES = 16
_HEADER_BYTES = len(_MAGIC) + 1 + _ID_BYTES
_MULTI_REGION_PREFIX = "mrk-"


def encrypted(state: KmsState, key: Key, plaintext: bytes, algorithm: str, context: Mapping[str, str]) -> bytes:
    """A plaintext under a key.

    Raises:
        ServiceError: ValidationException if it is too long, or has a context that the algorithm has no place for.
    """
    if algorithm == SYMMETRIC:
        return _header(key["Metadata"]["KeyId"]) + seal(state.material(key), plaintext, _bound_to(key, context))
    _refuse_context(algorithm, context)
    spec = key["Metadata"]["KeySpec"]
    longest = key_pairs.longest_plaintext(spec, algorithm)
    if len(plaintext) > longest:
        message = f"Algorithm {algorithm} and key spec {spec} cannot encrypt data larger than {longest} bytes."
        raise errors.invalid(message)
    return key_pairs.encrypt(state.material(key), plaintext, algorithm)


def decrypted(state: KmsState, key: Key, blob: bytes, algorithm: str, context: Mapping[str, str]) -> tuple[bytes, int]:
    """The plaintext of a blob that a key made, and with which of its materials, counted from the newest.

    Raises:
        ServiceError: InvalidCiphertextException.
    """
    if algorithm != SYMMETRIC:
        _refuse_context(algorithm, context)
        plaintext = key_pairs.decrypt(state.material(key), blob, algorithm)
        if plaintext is None:
            raise errors.invalid_ciphertext()
        return plaintext, 0
    if owner(blob) is None:
        raise errors.invalid_ciphertext()
    for number, material in enumerate(state.materials(key)):
        found = unseal(material, blob[_HEADER_BYTES:], _bound_to(key, context))
        if found is not None:
            return found, number
    raise errors.invalid_ciphertext()


def owner(blob: bytes) -> str | None:
    """The id of the symmetric key that made a blob, or None if none did."""
    if len(blob) < _HEADER_BYTES + NONCE_BYTES or not blob.startswith(_MAGIC):
        return None
    kind = blob[len(_MAGIC) : len(_MAGIC) + 1]
    key_id = uuid.UUID(bytes=blob[len(_MAGIC) + 1 : _HEADER_BYTES])
    if kind == _MULTI_REGION:
        return f"{_MULTI_REGION_PREFIX}{key_id.hex}"
    return str(key_id) if kind == _SINGLE_REGION else None


def _header(key_id: str) -> bytes:
    kind = _MULTI_REGION if key_id.startswith(_MULTI_REGION_PREFIX) else _SINGLE_REGION
    return _MAGIC + kind + uuid.UUID(key_id.removeprefix(_MULTI_REGION_PREFIX)).bytes


def _bound_to(key: Key, context: Mapping[str, str]) -> bytes:
    """The additional authenticated data: the key, and the encryption context, in whatever order it was given."""
    pairs = json.dumps(sorted(context.items()), separators=(",", ":"))
    return f"{key['Metadata']['Arn']}\n{pairs}".encode()


def _refuse_context(algorithm: str, context: Mapping[str, str]) -> None:
    if context:
        raise errors.invalid(f"Algorithm {algorithm} does not support an encryption context.")
