"""A run of a pipeline as a tree: states, how long each took, how often it was tried."""

from __future__ import annotations

import time
from collections import deque
from typing import TYPE_CHECKING

from rich.live import Live
from rich.markup import escape
from rich.tree import Tree

if TYPE_CHECKING:
    from collections.abc import Iterable

    from rich.console import Console

    from mlfn_engine.pipelines.history import Stay

_QUIET = ("Pass", "Succeed", "Fail")
"""States in which nothing is done."""
MOST_ITERATIONS = 10


def shown(out: Console, title: str, growing: Iterable[tuple[Stay, ...]]) -> tuple[Stay, ...]:
    """The last of the trees, each of which took the place of the one before; where nobody watches, only that one."""
    last: tuple[Stay, ...] = ()
    if not out.is_terminal:
        last = deque(growing, maxlen=1)[0]
        out.print(as_tree(title, last))
        return last
    with Live(console=out, auto_refresh=False) as live:
        for last in growing:
            live.update(as_tree(title, last), refresh=True)
    return last


def as_tree(title: str, stays: Iterable[Stay]) -> Tree:
    """The tree under a title."""
    tree = Tree(title)
    _grow(tree, stays)
    return tree


def _grow(tree: Tree, stays: Iterable[Stay]) -> None:
    shown = [each for each in stays if each.kind not in _QUIET]
    for number, stay in enumerate(shown):
        if stay.kind == "Iteration" and number >= MOST_ITERATIONS:
            tree.add(f"[dim]and {len(shown) - number} more[/]")
            return
        _grow(tree.add(_line(stay, number)), stay.inside)


def _line(stay: Stay, number: int) -> str:
    mark = _mark(stay)
    name = f"item {number}" if stay.kind == "Iteration" else stay.name
    parts = [f"{mark} {escape(name)}", f"[dim]{_duration(stay)}[/]"]
    if stay.attempts > 1:
        parts.append(f"[yellow]{stay.attempts} attempts[/]")
    if stay.error is not None:
        parts.append(f"[red]{escape(stay.error)}[/]" + ("" if stay.ended_ms is None else ", handled"))
    return "  ".join(parts)


def _mark(stay: Stay) -> str:
    if stay.error is not None:
        return "[red]✗[/]" if stay.ended_ms is None else "[yellow]![/]"
    if stay.ended_ms is not None:
        return "[green]✓[/]"
    return "[yellow]…[/]" if stay.stopped_ms is None else "[dim]–[/]"


def _duration(stay: Stay) -> str:
    known = stay.stopped_ms if stay.ended_ms is None else stay.ended_ms
    ended = time.time() * 1000 if known is None else known
    milliseconds = max(0, ended - stay.began_ms)
    return f"{milliseconds / 1000:,.1f} s" if milliseconds >= 1000 else f"{milliseconds:.0f} ms"
