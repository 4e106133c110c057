"""`mlfn status`: what is deployed and answers."""

from __future__ import annotations

import click

from mlfn_cli.output import console, json_option, print_json
from mlfn_cli.session import Session, command_options, not_deployed


@click.command()
@json_option
@command_options
def status(session: Session, as_json: bool) -> None:
    """Show what is deployed."""
    from mlfn_cli.deploying.compose import graph_of
    from mlfn_cli.views.deployment import deployment_as_json, endpoints
    from mlfn_deployers import deployer_for

    graph = graph_of(session)
    deployment = deployer_for(session.target()).describe(graph.app, session.stage)
    if deployment is None:
        raise not_deployed(graph.app, session.stage, session.target_name)
    if as_json:
        print_json(deployment_as_json(deployment))
        return
    out = console()
    out.print(f"{graph.app}, stage {session.stage}, since {deployment.updated_at[:19].replace('T', ' ')} UTC")
    out.print(endpoints(graph, deployment, out.width))
