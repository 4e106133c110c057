"""Values that a state machine refers to, fetched through the API."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING

from mlfn.client.blobs import got
from mlfn.runtime.spilling import resolved

if TYPE_CHECKING:
    from mlfn.client.blobs import Ask


def resolved_output(name: str, output: bytes, ask: Ask) -> bytes:
    """A run's output with what its references refer to.

    Raises:
        CallError: something is not there.
    """

    def fetch(references: list[str]) -> list[bytes]:
        return [_fetched(name, reference, ask) for reference in references]

    return resolved(output, fetch)


def _fetched(name: str, reference: str, ask: Ask) -> bytes:
    digest, _, rest = reference.partition(".")
    hexadecimal = base64.urlsafe_b64decode(f"{digest}=").hex()
    return got(name, hexadecimal, rest.partition(".")[2] or digest, ask)
