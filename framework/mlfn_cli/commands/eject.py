"""`mlfn eject`: go on without mlfn."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from mlfn_cli.output import json_option, print_json, tell
from mlfn_cli.session import Session, command_options

if TYPE_CHECKING:
    from mlfn_engine.ejecting import Ejected


@click.command()
@click.option("--dockerfile", is_flag=True, help="Only the build contexts: a Dockerfile for each function.")
@click.option(
    "--output",
    "-o",
    default="ejected",
    show_default=True,
    type=click.Path(path_type=Path, file_okay=False),
    help="Directory to write to.",
)
@json_option
@command_options
def eject(session: Session, dockerfile: bool, output: Path, as_json: bool) -> None:
    """Write templates, build contexts and a script that deploys them, none of which needs mlfn.

    The images stand on the base image for AWS; with --target local on this machine's Python, for the emulator.
    """
    from mlfn_cli.deploying.ejected_app import eject_app

    directory = session.project / output
    written = _contexts(session, directory) if dockerfile else eject_app(session, directory)
    if as_json:
        print_json(written)
        return
    for each in written:
        tell(f"{each.directory}/: Dockerfile and {each.files} files", done=True)
    if dockerfile:
        tell("Build one with: docker build DIRECTORY (--build-arg BASE=… names another base image).")
    else:
        tell(f"Read {directory}/README.md; {directory}/deploy.sh builds and deploys it all.")


def _contexts(session: Session, directory: Path) -> tuple[Ejected, ...]:
    from mlfn_cli.deploying.compose import graph_of, image_plans
    from mlfn_engine.ejecting import eject as write
    from mlfn_engine.values import Base

    plans = image_plans(graph_of(session), Base.LAMBDA)
    return tuple(write(plan, directory / plan.function) for plan in plans)
