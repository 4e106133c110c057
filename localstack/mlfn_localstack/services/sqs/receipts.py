"""Receipt handles: which receipt of which message of which queue they stand for."""

from __future__ import annotations

import base64
import binascii
import secrets
from dataclasses import dataclass

from mlfn_localstack.services.sqs import errors


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """One receipt of a message."""

    queue: str
    message: str
    nonce: str

    def handle(self) -> str:
        """As clients get it."""
        return base64.b64encode(f"{self.queue}\n{self.message}\n{self.nonce}".encode()).decode()


def new_nonce() -> str:
    """What tells a receipt from all others."""
    return secrets.token_hex(16)


def receipt_of(handle: str, queue: str) -> Receipt:
    """The receipt that a handle stands for.

    Raises:
        ServiceError: ReceiptHandleIsInvalid: it is none, or one of another queue.
    """
    try:
        parts = base64.b64decode(handle.encode("ascii"), validate=True).decode().split("\n")
    except (UnicodeError, binascii.Error) as error:
        raise errors.invalid_handle(handle) from error
    if len(parts) != 3 or parts[0] != queue:
        raise errors.invalid_handle(handle)
    return Receipt(queue=parts[0], message=parts[1], nonce=parts[2])
