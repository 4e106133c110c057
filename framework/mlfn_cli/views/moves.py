"""Moves of traffic that were made, for people and for programs."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from mlfn_cli.output import console, print_json

if TYPE_CHECKING:
    from mlfn_engine.releases.history import Move


def show_moves(moves: tuple[Move, ...], verb: str, as_json: bool, started: float) -> None:
    """Say what was moved."""
    if as_json:
        print_json([{"function": move.function, "from": move.source, "to": move.to} for move in moves])
        return
    if not moves:
        console().print("Nothing to do: that version answers already.")
        return
    told = ", ".join(f"{move.function} {move.source or '–'} → {move.to}" for move in moves)
    console().print(f"[green]✓[/] {verb}: {told} ({time.monotonic() - started:.1f} s).")
