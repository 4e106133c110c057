"""Rows of Parquet files as items of a distributed map, read by pyarrow where that is installed."""

from __future__ import annotations

import base64
import importlib
from datetime import date, datetime, time
from decimal import Decimal
from typing import TYPE_CHECKING, Any, BinaryIO

from mlfn_localstack.services.stepfunctions.asl.failure import ErrorName, StateError

if TYPE_CHECKING:
    from collections.abc import Iterator


def rows_in(file: BinaryIO) -> Iterator[Any]:
    """The rows of a file, an object each.

    Raises:
        StateError: States.ItemReaderFailed, if pyarrow is not installed.
        ValueError: it is no Parquet file.
    """
    try:
        pyarrow, parquet = (importlib.import_module(name) for name in ("pyarrow", "pyarrow.parquet"))
    except ModuleNotFoundError as error:
        cause = "The emulator reads Parquet files with the package pyarrow, which is not installed."
        raise StateError(ErrorName.ITEM_READER, cause) from error
    try:
        for batch in parquet.ParquetFile(file).iter_batches():
            yield from map(_json, batch.to_pylist())
    except (pyarrow.ArrowException, OSError) as error:
        raise ValueError(str(error)) from error


def _json(value: Any) -> Any:
    if isinstance(value, dict):
        return {str(name): _json(item) for name, item in value.items()}
    if isinstance(value, list | tuple):
        return [_json(item) for item in value]
    return _scalar(value)


def _scalar(value: Any) -> Any:
    if isinstance(value, datetime | date | time):
        return value.isoformat()
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    if isinstance(value, bytes):
        return base64.b64encode(value).decode()
    return value if value is None or isinstance(value, str | bool | int | float) else str(value)
