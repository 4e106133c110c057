"""Calls for people and for programs."""

from __future__ import annotations

from dataclasses import fields
from typing import TYPE_CHECKING, Any

from rich.table import Table

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mlfn_audit.query import CallRow

ASSURANCE = ("claimed", "service", "gateway", "confirmed")
COLOURS = {"ok": "green", "running": "yellow"}


def as_json(row: CallRow) -> dict[str, Any]:
    """A call as one flat object: digests in hex, absent fields left out."""
    record = row.record
    values = {field.name: getattr(record, field.name) for field in fields(record)}
    plain = {name: value.hex() if isinstance(value, bytes) else value for name, value in values.items()}
    return {name: value for name, value in plain.items() if value is not None} | {
        "status": row.status,
        "phases": [str(phase.phase) for phase in row.phases],
    }


def as_table(rows: Sequence[CallRow]) -> Table:
    """Who, version, when, input digest, result digest, duration, execution: one line a call."""
    columns = ("when (UTC)", "model", "version", "who", "status", "input", "result", "took", "execution")
    table = Table(*columns, box=None, header_style="bold", pad_edge=False)
    for column in table.columns:
        column.no_wrap = True
    for row in rows:
        table.add_row(*_cells(row))
    return table


def _cells(row: CallRow) -> tuple[str, ...]:
    record = row.record
    colour = COLOURS.get(row.status, "red")
    status = f"{row.status} ({record.error})" if record.error else row.status
    took = f"{record.duration_us / 1000:,.1f} ms" if record.duration_us is not None else "–"
    return (
        record.started_at[:23].replace("T", " "),
        record.model,
        f"{record.function_version or '–'} ({record.version[:7]})",
        f"{who(record.caller)} ({ASSURANCE[record.assurance or 0]})",
        f"[{colour}]{status}[/]",
        _digest(record.input_digest),
        _digest(record.output_digest),
        took,
        run_id(record.execution)[:8] or "–",
    )


def who(caller: str | None) -> str:
    """A caller's name, short: the last part of an ARN, or what there is."""
    return caller.rsplit(":", 1)[-1] if caller else "unknown"


def _digest(digest: bytes | None) -> str:
    return digest.hex()[:10] if digest else "–"


def run_id(arn: str | None) -> str:
    """The id of a run of a pipeline, from its ARN; express executions have one more part."""
    return arn.split(":")[7] if arn and arn.count(":") >= 7 else ""
