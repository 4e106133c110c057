"""`mlfn promote`: put a model's traffic on one of its versions."""

from __future__ import annotations

import time

import click

from mlfn.errors import UsageError
from mlfn_cli.deploying.move_approving import moving_in, require_approval_option
from mlfn_cli.output import json_option
from mlfn_cli.session import Session, command_options
from mlfn_cli.views.moves import show_moves
from mlfn_engine.releases.history import ShiftKind
from mlfn_engine.releases.moves import promotion_moves


@click.command()
@click.argument("which", metavar="MODEL@VERSION")
@require_approval_option
@json_option
@command_options
def promote(session: Session, which: str, require_approval: bool, as_json: bool) -> None:
    """Let a model answer with one of its versions, by number or by the start of its image version.

    With --require-approval, or approval = true in the stage, it asks and stops (exit 1); once somebody else has said
    mlfn approve-plan, the same command moves traffic, unless somebody else moved it meanwhile.
    """
    from mlfn_cli.progress import reporter

    started = time.monotonic()
    model, at, version = which.partition("@")
    if not (model and at and version):
        raise UsageError(f"{which!r} names no version.", hint="Write MODEL@VERSION, such as sentiment@7.")
    if session.target_name == "knative":
        from mlfn_cli.deploying.knative_traffic import move_traffic, refuse_approval

        refuse_approval(session, asked=require_approval)

        move_traffic(session, model, version, "Promoted", as_json)
        return
    with reporter() as progress:
        moving = moving_in(session, progress, require_approval=require_approval)
        moves = promotion_moves(moving.functions, model, version)
        moving.make(ShiftKind.PROMOTE, moves)
    show_moves(moves, "Promoted", as_json, started)
