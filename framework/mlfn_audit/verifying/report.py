"""What verification found."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

LARGEST = 1_000
"""Findings told one by one; the others are only counted."""


class Kind(StrEnum):
    """What is wrong."""

    GAP = "gap"
    """A writer's numbers leave some out that no checkpoint has sealed."""
    ALTERED = "altered"
    """A record or link is not as it was written."""
    EXTRA = "extra"
    """A record is there that should not be: twice, or in a time that is sealed."""
    MISSING = "missing"
    """A sealed record is not there."""
    CHECKPOINT = "checkpoint"
    """A checkpoint is forged, missing or contradicts another."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One thing that is wrong."""

    kind: Kind
    what: str
    count: int = 1


@dataclass(slots=True, kw_only=True)
class Findings:
    """What has been found so far."""

    told: list[Finding] = field(default_factory=list)
    counts: Counter[Kind] = field(default_factory=Counter)

    def add(self, kind: Kind, what: str, count: int = 1) -> None:
        """Note something that is wrong."""
        self.counts[kind] += count
        if len(self.told) < LARGEST:
            self.told.append(Finding(kind=kind, what=what, count=count))


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """The state of a trail."""

    checked: int
    """Records read."""
    sealed: int
    """Records that checkpoints vouch for and that are there."""
    unsealed: int
    """Records newer than the last checkpoint: their hashes are checked, nothing vouches for them yet."""
    unsealed_since: str | None
    """When the oldest of them was made."""
    late: int
    """Sealed records that say they were made well before the checkpoint before."""
    expired: int
    """Sealed records that are gone because their time is over."""
    pending: int
    """Numbers left out just now, by records that may be on their way."""
    checkpoints: int
    last_checkpoint: str | None
    """Up to when the trail is sealed."""
    last_number: int
    counts: dict[Kind, int]
    findings: tuple[Finding, ...]

    @property
    def is_clean(self) -> bool:
        """Whether nothing is wrong."""
        return not self.counts

    def to_json(self) -> dict[str, Any]:
        """The report as one flat object."""
        names = ("checked", "sealed", "unsealed", "unsealed_since", "late", "expired", "pending", "checkpoints")
        return {
            **{name: getattr(self, name) for name in names},
            "last_checkpoint": self.last_checkpoint,
            "last_number": self.last_number,
            **{str(kind): self.counts.get(kind, 0) for kind in Kind},
            "clean": self.is_clean,
            "findings": [{"kind": str(each.kind), "what": each.what, "count": each.count} for each in self.findings],
        }
