"""A row of the table that `make faults` prints."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """What one scenario showed."""

    id: str
    scenario: str
    calls: int
    found: str
    """The figures that the scenario is about."""
    took_s: float
    problems: list[str] = field(default_factory=list)


def table(rows: list[Row]) -> str:
    """Rows for people."""
    head = ("row", "scenario", "N", "result", "took", "")
    cells = [
        head,
        *(
            (row.id, row.scenario, f"{row.calls:,}", row.found, f"{row.took_s:.0f} s", _verdict(row.problems))
            for row in rows
        ),
    ]
    widths = [max(len(line[column]) for line in cells) for column in range(len(head))]
    return "\n".join("  ".join(map(str.ljust, line, widths)).rstrip() for line in cells)


def _verdict(problems: list[str]) -> str:
    return f"{len(problems)} PROBLEMS" if problems else "pass"
