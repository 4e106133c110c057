"""`mlfn audit forget APP`: destroy an app's data key, so that no digest can be linked to what was sent."""

from __future__ import annotations

import click

from mlfn_cli.output import ask, console, json_option, print_json
from mlfn_cli.session import Session, command_options


@click.command()
@click.argument("app")
@click.option("--payloads", is_flag=True, help="Also delete the payloads that were kept of its calls.")
@click.option("--yes", "-y", is_flag=True, help="Do not ask.")
@json_option
@command_options
def forget(session: Session, app: str, payloads: bool, yes: bool, as_json: bool) -> None:
    """Destroy the data key of APP for good and give it a new one; the trail itself stays, and verifies.

    Digests of inputs and results can then no longer be linked to what was sent, nor hashed values to what they hid.
    Environments that still run keep the old key until they end.
    """
    from mlfn_deployers.aws.api.clients import Clients
    from mlfn_deployers.aws.api.errors import translated
    from mlfn_deployers.aws.data_keys import stage_keys

    target = session.target()
    with translated(target):
        stage = stage_keys(Clients(target), session.stage)
        if not yes:
            what = f"the data key{' and all payloads' if payloads else ''} of {app} ({session.stage})"
            what += f" on {session.target_name}"
            ask(f"Destroy {what}? It cannot be brought back.")
        known = stage.keys.open(app)
        if known is not None:
            stage.keys.replace(app, stage.wrapping_key)
        removed = stage.keys.remove_payloads(app) if payloads else 0
    if as_json:
        print_json({"app": app, "destroyed": [known.id] if known else [], "payloads": removed})
        return
    if known is None:
        console().print(f"{app} has no data key in stage {session.stage}.")
    else:
        console().print(f"[green]✓[/] destroyed data key {known.id} of {app}")
    if payloads:
        console().print(f"[green]✓[/] deleted {removed} payloads of {app}")
