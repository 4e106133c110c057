"""`mlfn secret`: put values where a stage's models read them, and see which are there."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click
from rich.markup import escape
from rich.table import Table

from mlfn_cli.output import console, json_option, print_json
from mlfn_cli.session import Session, command_options
from mlfn_cli.whole_help import WholeHelpGroup

if TYPE_CHECKING:
    from collections.abc import Iterable

    from mlfn_cli.declared_secrets import DeclaredSecret
    from mlfn_deployers.aws.secret_stores import Kept


@click.group(cls=WholeHelpGroup)
def secret() -> None:
    """Give secrets that models read their values, and list them."""


@secret.command("set")
@click.argument("name")
@click.option(
    "--from-file",
    "path",
    default=None,
    type=click.Path(path_type=Path, dir_okay=False),
    help="Take the value from a file; else from standard input, or a prompt that shows nothing.",
)
@json_option
@command_options
def set_secret(session: Session, name: str, path: Path | None, as_json: bool) -> None:
    """Give a declared secret (by its name in the code) its value in the stage, or a new one.

    The value is never an argument: not in the shell's history, no list of processes, no file of mlfn's.
    """
    from mlfn_cli.declared_secrets import declared_secrets, found_secret, key_for
    from mlfn_cli.secret_input import read_value
    from mlfn_deployers.aws.api.clients import Clients
    from mlfn_deployers.aws.api.errors import translated
    from mlfn_deployers.aws.secret_stores import put, store_of

    found = found_secret(declared_secrets(session), name)
    target, value = session.target(), read_value(path)
    clients = Clients(target)
    with translated(target):
        version = put(store_of(clients, found.store), found.id, found.field, value, key_for(session, found, clients))
    if as_json:
        print_json({"name": found.name, "store": found.store.value, "id": found.id, "version": version})
        return
    console().print(
        f"[green]✓[/] {found.name}: {escape(found.id)} has a new value; models see it within {found.max_age_s} s."
    )


@secret.command("list")
@json_option
@command_options
def list_secrets(session: Session, as_json: bool) -> None:
    """List the secrets that the app declares, and whether the stage has them; values are not read."""
    from mlfn_cli.declared_secrets import declared_secrets
    from mlfn_deployers.aws.api.clients import Clients
    from mlfn_deployers.aws.api.errors import translated
    from mlfn_deployers.aws.secret_stores import store_of

    target, declared = session.target(), declared_secrets(session)
    clients = Clients(target)
    with translated(target):
        told = [(each, store_of(clients, each.store).describe(each.id)) for each in declared]
    if as_json:
        print_json([_as_object(*each) for each in told])
    elif told:
        console().print(_table(told))
    else:
        console().print("The app declares no secrets.")


def _as_object(declared: DeclaredSecret, kept: Kept | None) -> dict[str, object]:
    return {
        "name": declared.name,
        "store": declared.store.value,
        "id": declared.id,
        "field": declared.field or None,
        "models": list(declared.models),
        "exists": kept is not None,
        "changed_at": kept.changed_at if kept else None,
        "key": kept.key if kept else None,
    }


def _table(told: Iterable[tuple[DeclaredSecret, Kept | None]]) -> Table:
    table = Table("name", "store", "id", "models", "last changed (UTC)", "key", box=None, header_style="bold")
    for declared, kept in told:
        field = f" [{declared.field}]" if declared.field else ""
        changed = (kept.changed_at[:19] if kept.changed_at else "no value") if kept else "missing: mlfn secret set"
        cells = (declared.name, declared.store.value, declared.id + field, ", ".join(declared.models), changed)
        table.add_row(*map(escape, cells), escape(kept.key) if kept else "–")
    return table
