"""What can be asked of the audit trail: one question for each key of the table (docs/audit-record.md §4)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mlfn.audit.record import AuditRecord

_LONGEST_NUMBER = 6
"""Digits of a Lambda version; what is longer is the start of an image version, which has 12."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Period:
    """From `since` up to, not including, `until`; both aware."""

    since: datetime
    until: datetime

    def has(self, time: str) -> bool:
        """Whether a record's time lies in it."""
        return self.since <= datetime.fromisoformat(time) < self.until


@dataclass(frozen=True, slots=True, kw_only=True)
class CallsOfModel:
    """The calls of a model or pipeline (`<app>.<name>`), of all versions or of one."""

    model: str
    period: Period
    version: str | None = None
    """The number of a Lambda version, or how an image version begins."""

    def is_version(self, image: str, function: str | None) -> bool:
        """Whether these are the image version and Lambda version that is asked for."""
        wanted = self.version
        if wanted is None:
            return True
        is_number = wanted.isdecimal() and len(wanted) <= _LONGEST_NUMBER
        return function == wanted if is_number else image.startswith(wanted)

    def admits(self, record: AuditRecord) -> bool:
        """Whether a record in one of the question's partitions is asked for."""
        return self.is_version(record.version, record.function_version)


@dataclass(frozen=True, slots=True, kw_only=True)
class CallsOfCaller:
    """The calls that somebody made, of any model."""

    caller: str
    period: Period

    def admits(self, record: AuditRecord) -> bool:
        """Every record in the caller's partitions is, but for copies: nobody made those."""
        return record.caller is not None and not record.is_copy


@dataclass(frozen=True, slots=True, kw_only=True)
class CallsOfExecution:
    """The calls that one run of a pipeline made, its own among them."""

    execution: str

    def admits(self, record: AuditRecord) -> bool:
        """Every record in the run's partition is."""
        return record.execution is not None


@dataclass(frozen=True, slots=True, kw_only=True)
class CallsOnInput:
    """The calls whose input had this digest."""

    digest: str
    """In hexadecimal: all 64 digits, or at least the first 16."""
    period: Period

    def admits(self, record: AuditRecord) -> bool:
        """A partition holds the inputs whose digests have the same first 16 digits."""
        return record.input_digest is not None and record.input_digest.hex().startswith(self.digest)


Question = CallsOfModel | CallsOfCaller | CallsOfExecution | CallsOnInput
