"""Calls in numbers, for people and for programs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from rich.console import Group
from rich.table import Table
from rich.text import Text

from mlfn.audit.record import Status
from mlfn_audit.tallies import RUNNING
from mlfn_cli.views.calls import ASSURANCE, NARROW, NONE, told, who

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from rich.console import RenderableType

    from mlfn_audit.tallies import Summary, Tally

PERCENTILES = (0.5, 0.95, 0.99)
WIDE = 110
"""Columns from which on versions have bars."""
CALLERS, BAR = 10, 20
"""Callers that are shown; characters of the longest bar."""
_LEVELS = "▁▂▃▄▅▆▇█"
_EIGHTHS = ("", "▏", "▎", "▍", "▌", "▋", "▊", "▉")


def stats_as_json(summary: Summary, counts: Mapping[str, int] | None) -> dict[str, Any]:
    """Everything there is to say, for programs."""
    return {
        "since": summary.period.since.isoformat(),
        "until": summary.period.until.isoformat(),
        **_tally_as_json(summary.all),
        "abandoned": summary.abandoned,
        "orphans": summary.orphans,
        "versions": [
            {"model": model, "function_version": function, "version": image, **_tally_as_json(tally)}
            for (model, function, image), tally in _by_calls(summary)
        ],
        "callers": [
            {"caller": name or None, "assurance": ASSURANCE[level], "calls": calls}
            for (name, level), calls in summary.callers.most_common()
        ],
        "over_time": [{"calls": each.calls, "failed": each.failed} for each in summary.slices],
        "counted": counts,
    }


def stats_as_text(summary: Summary, counts: Mapping[str, int] | None, width: int) -> RenderableType:
    """The same for people: sparklines, a table of versions, one of callers, and what the trail's keepers counted."""
    parts: list[RenderableType] = [_totals(summary)]
    if summary.all.calls:
        parts += ["", _versions(summary, width), "", _callers(summary)]
    return Group(*parts, "", _trail(summary, counts))


def sparkline(values: Sequence[int]) -> str:
    """Values as columns of one character each: the largest is full, nothing is a space."""
    largest = max(values, default=0)
    return "".join(_LEVELS[(value * len(_LEVELS) - 1) // largest] if value else " " for value in values)


def bar(value: int, largest: int) -> str:
    """A value as a bar, to an eighth of a character; what there is can be seen."""
    eighths = max(round(value / largest * BAR * 8), 1) if value else 0
    return "█" * (eighths // 8) + _EIGHTHS[eighths % 8]


def _totals(summary: Summary) -> Table:
    tally = summary.all
    grid = Table.grid(padding=(0, 2, 0, 0))
    grid.add_column(style="bold", no_wrap=True)
    since, until = (f"{each:%Y-%m-%d %H:%M:%S} UTC" for each in (summary.period.since, summary.period.until))
    grid.add_row("period", f"{since} – {until}")
    ends = ", ".join(f"{count:,} {status}" for status, count in tally.statuses.most_common())
    grid.add_row("calls", Text(told(f"{tally.calls:,}{f': {ends}' if ends else ''}")))
    if tally.calls:
        grid.add_row("", Text(sparkline([each.calls for each in summary.slices]), style="green"))
        grid.add_row("failed", f"{tally.failed:,} ({tally.failure_rate:.2%})")
    if tally.failed:
        grid.add_row("", Text(sparkline([each.failed for each in summary.slices]), style="red"))
    return grid


def _versions(summary: Summary, width: int) -> Table:
    """With bars, and with image versions beside Lambda's, if there is room."""
    bars = ("",) if width >= WIDE else ()
    table = _table("model", "version", "calls", *bars, "failed", "p50", "p95", "p99")
    largest = max(tally.calls for tally in summary.versions.values())
    for (model, function, image), tally in _by_calls(summary):
        table.add_row(
            Text(told(model)),
            f"{function or NONE} ({image[:7]})" if width >= NARROW else function or image[:7],
            f"{tally.calls:,}",
            *(Text(bar(tally.calls, largest), style="green") for _ in bars),
            Text(f"{tally.failure_rate:.1%}", style="red" if tally.failed else ""),
            *(_milliseconds(tally.durations.percentile(share)) for share in PERCENTILES),
        )
    return table


def _callers(summary: Summary) -> Table:
    table = _table("who", "calls", "")
    shown = summary.callers.most_common(CALLERS)
    for (name, level), calls in shown:
        table.add_row(Text(told(f"{who(name)} ({ASSURANCE[level]})")), f"{calls:,}", bar(calls, shown[0][1]))
    if left := len(summary.callers) - len(shown):
        table.add_row(Text(f"… {left:,} more", style="dim"))
    return table


def _trail(summary: Summary, counts: Mapping[str, int] | None) -> Text:
    running = summary.all.statuses[RUNNING] - summary.orphans
    words = [f"{running:,} running", f"{summary.abandoned:,} abandoned", f"{summary.orphans:,} orphans"]
    words += [f"{count:,} {name}" for name, count in (counts or {}).items()]
    text = Text("trail    ", style="bold").append(", ".join(words), style="not bold")
    return text if counts is not None else text.append("; CloudWatch does not tell its counts", style="not bold dim")


def _table(*titles: str) -> Table:
    table = Table(box=None, header_style="bold", pad_edge=False, padding=(0, 2, 0, 0))
    for title in titles:
        is_number = title in {"calls", "failed", "p50", "p95", "p99"}
        table.add_column(title, no_wrap=True, justify="right" if is_number else "left")
    return table


def _by_calls(summary: Summary) -> list[tuple[tuple[str, str, str], Tally]]:
    return sorted(summary.versions.items(), key=lambda each: (-each[1].calls, each[0]))


def _milliseconds(microseconds: int | None) -> str:
    return NONE if microseconds is None else f"{microseconds / 1000:,.1f} ms"


def _tally_as_json(tally: Tally) -> dict[str, Any]:
    names = {0.5: "p50_us", 0.95: "p95_us", 0.99: "p99_us"}
    return {
        "calls": tally.calls,
        "statuses": dict(tally.statuses),
        "failed": tally.failed,
        "failure_rate": tally.failure_rate,
        "rejected": tally.statuses[Status.REJECTED],
        **{names[share]: tally.durations.percentile(share) for share in PERCENTILES},
    }
