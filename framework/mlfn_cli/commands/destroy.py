"""`mlfn destroy`: take an app away; with --base also what the stage's apps share."""

from __future__ import annotations

import click

from mlfn_cli.output import console, json_option, print_json
from mlfn_cli.session import Session, command_options


@click.command()
@click.option("--base", is_flag=True, help="Also remove the base stack and its audit table.")
@click.option("--yes", "-y", is_flag=True, help="Do not ask.")
@json_option
@command_options
def destroy(session: Session, base: bool, yes: bool, as_json: bool) -> None:
    """Remove the app's stack and images; the audit trail stays unless --base is given."""
    from mlfn_cli.progress import reporter
    from mlfn_deployers import deployer_for
    from mlfn_engine.deployer import Removal
    from mlfn_engine.discover import discover

    app = discover(session.project, None).name
    deployer = deployer_for(session.target())
    if not yes:
        what = f"{app} ({session.stage})" + (f" and the audit trail of stage {session.stage}" if base else "")
        click.confirm(f"Remove {what} from {session.target_name}?", abort=True, err=True)
    with reporter() as progress:
        done = deployer.destroy(app, session.stage, progress)
        if base:
            shared = deployer.destroy_base(session.stage, progress)
            done = Removal(removed=done.removed + shared.removed, retained=shared.retained)
    if as_json:
        print_json(done)
        return
    out = console()
    for name in done.removed or ("nothing: it was not deployed",):
        out.print(f"[green]✓[/] removed {name}")
    for name in done.retained:
        out.print(f"[yellow]·[/] kept {name}")
