"""`mlfn destroy`: take an app away; with --base also what the stage's apps share."""

from __future__ import annotations

import click

from mlfn.errors import UsageError
from mlfn_cli.output import ask, json_option
from mlfn_cli.session import Session, command_options


@click.command()
@click.option("--base", is_flag=True, help="Also remove the base stack and its audit table.")
@click.option("--yes", "-y", is_flag=True, help="Do not ask.")
@json_option
@command_options
def destroy(session: Session, base: bool, yes: bool, as_json: bool) -> None:
    """Remove the app's stack and images; the audit trail stays unless --base is given."""
    from mlfn_cli.progress import reporter
    from mlfn_cli.views.removal import show_removal
    from mlfn_deployers import deployer_for
    from mlfn_engine.deployer import Removal
    from mlfn_engine.discover import discover

    app = discover(session.project, None).name
    if session.target_name == "knative":
        from mlfn_cli.deploying.knative import remove_services

        if base:
            raise UsageError("The audit trail is in AWS.", hint="Remove it with mlfn destroy --base --target aws.")
        remove_services(session, app, yes, as_json)
        return
    deployer = deployer_for(session.target())
    if not yes:
        what = f"{app} ({session.stage})" + (f" and the audit trail of stage {session.stage}" if base else "")
        ask(f"Remove {what} from {session.target_name}?")
    with reporter() as progress:
        done = deployer.destroy(app, session.stage, progress)
        if base:
            shared = deployer.destroy_base(session.stage, progress)
            done = Removal(removed=done.removed + shared.removed, retained=shared.retained)
    show_removal(done, as_json)
