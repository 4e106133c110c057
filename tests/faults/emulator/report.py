"""What the faults showed, as tables for people."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.faults.emulator.kill.rounds import KillReport
    from tests.faults.emulator.malformed.fuzz import Hostilities
    from tests.faults.emulator.wards import FaultReport


def table(title: str, head: Sequence[str], rows: Sequence[Sequence[object]]) -> str:
    """Rows under a head, in columns."""
    cells = [[str(cell) for cell in row] for row in (head, *rows)]
    widths = [max(len(row[column]) for row in cells) for column in range(len(head))]
    lines = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in cells]
    return "\n".join(["", title, *lines])


def kill_table(report: KillReport) -> str:
    """One line per kind of load."""
    recovery = f"{report.recovery_s:.2f} (cpu {report.recovery_cpu_s:.2f}, max {max(report.recoveries_s):.2f})"
    rows = [
        (
            scenario.name,
            report.rounds,
            scenario.tally.acknowledged,
            len(scenario.tally.lost),
            len(scenario.tally.wrong),
            scenario.tally.duplicates,
            recovery,
        )
        for scenario in report.scenarios
    ]
    head = ("scenario", "rounds", "acknowledged", "lost", "wrong", "duplicates", "recovery s")
    return table(f"kill -9 under load, seed {report.seed}", head, rows)


def fault_table(reports: Sequence[FaultReport], seed: int) -> str:
    """One line per kind of fault, and one for who has done nothing wrong."""
    rows = [(one.name, one.calls, len(one.wrong), f"{one.slowest_s * 1000:.0f}") for one in reports]
    return table(f"function faults, seed {seed}", ("fault", "calls", "wrong", "slowest ms"), rows)


def fuzz_table(found: Hostilities) -> str:
    """One line per kind of request."""
    rows = [
        (
            one.name,
            one.requests,
            one.refused,
            one.closed,
            one.harmless,
            len(one.problems),
            f"{one.slowest_s * 1000:.0f}",
        )
        for one in found.reports
    ]
    head = ("requests", "sent", "refused", "closed", "harmless", "wrong", "slowest ms")
    return table(f"malformed requests, seed {found.seed}, grown by {found.grown_mb:.1f} MB", head, rows)
