"""`mlfn upload`: weights into S3, for models to name."""

from __future__ import annotations

from pathlib import Path

import click

from mlfn_cli.output import json_option, print_json, tell
from mlfn_cli.session import Session, command_options


@click.command()
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path, exists=True, dir_okay=False))
@json_option
@command_options
def upload(session: Session, files: tuple[Path, ...], as_json: bool) -> None:
    """Put weights into the stage's data bucket, and say what to write in assets=."""
    from mlfn_cli.progress import reporter
    from mlfn_deployers.aws.packages.assets import upload_asset

    target = session.target()
    with reporter() as progress:
        uploaded = [upload_asset(path.resolve(), session.stage, target, progress) for path in files]
    if as_json:
        print_json(uploaded)
        return
    tell("Write in the model's declaration:")
    for each in uploaded:
        tell(f'    assets=["{each.asset}"]')
