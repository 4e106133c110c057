"""What can be asked of the audit trail: one question for each key of the table (docs/audit-record.md §4)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Period:
    """From `since` up to, not including, `until`; both aware."""

    since: datetime
    until: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class CallsOfModel:
    """The calls of a model or pipeline (`<app>.<name>`), of all versions or of one."""

    model: str
    period: Period
    version: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CallsOfCaller:
    """The calls that somebody made, of any model."""

    caller: str
    period: Period


@dataclass(frozen=True, slots=True, kw_only=True)
class CallsOfExecution:
    """The calls that one run of a pipeline made, its own among them."""

    execution: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CallsOnInput:
    """The calls whose input had this digest."""

    digest: bytes
    period: Period


Question = CallsOfModel | CallsOfCaller | CallsOfExecution | CallsOnInput
