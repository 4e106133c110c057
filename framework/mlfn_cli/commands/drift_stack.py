"""`mlfn drift-stack`: what somebody changed outside of the stacks."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING

import click
from rich.markup import escape

from mlfn.errors import DeployError
from mlfn_cli.output import console, json_option, print_json
from mlfn_cli.session import Session, command_options

if TYPE_CHECKING:
    from mlfn_deployers.aws.stacks.drift import Drifted


@click.command(name="drift-stack")
@json_option
@command_options
def drift_stack(session: Session, as_json: bool) -> None:
    """Show resources that are not as their stack made them, and the command that puts each back (exit 1 if any)."""
    from mlfn_cli.app_name import app_name
    from mlfn_cli.progress import reporter
    from mlfn_deployers.aws.ailments import Patient
    from mlfn_deployers.aws.api.clients import Clients
    from mlfn_deployers.aws.api.errors import translated
    from mlfn_deployers.aws.stacks.drift import drifted

    target, app = session.target(), app_name(session)
    with reporter() as progress, translated(target):
        clients = Clients(target)
        patient = Patient(target=target, clients=clients, reporter=progress, app=app, stage=session.stage)
        found = {stack: drifted(clients.cloudformation, stack, target) for stack in patient.stacks}
    count = sum(map(len, found.values()))
    if as_json:
        print_json(
            [
                {"stack": stack, **asdict(each), "run": each.command(target.region)}
                for stack, resources in found.items()
                for each in resources
            ]
        )
    elif count:
        _show(found, target.region)
    else:
        console().print(f"[green]✓[/] Everything of {app} is as its stacks made it.")
    if count:
        raise DeployError(
            f"{count} {'resource' if count == 1 else 'resources'} of {app} drifted.",
            hint="Put them back with the commands above.",
        )


def _show(found: dict[str, tuple[Drifted, ...]], region: str) -> None:
    for stack, resources in found.items():
        for each in resources:
            console().print(f"[yellow]~[/] [bold]{stack}/{each.resource}[/]: {escape(each.told)}")
            console().print(f"    run: {escape(each.command(region))}")
