"""Items of a distributed map out of S3: JSON, JSON Lines, CSV, or a listing of objects.

https://docs.aws.amazon.com/step-functions/latest/dg/input-output-itemreader.html
"""

from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING, Any

from mlfn_localstack.service import ServiceError
from mlfn_localstack.services.stepfunctions.asl.failure import ErrorName, StateError
from mlfn_localstack.services.stepfunctions.asl.json_text import parse
from mlfn_localstack.services.stepfunctions.integrations.shapes import to_json

if TYPE_CHECKING:
    from mlfn_localstack.services.stepfunctions.asl.flow_jsonata import JsonataFlow
    from mlfn_localstack.services.stepfunctions.asl.flow_jsonpath import JsonPathFlow
    from mlfn_localstack.services.stepfunctions.interpreter.loop import Stay

_DELIMITERS = {"COMMA": ",", "PIPE": "|", "SEMICOLON": ";", "SPACE": " ", "TAB": "\t"}


async def read_items(stay: Stay, flow: JsonPathFlow | JsonataFlow) -> list[Any]:
    """The items that the state's ItemReader finds.

    Raises:
        StateError: States.ItemReaderFailed.
    """
    reader = stay.state["ItemReader"]
    arguments = flow.template(reader.get("Arguments", reader.get("Parameters", {})), "ItemReader/Arguments")
    config = reader.get("ReaderConfig", {})
    try:
        if reader["Resource"].endswith(":listObjectsV2"):
            items = await _list(stay, arguments)
        else:
            items = _parsed(await _get(stay, arguments), config)
    except ServiceError as error:
        raise StateError(ErrorName.ITEM_READER, error.message) from error
    limit = flow.number(config, "MaxItems")
    if limit is not None and limit < 0:
        raise StateError(ErrorName.ITEM_READER, "field MaxItems must be positive")
    return items[: int(limit)] if limit else items


async def _list(stay: Stay, arguments: dict[str, Any]) -> list[Any]:
    items: list[Any] = []
    token: dict[str, str] = {}
    while True:
        page = await stay.run.world.call("s3", "ListObjectsV2", {**arguments, **token}, principal=stay.run.role)
        items += to_json("s3", "ListObjectsV2", page).get("Contents", [])
        if not page.get("IsTruncated"):
            return items
        token = {"ContinuationToken": page["NextContinuationToken"]}


async def _get(stay: Stay, arguments: dict[str, Any]) -> str:
    answer = await stay.run.world.call("s3", "GetObject", arguments, principal=stay.run.role)
    text: str = to_json("s3", "GetObject", {"Body": answer["Body"]})["Body"]
    return text


def _parsed(text: str, config: dict[str, Any]) -> list[Any]:
    kind = config.get("InputType", "JSON")
    try:
        if kind == "JSONL":
            return [parse(line) for line in text.splitlines() if line.strip()]
        if kind == "CSV":
            return _csv(text, config)
        return _json(parse(text), config.get("ItemsPointer", ""))
    except ValueError as error:
        raise StateError(ErrorName.ITEM_READER, f"Attempting to read the {kind} file failed: {error}") from error


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


def _csv(text: str, config: dict[str, Any]) -> list[Any]:
    delimiter = _DELIMITERS.get(config.get("CSVDelimiter", "COMMA"), ",")
    rows = list(csv.reader(io.StringIO(text), delimiter=delimiter))
    headers = config.get("CSVHeaders")
    if config.get("CSVHeaderLocation", "FIRST_ROW") == "FIRST_ROW":
        if not rows:
            raise ValueError("there is no header row")
        headers, rows = rows[0], rows[1:]
    names = headers or []
    if len(set(names)) < len(names):
        raise StateError(ErrorName.ITEM_READER, "CSV headers cannot contain duplicates.")
    return [{name: row[i] if i < len(row) else "" for i, name in enumerate(names)} for row in rows if row]
