"""`mlfn promote`: put a model's traffic on one of its versions."""

from __future__ import annotations

import time

import click

from mlfn.errors import UsageError
from mlfn_cli.commands.rollback import show
from mlfn_cli.output import json_option
from mlfn_cli.session import Session, command_options
from mlfn_engine.releases.history import ShiftKind
from mlfn_engine.releases.moves import promotion_moves


@click.command()
@click.argument("which", metavar="MODEL@VERSION")
@json_option
@command_options
def promote(session: Session, which: str, as_json: bool) -> None:
    """Let a model answer with one of its versions, by number or by the start of its image version."""
    from mlfn_cli.commands.versions import chosen
    from mlfn_cli.progress import reporter
    from mlfn_deployers.aws.releases import AwsReleases

    started = time.monotonic()
    model, at, version = which.partition("@")
    if not (model and at and version):
        raise UsageError(f"{which!r} names no version.", hint="Write MODEL@VERSION, such as sentiment@7.")
    if session.target_name == "knative":
        from mlfn_cli.knative_traffic import move_traffic

        move_traffic(session, model, version, "Promoted", as_json)
        return
    from mlfn_cli.app_name import app_name

    app = app_name(session)
    with reporter() as progress:
        releases = AwsReleases(session.target(), progress)
        functions = chosen(releases.versions(app, session.stage), None, app, session)
        moves = promotion_moves(functions, model, version)
        if moves:
            releases.shift(app, session.stage, ShiftKind.PROMOTE, moves)
    show(moves, "Promoted", as_json, started)
