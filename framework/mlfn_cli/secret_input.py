"""A secret's value as its owner gives it: from a file, standard input or a prompt, never from the command line."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

from mlfn.errors import UsageError

if TYPE_CHECKING:
    from pathlib import Path


def read_value(path: Path | None) -> str:
    """The value, without the line end behind it.

    Raises:
        UsageError: there is none, or it is not text.
    """
    try:
        text = _text(path)
    except UnicodeDecodeError as error:
        raise UsageError("The value is not text (UTF-8).", hint="Store it as text, such as in base64.") from error
    except OSError as error:
        raise UsageError(f"Cannot read {path}: {error.strerror}.", hint="Give --from-file a file of yours.") from error
    value = text.removesuffix("\n").removesuffix("\r")
    if not value:
        raise UsageError(
            "There is no value.", hint="Give it on standard input (… | mlfn secret set NAME), or with --from-file."
        )
    return value


def _text(path: Path | None) -> str:
    if path is not None:
        return path.read_bytes().decode()
    if sys.stdin.isatty():
        entered: str = click.prompt("Value", hide_input=True, confirmation_prompt=True, err=True)
        return entered
    return sys.stdin.buffer.read().decode()
