"""`mlfn approvals`, `approve`, `reject`: answer what pipelines ask."""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING, Any

import click
from rich.markup import escape
from rich.table import Table

from mlfn.errors import UsageError
from mlfn_cli.output import console, json_option, print_json
from mlfn_cli.session import Session, command_options

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mlfn_cli.calling.approving import Approvals

SHOWN = 60
"""Characters of a value in the table."""
comment_option = click.option(
    "--comment", "-m", default="", help="Why; the pipeline gets it, at most 1,000 characters."
)


@click.command()
@click.argument("name", metavar="[ID|EXECUTION]", required=False)
@click.option("--wait", is_flag=True, help="Until something waits for you.")
@click.option(
    "--watch", is_flag=True, help="Go on until interrupted: each question as it is asked (--json: a line each)."
)
@json_option
@command_options
def approvals(session: Session, name: str | None, wait: bool, watch: bool, as_json: bool) -> None:
    """List what waits for your approval; with an id or execution, show that in full."""
    from mlfn_cli.calling.approving import approvals_of
    from mlfn_deployers.aws.api.errors import translated

    if name is not None and (wait or watch):
        raise UsageError("--wait and --watch are for all questions.", hint="Leave the id out.")
    with translated(session.target()):
        found = approvals_of(session)
        if watch:
            _watch(found, as_json)
            return
        told: Any = found.one(name) if name is not None else _first(found) if wait else found.open()
    if as_json or name is not None:
        print_json(told)
    elif told:
        console().print(questions_table(told))
    else:
        console().print("Nothing waits for your approval.")


def _first(found: Approvals) -> list[dict[str, Any]]:
    """What waits, once something does."""
    return next(found.following(time.sleep))


def _watch(found: Approvals, as_json: bool) -> None:
    for new in found.following(time.sleep):
        if as_json:
            for each in new:
                click.echo(json.dumps(each, ensure_ascii=False))
        else:
            console().print(questions_table(new))


@click.command()
@click.argument("name", metavar="ID|EXECUTION")
@comment_option
@json_option
@command_options
def approve(session: Session, name: str, comment: str, as_json: bool) -> None:
    """Approve what a pipeline asks; who you are is verified, and recorded in the run's audit trail."""
    _answer(session, name, ("approve", comment), as_json)


@click.command()
@click.argument("name", metavar="ID|EXECUTION")
@comment_option
@json_option
@command_options
def reject(session: Session, name: str, comment: str, as_json: bool) -> None:
    """Reject what a pipeline asks: it goes on with `except Rejected`, or fails."""
    _answer(session, name, ("reject", comment), as_json)


def _answer(session: Session, name: str, said: tuple[str, str], as_json: bool) -> None:
    from mlfn_cli.calling.approving import approvals_of
    from mlfn_deployers.aws.api.errors import translated

    with translated(session.target()):
        told = approvals_of(session).answer(name, *said)
    if as_json:
        print_json(told)
    else:
        console().print(f"{told['by']} has {told['answer']} it. See the run: mlfn audit show {told['execution']}")


def questions_table(found: Sequence[dict[str, Any]]) -> Table:
    """What waits, each with what `mlfn approve` takes."""
    from mlfn_cli.calling.approving import SHOWN_ID

    table = Table(box=None, pad_edge=False)
    for heading in ("id", "pipeline", "execution", "state", "about", "until (UTC)"):
        table.add_column(heading, no_wrap=heading == "id", overflow="fold")  # half an id answers nothing
    for each in found:
        about = json.dumps(each["about"], ensure_ascii=False) if "about" in each else f"mlfn approvals {each['id']}"
        short = about if len(about) <= SHOWN else f"{about[: SHOWN - 1]}…"
        until = (each["until"] or "the run's end")[:19]
        run = each["execution"][:SHOWN_ID]
        cells = (each["id"], each["pipeline"], run, each["state"], short, until.replace("T", " "))
        table.add_row(*map(escape, cells))
    return table
