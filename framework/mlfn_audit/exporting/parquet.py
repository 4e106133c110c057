"""A trail as Parquet: a column a field, and each entry's line as it is verified; read and written piece by piece."""

from __future__ import annotations

from datetime import datetime
from itertools import islice
from typing import TYPE_CHECKING, Any

from mlfn.audit.codec import BINARY, base64url_bytes
from mlfn.audit.record import SHORT_NAMES
from mlfn.errors import UsageError
from mlfn_audit.exporting.record import line
from mlfn_audit.exporting.trail import Kind

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from pathlib import Path

    from mlfn_audit.exporting.trail import Entry

ROWS = 5_000
"""Entries that are held in memory at once."""
_INTEGERS = frozenset({"v", "du", "dl", "cl", "rc", "rd", "ib", "ob", "ms", "sh", "q", "x"})
_TIMES = frozenset({"t0", "t1"})
_LISTS = frozenset({"pa", "ds"})


def write(entries: Iterable[Entry], file: Path) -> int:
    """Write entries to a file; gives how many.

    Raises:
        UsageError: pyarrow is not installed.
    """
    arrow, parquet = _pyarrow()
    schema = arrow.schema([(name, _type(arrow, short)) for name, short in SHORT_NAMES.items()] + _extra(arrow))
    count, waiting = 0, iter(entries)
    with parquet.ParquetWriter(file, schema, compression="zstd") as out:
        while piece := list(islice(waiting, ROWS)):
            columns = [_column(short, piece) for short in SHORT_NAMES.values()]
            columns += [[str(entry.kind) for entry in piece], [line(entry).decode() for entry in piece]]
            arrays = [arrow.array(column, field.type) for column, field in zip(columns, schema, strict=True)]
            out.write_batch(arrow.RecordBatch.from_arrays(arrays, schema=schema))
            count += len(piece)
    return count


def lines(file: Path) -> Iterator[bytes]:
    """The lines that a file's entries are verified by.

    Raises:
        UsageError: pyarrow is not installed, or the file is no exported trail.
    """
    arrow, parquet = _pyarrow()
    try:
        for batch in parquet.ParquetFile(file).iter_batches(ROWS, columns=["line"]):
            for text in batch.column("line"):
                yield str(text).encode()
    except (arrow.ArrowException, KeyError) as error:
        raise UsageError(f"{file} is no exported trail.", hint="Give what mlfn audit export wrote.") from error


def _pyarrow() -> tuple[Any, Any]:
    try:
        import pyarrow  # noqa: PLC0415 - an extra: half a second to import
        import pyarrow.parquet  # noqa: PLC0415
    except ImportError as error:
        raise UsageError(
            "Parquet needs pyarrow, which is not installed.",
            hint="pip install 'mlfn[parquet]', or name the file FILE.jsonl.",
        ) from error
    return pyarrow, pyarrow.parquet


def _type(arrow: Any, short: str) -> Any:
    if short in _INTEGERS:
        return arrow.int64()
    if short in _TIMES:
        return arrow.timestamp("us", tz="UTC")
    if short in _LISTS:
        return arrow.list_(arrow.string())
    return arrow.bool_() if short == "cs" else arrow.string()


def _extra(arrow: Any) -> list[tuple[str, Any]]:
    return [("kind", arrow.string()), ("line", arrow.string())]


def _column(short: str, entries: Sequence[Entry]) -> list[Any]:
    values = [entry.value.get(short) if entry.kind is Kind.RECORD else None for entry in entries]
    if short in BINARY:
        return [base64url_bytes(value).hex() if value is not None else None for value in values]
    if short in _TIMES:
        return [datetime.fromisoformat(value) if value is not None else None for value in values]
    return values
