"""What a distributed map reads its items from, how it batches them and where it writes the results.

https://docs.aws.amazon.com/step-functions/latest/dg/state-map-distributed.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mlfn_localstack.services.stepfunctions.asl.jsonata import expression_in
from mlfn_localstack.services.stepfunctions.validation.numbers import check_number
from mlfn_localstack.services.stepfunctions.validation.paths import check_template

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from mlfn_localstack.services.stepfunctions.validation.inspection import Inspection

_READERS = {"getObject": ("Bucket", "Key"), "listObjectsV2": ("Bucket",)}
_WRITERS = {"putObject": ("Bucket",)}
_CHOICES = {
    "InputType": ("CSV", "JSON", "JSONL", "MANIFEST", "PARQUET"),
    "CSVHeaderLocation": ("FIRST_ROW", "GIVEN"),
    "CSVDelimiter": ("COMMA", "PIPE", "SEMICOLON", "SPACE", "TAB"),
    "ManifestType": ("S3_INVENTORY", "ATHENA_DATA"),
}
_READ = (*_CHOICES, "CSVHeaders", "ItemsPointer", "Transformation", "MaxItems")
_LOADED = ("NONE", "LOAD_AND_FLATTEN")
_WRITTEN = {"Transformation": ("NONE", "COMPACT", "FLATTEN"), "OutputType": ("JSON", "JSONL")}
_MOST_ITEMS = 100_000_000
_BATCH = {"MaxItemsPerBatch": (1, None), "MaxInputBytesPerBatch": (1, 262_144)}


def check_files(inspection: Inspection, state: dict[str, Any], place: str, *, jsonata: bool) -> None:
    """What is wrong with the reader, the batcher and the writer of a Map."""
    if "ItemReader" in state:
        _check_reader(inspection, state["ItemReader"], f"{place}/ItemReader", jsonata=jsonata)
    if "ItemBatcher" in state:
        _check_batcher(inspection, state["ItemBatcher"], f"{place}/ItemBatcher", jsonata=jsonata)
    if "ResultWriter" in state:
        _check_writer(inspection, state["ResultWriter"], f"{place}/ResultWriter", jsonata=jsonata)


def _check_reader(inspection: Inspection, reader: Any, place: str, *, jsonata: bool) -> None:
    parameters = "Arguments" if jsonata else "Parameters"
    if not _fits(inspection, reader, ("Resource", parameters, "ReaderConfig"), place):
        return
    _check_call(inspection, reader, _READERS, place, jsonata=jsonata)
    config, where = reader.get("ReaderConfig", {}), f"{place}/ReaderConfig"
    if not _fits(inspection, config, _READ if jsonata else (*_READ, "MaxItemsPath"), where):
        return
    _check_choices(inspection, config, {**_CHOICES, "Transformation": _LOADED}, where)
    _check_limit(inspection, config, "MaxItems", (0, _MOST_ITEMS), where, jsonata=jsonata)
    if config.get("InputType") == "JSON" and "CSVHeaderLocation" in config:
        inspection.report("Field 'CSVHeaderLocation' is not supported", where)
    if config.get("CSVHeaderLocation") == "GIVEN" and "CSVHeaders" not in config:
        inspection.report("These fields are required: [CSVHeaders]", where)
    headers = config.get("CSVHeaders", [])
    if not isinstance(headers, list) and not (jsonata and expression_in(headers) is not None):
        inspection.report("Expected value of type Array", f"{where}/CSVHeaders")
    for index, header in enumerate(headers if isinstance(headers, list) else ()):
        if not isinstance(header, str):
            inspection.report("Expected value of type String", f"{where}/CSVHeaders[{index}]")


def _check_batcher(inspection: Inspection, batcher: Any, place: str, *, jsonata: bool) -> None:
    paths = () if jsonata else tuple(f"{name}Path" for name in _BATCH)
    if not _fits(inspection, batcher, ("BatchInput", *_BATCH, *paths), place):
        return
    for name, limits in _BATCH.items():
        _check_limit(inspection, batcher, name, limits, place, jsonata=jsonata)
    if not jsonata and "BatchInput" in batcher:
        check_template(inspection, batcher["BatchInput"], f"{place}/BatchInput")


def _check_writer(inspection: Inspection, writer: Any, place: str, *, jsonata: bool) -> None:
    parameters = "Arguments" if jsonata else "Parameters"
    if not _fits(inspection, writer, ("Resource", parameters, "WriterConfig"), place):
        return
    if not writer:
        inspection.report("Value cannot be empty", place)
    elif "Resource" in writer and parameters not in writer:
        inspection.report(f"These fields are required: [{parameters}]", place)
    if "Resource" in writer or parameters in writer:
        _check_call(inspection, writer, _WRITERS, place, jsonata=jsonata)
    config = writer.get("WriterConfig", {})
    if _fits(inspection, config, _WRITTEN, f"{place}/WriterConfig"):
        _check_choices(inspection, config, _WRITTEN, f"{place}/WriterConfig")


def _check_call(
    inspection: Inspection,
    caller: dict[str, Any],
    operations: Mapping[str, tuple[str, ...]],
    place: str,
    *,
    jsonata: bool,
) -> None:
    resource, name = caller.get("Resource"), "Arguments" if jsonata else "Parameters"
    operation = resource.rsplit(":s3:", 1)[-1] if isinstance(resource, str) else ""
    if resource is None:
        inspection.report("These fields are required: [Resource]", place)
    elif not isinstance(resource, str):
        inspection.report("Expected value of type String", f"{place}/Resource")
    elif operation not in operations:
        inspection.report("The field 'Resource' does not match any of the allowed values", f"{place}/Resource")
    given = caller.get(name)
    if isinstance(given, dict):
        for field in operations.get(operation, ()):
            if field not in given and f"{field}.$" not in given:
                inspection.report(f"The field '{field}' is required but was missing", f"{place}/{name}")
    if not jsonata:
        check_template(inspection, given, f"{place}/{name}")


def _fits(inspection: Inspection, value: Any, names: Iterable[str], place: str) -> bool:
    """Whether a value is an object; other fields than those named are reported."""
    if not isinstance(value, dict):
        inspection.report("Expected value of type Object", place)
        return False
    for name in value:
        if name not in names and name != "Comment":
            inspection.report(f"Field '{name}' is not supported", place)
    return True


def _check_choices(
    inspection: Inspection, config: dict[str, Any], choices: Mapping[str, tuple[str, ...]], place: str
) -> None:
    for name, allowed in choices.items():
        if name in config and config[name] not in allowed:
            inspection.report(f"Value should be one of the following: [{', '.join(allowed)}]", f"{place}/{name}")


def _check_limit(
    inspection: Inspection,
    config: dict[str, Any],
    name: str,
    limits: tuple[int, int | None],
    place: str,
    *,
    jsonata: bool,
) -> None:
    if name in config and not (jsonata and expression_in(config[name]) is not None):
        check_number(inspection, config[name], f"{place}/{name}", *limits)
    if name in config and f"{name}Path" in config:
        inspection.report(f"There should only be one of the following fields: [{name}, {name}Path]", place)
