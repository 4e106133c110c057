"""What commands print: JSON for pipes, tables and trees for people."""

from __future__ import annotations

import json
import sys
from dataclasses import asdict, is_dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from rich.console import Console
from rich.text import Text

from mlfn.errors import UsageError

if TYPE_CHECKING:
    from rich.tree import Tree

ENDLESS = 10_000
"""Columns for what is printed unbroken: no line of ours is as long."""
PIPE_WIDTH = 240
"""Columns where nobody watches: wide enough for every table of ours."""

json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON for other programs.")


def console() -> Console:
    """Where tables and trees go: standard output, in colour on a terminal, unbroken lines in a pipe or file."""
    out = Console(highlight=False, soft_wrap=True)
    return out if out.is_terminal else Console(highlight=False, soft_wrap=True, width=PIPE_WIDTH)


def tell(text: str, *, done: bool = False) -> None:
    """A sentence on standard output, as it is: it may hold paths, whose brackets are no markup."""
    told = Text(text)
    console().print(Text.assemble(("✓ ", "green"), told) if done else told)


def ask(question: str) -> None:
    """Go on only if whoever is at the terminal says yes.

    Raises:
        UsageError: nobody is there.
    """
    try:
        answer = click.confirm(question, err=True)
    except click.Abort:
        if sys.stdin.isatty():
            raise
        click.echo(err=True)
        raise UsageError("Nobody is there to answer, so nothing was done.", hint="Say --yes.") from None
    if not answer:
        raise click.Abort


def print_tree(tree: Tree) -> None:
    """A tree of which nothing is cut: on a terminal long lines go on below, in a pipe or file they are unbroken."""
    out = console()
    if not out.is_terminal:
        out.width = ENDLESS
    out.print(tree, soft_wrap=False)


def messages() -> Console:
    """Where progress goes: standard error, so that standard output stays clean for pipes."""
    return Console(stderr=True, highlight=False, soft_wrap=True)


def write_file(path: Path, content: str | bytes) -> None:
    """A text or picture, to the file that --output names.

    Raises:
        UsageError: it cannot be written.
    """
    try:
        path.write_bytes(content.encode() if isinstance(content, str) else content)
    except OSError as error:
        raise UsageError(f"Cannot write {path}: {error.strerror}.", hint="Give --output a path that exists.") from error


def print_json(value: Any) -> None:
    """One JSON document on standard output."""
    click.echo(json.dumps(value, indent=2, ensure_ascii=False, default=_plain))


def _plain(value: Any) -> Any:
    if is_dataclass(value) and not isinstance(value, type):
        return asdict(value)
    if isinstance(value, datetime | Path):
        return str(value)
    if isinstance(value, bytes):
        return value.hex()
    raise TypeError(f"{type(value).__name__} has no JSON form")
