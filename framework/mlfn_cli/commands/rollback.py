"""`mlfn rollback`: back to what answered before."""

from __future__ import annotations

import time

import click

from mlfn.errors import UsageError
from mlfn_cli.deploying.move_approving import moving_in, require_approval_option
from mlfn_cli.output import json_option
from mlfn_cli.session import Session, command_options
from mlfn_cli.views.moves import show_moves
from mlfn_engine.releases.history import ShiftKind
from mlfn_engine.releases.moves import rollback_moves


@click.command()
@click.argument("model", required=False)
@click.option("--to", "to", default=None, metavar="VERSION", help="Its number, or the start of its image version.")
@require_approval_option
@json_option
@command_options
def rollback(session: Session, model: str | None, to: str | None, require_approval: bool, as_json: bool) -> None:
    """Let MODEL answer with the version before (default: undo the app's last deploy or promotion).

    Moves traffic alone: nothing is built, pushed or changed in the stack, so it works when those are broken. The next
    deploy leaves a model where a rollback put it until there is something newer, or until it is promoted.

    Where the stage wants approvals, the way back to an older version that answered before is an emergency: it waits for
    nobody, and the release log says so. Any other version (--to) waits for an approval, as a promotion does.
    """
    if session.target_name == "knative":
        from mlfn_cli.deploying.knative_traffic import move_traffic, refuse_approval

        if to is not None or require_approval:
            refuse_approval(session, asked=require_approval)
        if model is None:
            raise UsageError("knative rolls back one model at a time.", hint="Name it: mlfn rollback MODEL.")
        move_traffic(session, model, to, "Rolled back", as_json)
        return
    from mlfn_cli.progress import reporter

    started = time.monotonic()
    with reporter() as progress:
        moving = moving_in(session, progress, require_approval=require_approval)
        moves = rollback_moves(moving.functions, () if to else moving.history(), function=model, to=to)
        moving.make(ShiftKind.ROLLBACK, moves)
    show_moves(moves, "Rolled back", as_json, started)
