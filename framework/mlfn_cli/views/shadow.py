"""A shadow's beginning and how it does, for people and for programs."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from rich.console import Group
from rich.table import Table
from rich.text import Text

from mlfn_cli.output import console, print_json
from mlfn_cli.views.calls import NONE, told
from mlfn_cli.views.stats import bar
from mlfn_engine.releases.shadow import EQUAL, quantile

if TYPE_CHECKING:
    from rich.console import RenderableType

    from mlfn_engine.planning.differences import Change
    from mlfn_engine.releases.shadow import Pair, ShadowReport

WORST = 0.95


@dataclass(frozen=True, slots=True, kw_only=True)
class Started:
    """A shadow that has begun."""

    model: str
    version: str
    live: str | None
    percent: int
    permissions: tuple[Change, ...]
    """What its function may do that it might not before."""


def show_started(started: tuple[Started, ...], as_json: bool) -> None:
    """Say which shadows have begun, and what that permits."""
    if as_json:
        print_json([asdict(each) for each in started])
        return
    for each in started:
        for change in each.permissions:
            sign = "[green]+[/]" if change.added else "[red]-[/]"
            console().print(f"{sign} {each.model} {change.told}", highlight=False)
        console().print(
            f"[green]✓[/] Version {each.version} of {each.model} gets copies of {each.percent} % of the calls; "
            f"{each.live} answers. See mlfn shadow report {each.model}; end it with mlfn shadow stop {each.model}."
        )


def report_as_json(report: ShadowReport) -> dict[str, Any]:
    """Everything there is to say, for programs."""
    shadow = report.shadow
    return {
        "model": shadow.function,
        "version": shadow.version,
        "percent": shadow.percent,
        "since": shadow.since,
        "until": shadow.until,
        "coverage": {
            "live_calls": report.live_calls,
            "chosen": report.chosen,
            "pairs": report.pairs,
            "waiting": report.waiting,
            "lost": report.lost,
        },
        "outcomes": dict(report.outcomes),
        "numbers": {
            "pairs": len(report.distances),
            "p50": quantile(report.distances, 0.5),
            "p95": quantile(report.distances, WORST),
            "largest": report.distances[-1] if report.distances else None,
        },
        "errors": dict(report.errors),
        "live": {"failed": report.live.failed, "p50_ms": report.live.p50_ms, "p95_ms": report.live.p95_ms},
        "shadow": {"failed": report.copies.failed, "p50_ms": report.copies.p50_ms, "p95_ms": report.copies.p95_ms},
        "as_a_canary": {"verdict": report.judgement.verdict, "reasons": list(report.judgement.reasons)},
        "examples": [_pair_as_json(pair) for pair in report.examples],
    }


def report_as_text(report: ShadowReport) -> RenderableType:
    """The same, drawn."""
    parts: list[RenderableType] = [_head(report)]
    if report.pairs:
        parts += ["", _outcomes(report), "", _sides(report)]
    if report.examples:
        parts += ["", _examples(report)]
    return Group(*parts)


def _head(report: ShadowReport) -> Table:
    shadow = report.shadow
    grid = Table.grid(padding=(0, 2, 0, 0))
    grid.add_column(style="bold", no_wrap=True)
    grid.add_row("shadow", f"version {shadow.version} of {shadow.function}, {shadow.percent} % of the calls")
    end = f"until {_time(shadow.until)}" if shadow.until else "under way"
    grid.add_row("since", f"{_time(shadow.since)}, {end}")
    counts = f"{report.live_calls:,} live calls, {report.chosen:,} to be copied: {report.pairs:,} compared"
    lost = Text(f", {report.lost:,} lost", style="yellow" if report.lost else "")
    grid.add_row("coverage", Text(counts).append(f", {report.waiting:,} on their way").append(lost))
    if report.pairs:
        grid.add_row("a canary says", f"{report.judgement.verdict}: {'; '.join(report.judgement.reasons)}")
    return grid


def _outcomes(report: ShadowReport) -> Table:
    table = _table("answers", "pairs", "", "share")
    for name, count in report.outcomes.items():
        if count or name == EQUAL:
            colour = "green" if name == EQUAL else "red"
            share = f"{count / report.pairs:.1%}"
            table.add_row(name, f"{count:,}", Text(bar(count, report.pairs), style=colour), share)
    if report.distances:
        middle, worst = (quantile(report.distances, share) or 0.0 for share in (0.5, 1.0))
        table.add_row("numbers differ", f"{len(report.distances):,}", f"by {middle:.2%}, {worst:.2%} at most", "")
    for name, count in report.errors.items():
        table.add_row(f"  {told(name)}", f"{count:,}", "", "")
    return table


def _sides(report: ShadowReport) -> Table:
    table = _table("", "failed", "p50", "p95", "")
    slowest = max(side.p95_ms or 0.0 for side in (report.live, report.copies)) or 1.0
    for name, side in (("live", report.live), ("shadow", report.copies)):
        times = (NONE if each is None else f"{each:,.1f} ms" for each in (side.p50_ms, side.p95_ms))
        length = bar(round((side.p95_ms or 0.0) * 1000), round(slowest * 1000) or 1)
        table.add_row(name, f"{side.failed:,}", *times, Text(length, style="cyan"))
    return table


def _examples(report: ShadowReport) -> Table:
    table = _table("not equal", "live record", "shadow's record", "how")
    for pair in report.examples:
        how = pair.copy.summary or pair.copy.error or ""
        table.add_row(pair.outcome, pair.live.id, pair.copy.id, Text(told(how)))
    return table


def _pair_as_json(pair: Pair) -> dict[str, Any]:
    return {
        "outcome": pair.outcome,
        "live": pair.live.id,
        "shadow": pair.copy.id,
        "how": pair.copy.summary,
        "error": pair.copy.error,
    }


def _table(*titles: str) -> Table:
    table = Table(box=None, header_style="bold", pad_edge=False, padding=(0, 2, 0, 0))
    for title in titles:
        table.add_column(title, no_wrap=title != "how")
    return table


def _time(text: str) -> str:
    return f"{text[:19].replace('T', ' ')} UTC"
