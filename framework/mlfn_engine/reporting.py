"""Progress, told to whoever wants to show it."""

from __future__ import annotations

from typing import Protocol


class Reporter(Protocol):
    """Hears of progress; the CLI draws it, tests collect it."""

    def report(self, subject: str, message: str, *, done: int | None = None, total: int | None = None) -> None:
        """Say that `subject` (an image, a stack) is now at `message`; `done` of `total`, in bytes or items."""


class SilentReporter:
    """Says nothing."""

    def report(self, subject: str, message: str, *, done: int | None = None, total: int | None = None) -> None:
        """Say nothing."""
