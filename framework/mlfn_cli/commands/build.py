"""`mlfn build`: the images, without deploying them."""

from __future__ import annotations

import time

import click
from rich.table import Table

from mlfn_cli.output import console, json_option, print_json
from mlfn_cli.session import Session, command_options


@click.command()
@json_option
@command_options
def build(session: Session, as_json: bool) -> None:
    """Build every function's image."""
    from mlfn_cli.compose import base_for, graph_of, image_plans
    from mlfn_cli.progress import reporter
    from mlfn_engine.builders.oci import default_builder
    from mlfn_engine.cache import cache_dir
    from mlfn_engine.execute import build_images

    started = time.monotonic()
    builder = default_builder()
    with reporter() as progress:
        plans = image_plans(graph_of(session), base_for(session), progress)
        artifacts = build_images(plans, builder, progress)
    if as_json:
        print_json(artifacts)
        return
    table = Table("function", "version", "image digest", "size", title=None, box=None, header_style="bold")
    for artifact in artifacts:
        table.add_row(artifact.function, artifact.version, artifact.digest[:19], f"{artifact.size_bytes / 1e6:.1f} MB")
    console().print(table)
    console().print(f"Built in {time.monotonic() - started:.1f} s; layers are kept in {cache_dir()}.")
