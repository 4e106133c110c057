"""`mlfn openapi`: the app's interface for its callers' tools."""

from __future__ import annotations

import click

from mlfn_cli.output import print_json
from mlfn_cli.session import Session, command_options


@click.command()
@click.option("--server", default=None, help="The API's URL (default: that of the deployed app, if there is one).")
@click.option("--json", "as_json", is_flag=True, hidden=True)
@command_options
def openapi(session: Session, server: str | None, as_json: bool) -> None:
    """Print the app's OpenAPI 3.1 document."""
    from mlfn_cli.deploying.compose import resolved
    from mlfn_engine.openapi.document import openapi as document

    app = resolved(session)
    print_json(document(app, server=server or _deployed_url(session, app.name) or "https://example.invalid"))


def _deployed_url(session: Session, app: str) -> str | None:
    from mlfn.errors import MlfnError
    from mlfn_deployers import deployer_for

    try:
        deployment = deployer_for(session.target()).describe(app, session.stage)
    except MlfnError:
        return None
    return dict(deployment.outputs).get("ApiUrl") if deployment else None
