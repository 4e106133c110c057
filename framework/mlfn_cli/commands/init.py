"""`mlfn init`: a new project that deploys as it is."""

from __future__ import annotations

import shlex
from pathlib import Path

import click

import mlfn_templates
from mlfn.errors import UsageError
from mlfn_cli.output import console, json_option, print_json


@click.command()
@click.argument("directory", type=click.Path(path_type=Path, file_okay=False), default=Path())
@click.option("--name", default=None, help="The app's name (default: the directory's).")
@json_option
def init(directory: Path, name: str | None, as_json: bool) -> None:
    """Write a new project: a typed model, its requirements and a test."""
    folder = directory.resolve()
    files = mlfn_templates.scaffold(name or folder.name)
    if present := [path for path, _ in files if (folder / path).exists()]:
        raise UsageError(
            f"{folder} already holds {', '.join(present)}.", hint="Choose an empty directory: mlfn init my-app"
        )
    try:
        for path, text in files:
            (folder / path).parent.mkdir(parents=True, exist_ok=True)
            (folder / path).write_text(text, encoding="utf-8")
    except OSError as error:
        raise UsageError(f"Cannot write {folder}: {error.strerror}.", hint="Name another directory.") from error
    if as_json:
        print_json({"directory": folder, "files": [path for path, _ in files]})
        return
    out = console()
    for path, _ in files:
        out.print(f"  [green]+[/] {path}")
    there = "" if folder == Path.cwd() else f"cd {shlex.quote(str(directory))} && "
    out.print(f"Next: {there}mlfn dev", markup=False)
