"""`mlfn status`: what is deployed and answers."""

from __future__ import annotations

import click

from mlfn.errors import TargetError
from mlfn_cli.output import console, json_option, print_json
from mlfn_cli.session import Session, command_options


@click.command()
@json_option
@command_options
def status(session: Session, as_json: bool) -> None:
    """Show what is deployed."""
    from mlfn_cli.commands.deploy import deployment_as_json, endpoints
    from mlfn_cli.compose import graph_of
    from mlfn_deployers import deployer_for

    graph = graph_of(session)
    deployment = deployer_for(session.target()).describe(graph.app, session.stage)
    if deployment is None:
        raise TargetError(
            f"{graph.app} is not deployed to {session.target_name} (stage {session.stage}).",
            hint="Deploy it with: mlfn deploy",
        )
    if as_json:
        print_json(deployment_as_json(deployment))
        return
    console().print(f"{graph.app}, stage {session.stage}, since {deployment.updated_at}")
    console().print(endpoints(graph, deployment))
