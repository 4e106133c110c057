"""The table of figures, with ratios to ours, and the targets."""

from __future__ import annotations

from dataclasses import dataclass

Figures = dict[str, dict[str, float]]
"""Row, emulator, value."""
OURS = "mlfn"


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """A line of the table: values of some figures."""

    title: str
    figures: tuple[str, ...]
    unit: str
    digits: int = 0


_LEVELS = (1, 8, 32)
ROWS = (
    Row(title="Lambda invoke, silent, at 1 / 8 / 32", figures=tuple(f"silent {n}" for n in _LEVELS), unit="/s"),
    Row(title="Lambda invoke, printing, at 1 / 8 / 32", figures=tuple(f"printing {n}" for n in _LEVELS), unit="/s"),
    Row(title="HTTP API with IAM, at 1 / 8 / 32", figures=tuple(f"api {n}" for n in _LEVELS), unit="/s"),
    Row(title="PutItem, at 1 / 8 / 32", figures=tuple(f"put {n}" for n in _LEVELS), unit="/s"),
    Row(title="warm invoke at 1, p50 / p99", figures=("silent 1 p50", "silent 1 p99"), unit="ms", digits=2),
    Row(title="10×Pass / 3×Lambda / branching, p50", figures=("Passes", "Lambdas", "Branching"), unit="ms", digits=1),
    Row(title="start to first answer / to that of an API", figures=("start", "first call"), unit="s", digits=2),
    Row(title="idle memory", figures=("idle",), unit="MB"),
)


def print_table(figures: Figures) -> None:
    """One column per emulator; under each peer's figure, how many times better ours is."""
    names = sorted({name for row in figures.values() for name in row}, key=lambda name: (name != OURS, name))
    width = max(len(row.title) for row in ROWS) + 5
    print("".ljust(width) + "".join(name.rjust(30) for name in names))
    for row in ROWS:
        title = f"{row.title} ({row.unit})".ljust(width)
        print(title + "".join(_cell(figures, row, name).rjust(30) for name in names))
        if any(_ratios(figures, row, name) for name in names):
            print("  ratio".ljust(width) + "".join(_ratios(figures, row, name).rjust(30) for name in names))
    for name, failed in _failures(figures):
        print(f"{name}: {failed}")


def _cell(figures: Figures, row: Row, name: str) -> str:
    values = [figures.get(figure, {}).get(name) for figure in row.figures]
    if all(value is None for value in values):
        return "–"
    return " / ".join("–" if value is None else f"{value:,.{row.digits}f}" for value in values)


def _ratios(figures: Figures, row: Row, name: str) -> str:
    """How many times better ours is."""
    if name.startswith(OURS):
        return ""
    ratios = [_ratio(figures, figure, name, is_rate=row.unit == "/s") for figure in row.figures]
    return " / ".join("–" if ratio is None else f"×{ratio:.1f}" for ratio in ratios) if any(ratios) else ""


def _ratio(figures: Figures, figure: str, name: str, *, is_rate: bool) -> float | None:
    ours, theirs = figures.get(figure, {}).get(OURS), figures.get(figure, {}).get(name)
    if not ours or not theirs:
        return None
    return ours / theirs if is_rate else theirs / ours


def _failures(figures: Figures) -> list[tuple[str, str]]:
    found = []
    for key, row in figures.items():
        if key.endswith(" failed"):
            found += [(name, f"{count:.0f} failed requests in {key[:-7]}") for name, count in row.items() if count]
    return found


@dataclass(frozen=True, slots=True, kw_only=True)
class Bar:
    """What the project promises: a figure of ours at most so large, or a ratio to a peer at least so large."""

    title: str
    figure: str
    limit: float
    peer: str | None = None
    is_rate: bool = True


BARS = (
    Bar(title="silent invokes at 8, against MiniStack", figure="silent 8", peer="MiniStack", limit=15),
    Bar(title="printing invokes at 8, against MiniStack", figure="printing 8", peer="MiniStack", limit=4),
    Bar(title="PutItem at 8, against MiniStack", figure="put 8", peer="MiniStack", limit=4),
    Bar(title="10×Pass, against MiniStack", figure="Passes", peer="MiniStack", limit=10, is_rate=False),
    Bar(title="3×Lambda, against MiniStack", figure="Lambdas", peer="MiniStack", limit=10, is_rate=False),
    Bar(title="branching pipeline, against MiniStack", figure="Branching", peer="MiniStack", limit=10, is_rate=False),
    Bar(title="warm invoke p50 at 1 (ms)", figure="silent 1 p50", limit=1.0),
    Bar(title="start (s)", figure="start", limit=0.3),
    Bar(title="idle (MB)", figure="idle", limit=45),
)


def print_targets(figures: Figures) -> None:
    """Each target: what it asks, what was found."""
    print()
    for bar in BARS:
        if bar.peer is None:
            value = figures.get(bar.figure, {}).get(OURS)
            asked, holds = f"≤ {bar.limit:g}", value is not None and value <= bar.limit
        else:
            value = _ratio(figures, bar.figure, bar.peer, is_rate=bar.is_rate)
            asked, holds = f"≥ ×{bar.limit:g}", value is not None and value >= bar.limit
        found = "not measured" if value is None else f"{'' if bar.peer is None else '×'}{value:.2f}"
        print(f"{'ok  ' if holds else 'MISS' if value is not None else '    '} {bar.title}: {asked}, found {found}")
