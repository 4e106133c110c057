"""The trail in a file: as it is, to be verified anywhere, or in the words of other systems (docs/audit-export.md)."""

from __future__ import annotations

import importlib
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from mlfn_audit.exporting.trail import Entry, Origin

    Writer = Callable[[Iterable[Entry], Origin], Iterator[bytes]]


class Form(StrEnum):
    """How a trail is written."""

    RECORD = "record"
    CLOUDEVENTS = "cloudevents"
    OPENTELEMETRY = "opentelemetry"
    OPENLINEAGE = "openlineage"


VERIFIABLE = frozenset({Form.RECORD, Form.CLOUDEVENTS})
"""Forms that hold checkpoints and every byte of the records."""


def lines(form: Form, entries: Iterable[Entry], origin: Origin) -> Iterator[bytes]:
    """The lines of a file in one of the forms."""
    write: Writer = importlib.import_module(f"mlfn_audit.exporting.{form}").lines
    return write(entries, origin)
