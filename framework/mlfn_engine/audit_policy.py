"""How the calls of a model are recorded."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class AuditMode(StrEnum):
    """When a call's record is durable: before the response is sent (strict) or right after it (standard)."""

    STANDARD = "standard"
    STRICT = "strict"


class Capture(StrEnum):
    """What is kept of a call's input and result: their digests, for a sample of the calls more, or always more."""

    HASH = "hash"
    SAMPLE = "sample"
    FULL = "full"


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditPolicy:
    """How calls are recorded."""

    mode: AuditMode = AuditMode.STANDARD
    capture: Capture = Capture.HASH
    share: float = 1.0
    """Of the calls of a sample."""
    shards: int = 1
    """Partitions of the audit table that an hour's records are spread over."""
    baseline: str | None = None
    """Path below the project root of the bins that values are sketched in, or None."""
    summary: str | None = None
    """`module:function` that sums up a result, or None."""
