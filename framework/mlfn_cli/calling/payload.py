"""A call's input as given on the command line: JSON text, @file, or - for standard input."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import click

from mlfn.blobs import Blob
from mlfn.client.blobs import plain
from mlfn.errors import UsageError


def read_payload(argument: str, *, takes_blobs: bool = False) -> bytes:
    """The payload's bytes, unchanged: what the caller gives is what is sent and digested.

    Where the callee `takes_blobs`, any file but one of JSON is a blob.

    Raises:
        UsageError: the file cannot be read, or the text is no JSON.
    """
    if argument == "-":
        payload, origin = _standard_input(), "Standard input"
    elif argument.startswith("@") and takes_blobs and Path(argument).suffix != ".json":
        return _read_blob(Path(argument[1:]))
    elif argument.startswith("@"):
        payload, origin = _read_file(Path(argument[1:])), argument[1:]
    else:
        payload, origin = argument.encode(errors="surrogateescape"), "The payload"
    try:
        json.loads(payload)
    except (ValueError, RecursionError) as error:
        raise UsageError(
            f"{origin} is not JSON: {error}.",
            hint="""Give JSON text such as '{"text": "…"}', @file.json, or - for standard input.""",
        ) from error
    return payload


def _standard_input() -> bytes:
    if sys.stdin.isatty():
        click.echo("Type the input, JSON, and end it with Ctrl-D.", err=True)
    return sys.stdin.buffer.read()


def _read_blob(path: Path) -> bytes:
    try:
        return json.dumps(plain(Blob.from_path(path))).encode()
    except OSError as error:
        raise _unreadable(path, error) from error


def _read_file(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise _unreadable(path, error) from error


def _unreadable(path: Path, error: OSError) -> UsageError:
    return UsageError(f"Cannot read {path}: {error.strerror}.", hint="Check the path after the @.")
