"""`mlfn build`: the images, without deploying them."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import click
from rich.table import Table

from mlfn_cli.output import console, json_option, print_json
from mlfn_cli.session import Session, command_options

if TYPE_CHECKING:
    from mlfn_engine.values import ImagePlan


@click.command()
@click.option("--sizes", is_flag=True, help="Show what takes up the room: packages, assets, layers, unpacked.")
@json_option
@command_options
def build(session: Session, sizes: bool, as_json: bool) -> None:
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
    if sizes:
        show_sizes(plans, as_json)
        return
    if as_json:
        print_json(artifacts)
        return
    table = Table("function", "version", "image digest", "size", title=None, box=None, header_style="bold")
    for artifact in artifacts:
        table.add_row(artifact.function, artifact.version, artifact.digest[:19], f"{artifact.size_bytes / 1e6:.1f} MB")
    console().print(table)
    console().print(f"Built in {time.monotonic() - started:.1f} s; layers are kept in {cache_dir()}.")


def show_sizes(plans: tuple[ImagePlan, ...], as_json: bool) -> None:
    """What takes up the room in each image, the largest part first."""
    from mlfn_engine.builders.sizes import image_parts
    from mlfn_engine.cache import cache_dir

    parts = {plan.function: image_parts(plan, cache_dir()) for plan in plans}
    if as_json:
        print_json(parts)
        return
    table = Table("function", "layer", "part", "unpacked", "share", box=None, header_style="bold")
    for function, found in parts.items():
        total = sum(part.size_bytes for part in found) or 1
        for part in found:
            size, share = f"{part.size_bytes / 1e6:.1f} MB", f"{100 * part.size_bytes / total:.0f} %"
            table.add_row(function, part.layer, part.name, size, share)
        table.add_row(function, "", "all", f"{total / 1e6:.1f} MB", "", style="bold", end_section=True)
    console().print(table)
