"""`mlfn rollback`: back to what answered before."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import click

from mlfn.errors import UsageError
from mlfn_cli.output import console, json_option, print_json
from mlfn_cli.session import Session, command_options
from mlfn_engine.releases.history import ShiftKind
from mlfn_engine.releases.moves import rollback_moves

if TYPE_CHECKING:
    from mlfn_engine.releases.history import Move


@click.command()
@click.argument("model", required=False)
@click.option("--to", "to", default=None, metavar="VERSION", help="Its number, or the start of its image version.")
@json_option
@command_options
def rollback(session: Session, model: str | None, to: str | None, as_json: bool) -> None:
    """Let MODEL answer with the version before (default: undo the app's last deploy or promotion).

    Moves traffic alone: nothing is built, pushed or changed in the stack, so it works when those are broken. The next
    deploy leaves a model where a rollback put it until there is something newer, or until it is promoted.
    """
    if session.target_name == "knative":
        from mlfn_cli.knative_traffic import move_traffic

        if model is None:
            raise UsageError("knative rolls back one model at a time.", hint="Name it: mlfn rollback MODEL.")
        move_traffic(session, model, to, "Rolled back", as_json)
        return
    from mlfn_cli.app_name import app_name
    from mlfn_cli.commands.versions import chosen
    from mlfn_cli.progress import reporter
    from mlfn_deployers.aws.releases import AwsReleases

    started = time.monotonic()
    app = app_name(session)
    with reporter() as progress:
        releases = AwsReleases(session.target(), progress)
        functions = chosen(releases.versions(app, session.stage), None, app, session)
        history = () if to else releases.history(app, session.stage)
        moves = rollback_moves(functions, history, function=model, to=to)
        if moves:
            releases.shift(app, session.stage, ShiftKind.ROLLBACK, moves)
    show(moves, "Rolled back", as_json, started)


def show(moves: tuple[Move, ...], verb: str, as_json: bool, started: float) -> None:
    """Say what was moved."""
    if as_json:
        print_json([{"function": move.function, "from": move.source, "to": move.to} for move in moves])
        return
    if not moves:
        console().print("Nothing to do: that version answers already.")
        return
    told = ", ".join(f"{move.function} {move.source or '–'} → {move.to}" for move in moves)
    console().print(f"[green]✓[/] {verb}: {told} ({time.monotonic() - started:.1f} s).")
