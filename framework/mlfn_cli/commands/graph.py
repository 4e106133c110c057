"""`mlfn graph`: a pipeline as a picture."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from mlfn.errors import UsageError
from mlfn_cli.output import json_option, print_json, write_file
from mlfn_cli.session import Session, command_options

if TYPE_CHECKING:
    from mlfn_engine.drawings.drawing import Drawing
    from mlfn_engine.values import ResolvedApp


@click.command()
@click.argument("pipeline")
@click.option(
    "--format",
    "form",
    type=click.Choice(["mermaid", "svg", "png"]),
    help="Default: as the file's name says, else mermaid.",
)
@click.option("--png", "form", flag_value="png", help="The same as --format png.")
@click.option("--output", "-o", type=click.Path(path_type=Path, dir_okay=False), help="Write to a file.")
@json_option
@command_options
def graph(session: Session, pipeline: str, form: str | None, output: Path | None, as_json: bool) -> None:
    """Draw PIPELINE: its steps in order, the types they pass on, and where errors go."""
    from mlfn_cli.deploying.compose import resolved

    drawing = _drawing(resolved(session), pipeline)
    if as_json:
        print_json({"pipeline": pipeline, "drawing": drawing})
        return
    picture = _picture(drawing, form or (output.suffix[1:] if output else ""))
    if output is not None:
        write_file(output, picture)
    elif isinstance(picture, bytes) and sys.stdout.isatty():
        raise UsageError("A PNG is nothing to read on a terminal.", hint="Name a file: --output FILE.png")
    else:
        click.echo(picture, nl=False)


def _picture(drawing: Drawing, form: str) -> str | bytes:
    from mlfn_engine.drawings.mermaid import mermaid
    from mlfn_engine.drawings.png import png
    from mlfn_engine.drawings.svg import svg

    match form:
        case "png":
            return png(drawing)
        case "svg":
            return svg(drawing)
    return mermaid(drawing)


def _drawing(app: ResolvedApp, name: str) -> Drawing:
    for each in app.pipelines:
        if each.name == name:
            return each.drawing
    known = ", ".join(each.name for each in app.pipelines)
    hint = f"It has: {known}." if known else "Mark a function with @pipeline."
    raise UsageError(f"{app.name} has no pipeline {name!r}.", hint=hint)
