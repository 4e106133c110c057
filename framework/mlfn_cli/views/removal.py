"""What a destroy took away, and what it left."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlfn_cli.output import console, print_json

if TYPE_CHECKING:
    from mlfn_engine.deployer import Removal


def show_removal(done: Removal, as_json: bool) -> None:
    """What went, and what stays."""
    if as_json:
        print_json(done)
        return
    out = console()
    for name in done.removed or ("nothing: it was not deployed",):
        out.print(f"[green]✓[/] removed {name}")
    for name in done.retained:
        out.print(f"[yellow]·[/] kept {name}")
