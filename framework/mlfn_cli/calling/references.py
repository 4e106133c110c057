"""Values that a state machine refers to, fetched through the API or from the bucket itself."""

from __future__ import annotations

import base64
import hashlib
from typing import TYPE_CHECKING

from mlfn.client.blobs import got
from mlfn.errors import CallFailedError
from mlfn.runtime.large_values import values_prefix
from mlfn.runtime.spilling import resolved

if TYPE_CHECKING:
    from mlfn.client.blobs import Ask
    from mlfn_deployers.aws.api.clients import Clients


def resolved_output(name: str, output: bytes, ask: Ask) -> bytes:
    """A run's output with what its references refer to.

    Raises:
        CallError: something is not there.
    """

    def fetch(references: list[str]) -> list[bytes]:
        return [_fetched(name, reference, ask) for reference in references]

    return resolved(output, fetch)


def resolved_directly(clients: Clients, bucket: str, app: str, output: bytes) -> bytes:
    """The same, read from the stage's bucket by whoever may read it.

    Raises:
        CallError: a value is not what was kept.
    """

    def fetch(references: list[str]) -> list[bytes]:
        return [_read(clients, bucket, app, reference) for reference in references]

    return resolved(output, fetch)


def _fetched(name: str, reference: str, ask: Ask) -> bytes:
    digest, at = _parts(reference)
    return got(name, digest, at, ask)


def _read(clients: Clients, bucket: str, app: str, reference: str) -> bytes:
    digest, at = _parts(reference)
    content: bytes = clients.s3.get_object(Bucket=bucket, Key=values_prefix(app) + at)["Body"].read()
    if hashlib.sha256(content).hexdigest() != digest:
        raise CallFailedError("A large value is not what was kept: its digest differs.", hint="Call again.")
    return content


def _parts(reference: str) -> tuple[str, str]:
    """A reference's SHA-256 in hexadecimal digits, and the name of what it refers to."""
    digest, _, rest = reference.partition(".")
    return base64.urlsafe_b64decode(f"{digest}=").hex(), rest.partition(".")[2] or digest
