"""`mlfn eject`: go on without mlfn's builder."""

from __future__ import annotations

from pathlib import Path

import click

from mlfn.errors import UsageError
from mlfn_cli.output import console, json_option, print_json
from mlfn_cli.session import Session, command_options


@click.command()
@click.option("--dockerfile", is_flag=True, help="A Dockerfile for each function, with everything it copies.")
@click.option(
    "--output",
    "-o",
    default="ejected",
    show_default=True,
    type=click.Path(path_type=Path, file_okay=False),
    help="Directory for the build contexts.",
)
@json_option
@command_options
def eject(session: Session, dockerfile: bool, output: Path, as_json: bool) -> None:
    """Write build contexts that docker, podman and buildah build without mlfn."""
    from mlfn_cli.compose import graph_of, image_plans
    from mlfn_engine.ejecting import eject as write
    from mlfn_engine.values import Base

    if not dockerfile:
        raise UsageError("There is one thing to eject.", hint="Write mlfn eject --dockerfile.")
    plans = image_plans(graph_of(session), Base.LAMBDA)
    written = [write(plan, session.project / output / plan.function) for plan in plans]
    if as_json:
        print_json(written)
        return
    for each in written:
        console().print(f"[green]✓[/] {each.directory}/: Dockerfile and {each.files} files")
    console().print("Build one with: docker build DIRECTORY (--build-arg BASE=… names another base image).")
