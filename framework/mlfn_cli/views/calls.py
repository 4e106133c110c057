"""Calls for people and for programs."""

from __future__ import annotations

import csv
from dataclasses import dataclass, fields
from io import StringIO
from typing import TYPE_CHECKING, Any

from rich.table import Table
from rich.text import Text

from mlfn.audit.record import AuditRecord
from mlfn_audit.looking_up import run_id

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from mlfn_audit.query import CallRow

ASSURANCE = ("claimed", "service", "gateway", "confirmed")
COLOURS = {"ok": "green", "running": "yellow"}
INPUT_DIGITS = 16
"""Of an input's digest, shown: as many as finding the same input again needs."""
NONE = "–"
NARROW = 90
"""Columns of a terminal below which times are short."""
FIELDS = tuple(field.name for field in fields(AuditRecord))
_GAP = 1
_OURS = frozenset({"writer", "attempt"})
"""Texts that nobody outside has a say in, and that may begin with a minus."""
_FORMULA = ("=", "+", "-", "@", "\t", "\r")
"""With these a text becomes a formula in a spreadsheet (https://owasp.org/www-community/attacks/CSV_Injection)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """One column of the table of calls."""

    title: str
    text: Callable[[CallRow], Text]
    rank: int
    """The highest goes first where the terminal is too narrow; 0 always stays."""
    least: int
    """Its width where rows come one by one."""


def as_json(row: CallRow) -> dict[str, Any]:
    """A call as one flat object: digests in hex, absent fields left out."""
    known = record_as_json(row.confirmed)
    who: dict[str, Any] = {name: known[name] for name in ("caller", "caller_type", "assurance") if name in known}
    phases = [str(phase.phase) for phase in row.phases]
    return {**record_as_json(row.record), **who, "status": row.status, "phases": phases}


def record_as_json(record: AuditRecord) -> dict[str, Any]:
    """A record as one flat object: digests in hex, absent fields left out."""
    values = {name: getattr(record, name) for name in FIELDS}
    plain = {name: value.hex() if isinstance(value, bytes) else value for name, value in values.items()}
    return {name: value for name, value in plain.items() if value is not None}


def csv_header() -> str:
    """The first line of a file of calls: the fields' names."""
    return _csv_line([*FIELDS, "phases"])


def as_csv(row: CallRow) -> str:
    """A call as one line of CSV (RFC 4180); what a spreadsheet would take for a formula starts with an apostrophe."""
    values = as_json(row)
    return _csv_line([_cell(name, values.get(name)) for name in (*FIELDS, "phases")])


def as_table(rows: Sequence[CallRow], width: int) -> Table:
    """Who, version, when, input digest, result digest, duration, execution: one line a call, in at most `width`."""
    columns = _columns(width)
    widths = [max(len(each.title), *[each.text(row).cell_len for row in rows]) for each in columns]
    return _table([(column, 0) for column in _fitting(columns, widths, width)], rows)


def as_line(row: CallRow, width: int, *, header: bool) -> Table:
    """The same for a call that comes alone: its columns are as wide as those of the next."""
    columns = _columns(width)
    kept = _fitting(columns, [column.least for column in columns], width)
    return _table([(column, column.least) for column in kept], [row], header=header)


def _columns(width: int) -> tuple[Column, ...]:
    return COLUMNS if width >= NARROW else (_SHORT_TIME, *COLUMNS[1:])


def _fitting(columns: tuple[Column, ...], widths: Sequence[int], width: int) -> list[Column]:
    """The columns that fit: those that tell least go first."""
    kept = list(zip(columns, widths, strict=True))
    for rank in range(len(columns), 0, -1):
        if sum(own + _GAP for _, own in kept) - _GAP <= width:
            break
        kept = [each for each in kept if each[0].rank != rank]
    return [column for column, _ in kept]


def _table(columns: Sequence[tuple[Column, int]], rows: Sequence[CallRow], *, header: bool = True) -> Table:
    table = Table(box=None, header_style="bold", pad_edge=False, show_header=header, padding=(0, _GAP, 0, 0))
    for column, least in columns:
        table.add_column(column.title, no_wrap=True, min_width=least or None)
    for row in rows:
        table.add_row(*[column.text(row) for column, _ in columns])
    return table


def who(caller: str | None) -> str:
    """A caller's name, short: the last part of an ARN, or what there is."""
    return caller.rsplit(":", 1)[-1] if caller else "unknown"


def told(text: str) -> str:
    """A text from outside, fit for a terminal: what does not print, or turns the line around, becomes `?`."""
    return text if text.isprintable() else "".join(char if char.isprintable() else "?" for char in text)


def status_text(row: CallRow) -> Text:
    """How a call ended, in its colour."""
    error = f" ({row.record.error})" if row.record.error else ""
    return Text(told(row.status + error), style=COLOURS.get(row.status, "red"))


def took(record: AuditRecord) -> str:
    """How long an attempt ran."""
    return f"{record.duration_us / 1000:,.1f} ms" if record.duration_us is not None else NONE


def version_text(record: AuditRecord) -> str:
    """The Lambda version, how the image version begins, and whether it had a copy of somebody's call."""
    return f"{record.function_version or NONE} ({record.version[:7]}){' shadow' if record.is_copy else ''}"


def caller_text(record: AuditRecord) -> str:
    """Who, and how sure that is."""
    return told(f"{who(record.caller)} ({ASSURANCE[record.assurance or 0]})")


def _plain(text: Callable[[AuditRecord], str]) -> Callable[[CallRow], Text]:
    return lambda row: Text(told(text(row.record)))


_SHORT_TIME = Column(
    title="when (UTC)", text=_plain(lambda record: record.started_at[5:19].replace("T", " ")), rank=0, least=14
)
COLUMNS = (
    Column(title="when (UTC)", text=_plain(lambda record: record.started_at[:23].replace("T", " ")), rank=0, least=23),
    Column(title="model", text=_plain(lambda record: record.model), rank=2, least=20),
    Column(title="version", text=_plain(version_text), rank=3, least=12),
    Column(title="who", text=lambda row: Text(caller_text(row.confirmed)), rank=1, least=18),
    Column(title="status", text=status_text, rank=0, least=9),
    Column(title="input", text=_plain(lambda record: _digits(record.input_digest, INPUT_DIGITS)), rank=6, least=16),
    Column(title="result", text=_plain(lambda record: _digits(record.output_digest, 10)), rank=7, least=10),
    Column(title="took", text=_plain(took), rank=4, least=11),
    Column(title="execution", text=_plain(lambda record: run_id(record.execution)[:8] or NONE), rank=5, least=9),
)


def _digits(digest: bytes | None, count: int) -> str:
    return digest.hex()[:count] if digest else NONE


def _cell(name: str, value: Any) -> str:
    if isinstance(value, list | tuple):
        value = " ".join(value)
    if isinstance(value, bool):
        return "true" if value else "false"
    if not isinstance(value, str):
        return "" if value is None else str(value)
    return f"'{value}" if value.startswith(_FORMULA) and name not in _OURS else value


def _csv_line(cells: Sequence[str]) -> str:
    line = StringIO()
    csv.writer(line).writerow(cells)
    return line.getvalue()
