"""Text signed by a key, as https://c2sp.org/signed-note lays it out."""

from __future__ import annotations

import base64
import binascii
from dataclasses import dataclass
from hashlib import sha256
from typing import Protocol

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

ED25519 = b"\x01"
"""The note signature type of Ed25519."""
_DASH = "— "
_LARGEST = 64 * 1024
"""Sixteen signatures, post-quantum ones among them, fit."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PublicKey:
    """A key that notes are checked against, by its name."""

    name: str
    ed25519: bytes

    @property
    def key_id(self) -> bytes:
        """The four bytes that name the key in a signature line."""
        return sha256(self.name.encode() + b"\n" + ED25519 + self.ed25519).digest()[:4]

    def __str__(self) -> str:
        """`<name>+<key id in hex>+<base64 of type and key>`, the form other tools for signed notes take too."""
        return f"{self.name}+{self.key_id.hex()}+{base64.b64encode(ED25519 + self.ed25519).decode()}"

    @classmethod
    def parse(cls, text: str) -> PublicKey:
        """The key that such a line names.

        Raises:
            ValueError: it is no Ed25519 key, or its id is not its own.
        """
        name, key_id, encoded = (*text.strip().split("+", 2), "", "")[:3]
        try:
            data = base64.b64decode(encoded, validate=True)
        except ValueError:
            data = b""
        key = cls(name=name, ed25519=data[1:])
        if not is_key_name(name) or data[:1] != ED25519 or len(data) != 33 or key_id != key.key_id.hex():
            raise ValueError("not the public key of an Ed25519 note key")
        return key


class Signer(Protocol):
    """Who signs checkpoints: a local key file, or KMS."""

    @property
    def public_key(self) -> PublicKey:
        """What the signatures are checked against."""

    def sign(self, message: bytes) -> bytes:
        """The 64 bytes of an Ed25519 signature (RFC 8032)."""


def is_key_name(name: str) -> bool:
    """Whether a signature line can carry this name."""
    return bool(name) and "+" not in name and not any(char.isspace() or char < " " for char in name)


def signed(text: str, signer: Signer) -> str:
    """The note: the text, an empty line and the signer's signature."""
    key = signer.public_key
    signature = base64.b64encode(key.key_id + signer.sign(text.encode())).decode()
    return f"{text}\n{_DASH}{key.name} {signature}\n"


def opened(note: str, key: PublicKey) -> str:
    """The text of a note that this key has signed; signatures of other keys (witnesses) are ignored.

    Raises:
        ValueError: it is no note, or the key has not signed it.
    """
    text, lines = _parts(note)
    valid = False
    for line in lines:
        name, key_id, signature = _signature(line)
        if (name, key_id) != (key.name, key.key_id):
            continue
        try:
            Ed25519PublicKey.from_public_bytes(key.ed25519).verify(signature, text.encode())
        except InvalidSignature:
            raise ValueError("the signature is not valid") from None
        valid = True
    if not valid:
        raise ValueError(f"it is not signed by {key.name}")
    return text


def _parts(note: str) -> tuple[str, list[str]]:
    head, separator, signatures = note.rpartition("\n\n")
    if not separator or not note.endswith("\n") or len(note) > _LARGEST:
        raise ValueError("not a signed note")
    if any(char < " " and char != "\n" for char in note):
        raise ValueError("control characters in a signed note")
    return head + "\n", signatures.removesuffix("\n").split("\n")


def _signature(line: str) -> tuple[str, bytes, bytes]:
    parts = line.removeprefix(_DASH).split(" ")
    if not line.startswith(_DASH) or len(parts) != 2 or not is_key_name(parts[0]):
        raise ValueError("not a signature line")
    try:
        data = base64.b64decode(parts[1], validate=True)
    except binascii.Error:
        raise ValueError("not a signature line") from None
    if len(data) < 5:
        raise ValueError("not a signature line")
    return parts[0], data[:4], data[4:]
