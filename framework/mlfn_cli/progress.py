"""Progress on standard error: live lines on a terminal, one plain line per change elsewhere."""

from __future__ import annotations

import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING

from rich.progress import BarColumn, Progress, SpinnerColumn, TaskID, TextColumn, TimeElapsedColumn

from mlfn_cli.output import messages

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rich.console import Console

    from mlfn_engine.reporting import Reporter

MEGABYTE = 1_000_000


class PlainReporter:
    """One line whenever a subject's message changes."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._last: dict[str, str] = {}
        self._lock = threading.Lock()

    def report(self, subject: str, message: str, *, done: int | None = None, total: int | None = None) -> None:
        """Print the line if it says something new; amounts and beginnings do not."""
        with self._lock:
            if self._last.get(subject) == message or message.endswith("in progress"):
                return
            self._last[subject] = message
            self._console.print(f"  {subject}: {message}", markup=False)


class LiveReporter:
    """One live line per subject, with a bar where amounts are known."""

    def __init__(self, progress: Progress) -> None:
        self._progress = progress
        self._tasks: dict[str, TaskID] = {}
        self._lock = threading.Lock()

    def report(self, subject: str, message: str, *, done: int | None = None, total: int | None = None) -> None:
        """Update the subject's line."""
        with self._lock:
            if subject not in self._tasks:
                self._tasks[subject] = self._progress.add_task(subject, total=None, message="", amount="")
            amount = f"{(done or 0) / MEGABYTE:.1f}/{total / MEGABYTE:.1f} MB" if total and total > MEGABYTE else ""
            self._progress.update(
                self._tasks[subject], message=message, completed=done or 0, total=total, amount=amount
            )


@contextmanager
def reporter() -> Iterator[Reporter]:
    """A reporter for the length of one piece of work."""
    console = messages()
    if not console.is_terminal:
        yield PlainReporter(console)
        return
    columns = (
        SpinnerColumn(finished_text="✓"),
        TextColumn("{task.description}", style="bold"),
        TextColumn("{task.fields[message]}"),
        BarColumn(bar_width=20),
        TextColumn("{task.fields[amount]}"),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=console, transient=True) as progress:
        yield LiveReporter(progress)
