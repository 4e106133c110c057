"""`mlfn versions`: what there is of each function, what answers, and who put it there."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING

import click
from rich.table import Column, Table

from mlfn_cli.deploying.deployed_functions import chosen
from mlfn_cli.output import console, json_option, print_json
from mlfn_cli.session import Session, command_options
from mlfn_engine.releases.history import who_moved
from mlfn_engine.releases.shadow import shadow_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mlfn_engine.releases.history import FunctionVersions, Shift

SHOWN = 20
NARROW = 100
"""Columns that whole times and image versions need."""


@click.command()
@click.argument("model", required=False)
@json_option
@command_options
def versions(session: Session, model: str | None, as_json: bool) -> None:
    """Show the versions of MODEL (default: of every function of the app)."""
    from mlfn_cli.app_name import app_name
    from mlfn_cli.progress import reporter
    from mlfn_deployers.aws.releases.versions import AwsReleases

    app = app_name(session)
    with reporter() as progress:
        releases = AwsReleases(session.target(), progress)
        functions = chosen(releases.versions(app, session.stage), model, app, session)
        history = releases.history(app, session.stage)
    if as_json:
        print_json([as_object(each, history) for each in functions])
        return
    out = console()
    for each in functions:
        out.print(versions_table(each, history, out.width))


def versions_table(found: FunctionVersions, history: Sequence[Shift], width: int) -> Table:
    """The newest versions of one function, the newest first; on a narrow terminal without years and seconds."""
    moved = who_moved(history, found.function)
    title = found.function
    if found.canary:
        title += f"  (canary: {found.percent} % of the calls go to {found.canary})"
    elif found.held_below:
        title += f"  (held below {found.held_below}; mlfn promote {found.function}@{found.held_below} lets go)"
    if (shadow := shadow_of(history, found.function)) and not shadow.until:
        title += f"  (shadow: {shadow.version} gets copies of {shadow.percent} % of the calls)"
    image, moment = (7, slice(5, 16)) if width < NARROW else (12, slice(19))

    def at(text: str) -> str:
        return text[moment].replace("T", " ")

    headings = ("", "version", "image", "published (UTC)", "put to work by", "when (UTC)", "how", "commit")
    table = Table(*(Column(each, overflow="fold") for each in headings), box=None)
    with_approver = any(shift.approved for shift in moved.values())
    if with_approver:
        table.add_column("approved by")
    table.title, table.title_justify, table.header_style = title, "left", "bold"
    for version in reversed(found.versions[-SHOWN:]):
        number = str(version.number)
        mark = "[green]→[/]" if number == found.answering else "[yellow]◔[/]" if number == found.canary else ""
        shift = moved.get(number)
        facts = (_name(shift.by), at(shift.at), _how(shift), shift.revision or "–") if shift else ("–",) * 4
        approver = (_name(shift.approved.by) if shift and shift.approved else "–",) if with_approver else ()
        table.add_row(mark, number, version.image[:image], at(version.published_at), *facts, *approver)
    return table


def as_object(found: FunctionVersions, history: Sequence[Shift]) -> dict[str, object]:
    """One function's versions for other programs."""
    moved, shadow = who_moved(history, found.function), shadow_of(history, found.function)
    return {
        "function": found.function,
        "answering": found.answering,
        "held_below": found.held_below,
        "shadow": {"version": shadow.version, "percent": shadow.percent} if shadow and not shadow.until else None,
        "canary": {"version": found.canary, "percent": found.percent} if found.canary else None,
        "versions": [
            {
                "version": str(version.number),
                "image": version.image,
                "digest": version.digest,
                "published_at": version.published_at,
                "put_to_work": _put_to_work(moved.get(str(version.number))),
            }
            for version in found.versions
        ],
    }


def _put_to_work(shift: Shift | None) -> dict[str, object] | None:
    if shift is None:
        return None
    told = {"at": shift.at, "by": shift.by, "how": shift.kind.value, "revision": shift.revision, "reason": shift.reason}
    return {**told, "approved": asdict(shift.approved) if shift.approved else None}


def _how(shift: Shift) -> str:
    return f"{shift.kind.value} (emergency)" if shift.is_emergency else shift.kind.value


def _name(arn: str) -> str:
    """The part of an ARN that people know."""
    return arn.rpartition(":")[2]
