"""`mlfn graph`: a pipeline as a picture."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from mlfn.errors import UsageError
from mlfn_cli.output import json_option, print_json, write_file
from mlfn_cli.session import Session, command_options

if TYPE_CHECKING:
    from mlfn_engine.pipelines.drawing import Drawing
    from mlfn_engine.values import ResolvedApp


@click.command()
@click.argument("pipeline")
@click.option(
    "--format", "form", type=click.Choice(["mermaid", "svg"]), help="Default: as the file's name says, else mermaid."
)
@click.option("--output", "-o", type=click.Path(path_type=Path, dir_okay=False), help="Write to a file.")
@json_option
@command_options
def graph(session: Session, pipeline: str, form: str | None, output: Path | None, as_json: bool) -> None:
    """Draw PIPELINE: its steps in order, the types they pass on, and where errors go."""
    from mlfn_cli.compose import resolved
    from mlfn_engine.pipelines.mermaid import mermaid
    from mlfn_engine.pipelines.svg import svg

    drawing = _drawing(resolved(session), pipeline)
    if as_json:
        print_json({"pipeline": pipeline, "drawing": drawing})
        return
    is_svg = form == "svg" or (form is None and output is not None and output.suffix == ".svg")
    text = svg(drawing) if is_svg else mermaid(drawing)
    write_file(output, text) if output else click.echo(text, nl=False)


def _drawing(app: ResolvedApp, name: str) -> Drawing:
    for each in app.pipelines:
        if each.name == name:
            return each.drawing
    known = ", ".join(each.name for each in app.pipelines)
    hint = f"It has: {known}." if known else "Mark a function with @pipeline."
    raise UsageError(f"{app.name} has no pipeline {name!r}.", hint=hint)
