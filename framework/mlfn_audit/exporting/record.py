"""Records as they are: one JSON object a line (docs/audit-trail.md §5)."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from mlfn_audit.exporting.trail import Kind

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from mlfn_audit.exporting.trail import Entry, Origin


def lines(entries: Iterable[Entry], _: Origin) -> Iterator[bytes]:
    """A line an entry."""
    return map(line, entries)


def line(entry: Entry) -> bytes:
    """An entry as it is verified."""
    if entry.kind is Kind.RECORD:
        return b'{"mlfn_audit":%b}\n' % entry.text
    return json_line({str(entry.kind): entry.value})


def json_line(document: object) -> bytes:
    """A document as a line of its own."""
    return json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode() + b"\n"
