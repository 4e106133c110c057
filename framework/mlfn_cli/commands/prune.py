"""`mlfn prune`: delete versions and images that nothing can reach any more."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING

import click
from rich.tree import Tree

from mlfn.errors import UsageError
from mlfn_cli.output import ask, console, json_option, print_json, print_tree
from mlfn_cli.session import Session, command_options
from mlfn_engine.releases.pruning import Window

if TYPE_CHECKING:
    from mlfn_engine.releases.pruning import Unreachable


@click.command()
@click.option(
    "--keep", default=Window().keep, show_default=True, type=click.IntRange(1), help="Newest versions that stay."
)
@click.option(
    "--days",
    default=Window().days,
    show_default=True,
    type=click.IntRange(0),
    help="What was published or had traffic since then stays.",
)
@click.option("--yes", "-y", is_flag=True, help="Do not ask.")
@json_option
@command_options
def prune(session: Session, keep: int, days: int, yes: bool, as_json: bool) -> None:
    """Delete function versions and images that no alias, no stack and no rollback within the window can reach.

    Shows them first, and asks. With --json it only shows, unless --yes is given, too.
    """
    if session.target_name == "knative":
        raise UsageError("knative removes old revisions itself.", hint="See the cluster's garbage collection settings.")
    from mlfn_cli.app_name import app_name
    from mlfn_cli.progress import reporter
    from mlfn_deployers.aws.api.clients import Clients
    from mlfn_deployers.aws.api.errors import translated
    from mlfn_deployers.aws.releases.pruning import Pruning

    target = session.target()
    with reporter() as progress, translated(target):
        pruning = Pruning(
            target=target, clients=Clients(target), app=app_name(session), stage=session.stage, reporter=progress
        )
        found = pruning.find(Window(keep=keep, days=days))
    if not as_json:
        _show(found, yes)
    if not (found.versions or found.images) or (as_json and not yes):
        _as_json(found, as_json, deleted=False)
        return
    if not yes:
        ask("Delete these?")
    with translated(target):
        gone = pruning.delete(found)
    _as_json(gone, as_json, deleted=True)
    if not as_json:
        console().print(f"[green]✓[/] Deleted {len(gone.versions)} versions and {len(gone.images)} images.")


def _as_json(found: Unreachable, as_json: bool, *, deleted: bool) -> None:
    if not as_json:
        return
    versions = [{"function": key, "version": str(version.number)} | _told(version) for key, version in found.versions]
    print_json({"versions": versions, "images": [asdict(image) for image in found.images], "deleted": deleted})


def _told(version: object) -> dict[str, object]:
    return {name: getattr(version, name) for name in ("image", "digest", "published_at")}


def _show(found: Unreachable, yes: bool) -> None:
    if not (found.versions or found.images):
        console().print("Nothing to prune: every version and image can still be reached.")
        return
    size = sum(image.size_bytes for image in found.images)
    tree = Tree("deleting" if yes else "would delete")
    for key, version in found.versions:
        tree.add(f"version {version.number} of {key}, image {version.image}, published {version.published_at[:19]}")
    for image in found.images:
        tree.add(f"image {image.tag}, pushed {image.pushed_at:%Y-%m-%d %H:%M}, {image.size_bytes / 1e6:,.1f} MB")
    if found.images:
        tree.add(f"together {size / 1e6:,.1f} MB of images, layers that others use counted")
    print_tree(tree)
