"""The files that items of a distributed map come in: JSON, JSON Lines, CSV, Parquet, and manifests that name others.

https://docs.aws.amazon.com/step-functions/latest/dg/input-output-itemreader.html
"""

from __future__ import annotations

import csv
import gzip
import io
import zlib
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING, Any, BinaryIO

from mlfn_localstack.services.stepfunctions.asl.failure import ErrorName, StateError
from mlfn_localstack.services.stepfunctions.asl.json_text import parse
from mlfn_localstack.services.stepfunctions.interpreter.parquet import rows_in

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

_DELIMITERS = {"COMMA": ",", "PIPE": "|", "SEMICOLON": ";", "SPACE": " ", "TAB": "\t"}
_BUCKET = "arn:aws:s3:::"


def items_in(file: BinaryIO, config: dict[str, Any], limit: int | None = None) -> list[Any]:
    """The items in a file, read as a ReaderConfig says; no more of them, and of the file, than the limit asks for.

    Raises:
        StateError: States.ItemReaderFailed.
    """
    kind = config.get("InputType", "JSON")
    try:
        return list(islice(_items(kind, file, config), limit))
    except (ValueError, csv.Error) as error:
        raise _unreadable(kind, error) from error


def _items(kind: str, file: BinaryIO, config: dict[str, Any]) -> Iterable[Any]:
    if kind == "PARQUET":
        return rows_in(file)
    if kind == "JSONL":
        return (parse(line.decode()) for line in file if line.strip())
    if kind == "CSV":
        return _csv(file, config)
    return _json(parse(file.read().decode()), config.get("ItemsPointer", ""))


def _unreadable(kind: str, error: Exception) -> StateError:
    return StateError(ErrorName.ITEM_READER, f"Attempting to read the {kind} file failed: {error}")


def _json(value: Any, pointer: str) -> list[Any]:
    for part in filter(None, pointer.split("/")):
        name = part.replace("~1", "/").replace("~0", "~")
        if not isinstance(value, dict) or name not in value:
            cause = "The provided ReaderConfig.ItemsPointer does not match any valid path in the JSON structure."
            raise StateError(ErrorName.ITEM_READER, cause, internal=True)
        value = value[name]
    if isinstance(value, dict):
        return [{"Key": key, "Value": item} for key, item in value.items()]
    if not isinstance(value, list):
        raise StateError(ErrorName.ITEM_READER, "Attempting to map over non-iterable node.")
    return value


def _csv(file: BinaryIO, config: dict[str, Any]) -> Iterator[Any]:
    rows = _rows(file, _DELIMITERS.get(config.get("CSVDelimiter", "COMMA"), ","))
    names = config.get("CSVHeaders") or []
    if config.get("CSVHeaderLocation", "FIRST_ROW") == "FIRST_ROW":
        first = next(rows, None)
        if first is None:
            raise ValueError("there is no header row")
        names = first
    if len(set(names)) < len(names):
        raise StateError(ErrorName.ITEM_READER, "CSV headers cannot contain duplicates.")
    return (_named(names, row) for row in rows if row)


def _rows(lines: Iterable[bytes], delimiter: str = ",") -> Iterator[list[str]]:
    return csv.reader((line.decode() for line in lines), delimiter=delimiter)


def _named(names: list[str], row: list[str]) -> dict[str, str]:
    return {name: row[i] if i < len(row) else "" for i, name in enumerate(names)}


@dataclass(frozen=True, slots=True, kw_only=True)
class Inventory:
    """What the manifest.json of an S3 inventory says."""

    bucket: str
    columns: tuple[str, ...]
    keys: tuple[str, ...]

    @classmethod
    def from_manifest(cls, body: bytes) -> Inventory:
        """Read a manifest.

        Raises:
            StateError: States.ItemReaderFailed.
        """
        try:
            manifest = parse(body.decode())
            if manifest["fileFormat"] != "CSV":
                raise ValueError(f"its lists are {manifest['fileFormat']}, not CSV")
            return cls(
                bucket=manifest["destinationBucket"].removeprefix(_BUCKET),
                columns=tuple(column.strip() for column in manifest["fileSchema"].split(",")),
                keys=tuple(file["key"] for file in manifest["files"]),
            )
        except (ValueError, KeyError, TypeError) as error:
            raise _unreadable("MANIFEST", error) from error

    def items_in(self, file: BinaryIO, limit: int | None = None) -> list[Any]:
        """The objects in one of the inventory's lists, which are compressed and have no header row.

        Raises:
            StateError: States.ItemReaderFailed.
        """
        try:
            rows = _rows(gzip.GzipFile(fileobj=file))
            return list(islice((_named(list(self.columns), row) for row in rows if row), limit))
        except (ValueError, OSError, EOFError, csv.Error, zlib.error) as error:
            raise _unreadable("MANIFEST", error) from error


def addresses_in(body: bytes) -> list[tuple[str, str]]:
    """The buckets and keys that a manifest of Athena's names, an `s3://` address a line.

    Raises:
        StateError: States.ItemReaderFailed.
    """
    try:
        addresses = [row[0].strip() for row in _rows(io.BytesIO(body)) if row]
    except (ValueError, csv.Error) as error:
        raise _unreadable("MANIFEST", error) from error
    found = [address.removeprefix("s3://").partition("/") for address in addresses]
    return [(bucket, key) for bucket, _, key in found]
