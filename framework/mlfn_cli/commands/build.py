"""`mlfn build`: the images, without deploying them."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import click

from mlfn_cli.output import console, json_option, print_json, tell
from mlfn_cli.session import Session, command_options

if TYPE_CHECKING:
    from mlfn_engine.images.values import ImageArtifact, ImagePlan
    from mlfn_engine.reporting import Reporter
    from mlfn_engine.unchanged.build_record import BuildRecord


@click.command()
@click.option("--sizes", is_flag=True, help="Show what takes up the room: packages, assets, layers, unpacked.")
@click.option("--anew", is_flag=True, help="Import the project even if no file of it has changed since the last build.")
@json_option
@command_options
def build(session: Session, sizes: bool, anew: bool, as_json: bool) -> None:
    """Build every function's image."""
    from mlfn_cli.progress import reporter
    from mlfn_engine.cache import cache_dir
    from mlfn_engine.unchanged.build_record import BuildRecord
    from mlfn_engine.unchanged.images import unchanged_images

    started = time.monotonic()
    record = BuildRecord(session.project, cache_dir(), session.stage, session.target_name)
    with reporter() as progress:
        known = None if sizes or anew else unchanged_images(record, cache_dir(), progress)
        plans, artifacts = ((), known) if known is not None else _built(session, record, progress)
    if sizes:
        show_sizes(plans, as_json)
    elif as_json:
        print_json(artifacts)
    else:
        _show(artifacts, time.monotonic() - started)


def _built(
    session: Session, record: BuildRecord, progress: Reporter
) -> tuple[tuple[ImagePlan, ...], tuple[ImageArtifact, ...]]:
    from mlfn_cli.deploying.compose import base_for, graph_of, image_plans
    from mlfn_engine.builders.packages import default_builder
    from mlfn_engine.execute import build_images
    from mlfn_engine.unchanged.images import remember_images
    from mlfn_engine.unchanged.reading import imported_files, watched

    imported = imported_files()
    with watched() as reading:
        plans = image_plans(graph_of(session), base_for(session), progress)
    artifacts = build_images(plans, default_builder(), progress)
    remember_images(record, reading, imported, plans, artifacts)
    return plans, artifacts


def _show(artifacts: tuple[ImageArtifact, ...], took_s: float) -> None:
    from rich.table import Table

    from mlfn_engine.cache import cache_dir

    table = Table("function", "version", "image digest", "size", title=None, box=None, header_style="bold")
    for artifact in artifacts:
        table.add_row(artifact.function, artifact.version, artifact.digest[:19], f"{artifact.size_bytes / 1e6:.1f} MB")
    console().print(table)
    tell(f"Built in {took_s:.1f} s; layers are kept in {cache_dir()}.")


def show_sizes(plans: tuple[ImagePlan, ...], as_json: bool) -> None:
    """What takes up the room in each image, the largest part first."""
    from rich.table import Table

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
