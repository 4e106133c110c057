"""The fields of a Map state."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mlfn_localstack.services.stepfunctions.asl.jsonata import expression_in
from mlfn_localstack.services.stepfunctions.validation.map_files import check_files
from mlfn_localstack.services.stepfunctions.validation.members import check_one
from mlfn_localstack.services.stepfunctions.validation.numbers import check_number

if TYPE_CHECKING:
    from mlfn_localstack.services.stepfunctions.validation.inspection import Inspection

_PROCESSORS = ("ItemProcessor", "Iterator")
_DISTRIBUTED = ("ItemReader", "ItemBatcher", "ResultWriter", "Label")
_TYPES = ("STANDARD", "EXPRESS")
_MAX_LABEL = 40


def check_map(inspection: Inspection, state: dict[str, Any], place: str, *, jsonata: bool) -> None:
    """What is wrong with a Map state."""
    given = [name for name in _PROCESSORS if name in state]
    check_one(inspection, _PROCESSORS, given, place)
    processor = state.get(given[0]) if given else None
    config = processor.get("ProcessorConfig", {}) if isinstance(processor, dict) else {}
    where = f"{place}/{'/'.join([*given[:1], 'ProcessorConfig'])}"
    if isinstance(config, dict):
        _check_config(inspection, state, config, place, where)
    else:
        inspection.report("Expected value of type Object", where)
    share = state.get("ToleratedFailurePercentage", 0)
    if not (jsonata and expression_in(share) is not None):
        check_number(inspection, share, f"{place}/ToleratedFailurePercentage", 0.0, 100.0)
    _check_label(inspection, state, place)
    check_files(inspection, state, place, jsonata=jsonata)


def _check_config(
    inspection: Inspection, state: dict[str, Any], config: dict[str, Any], place: str, where: str
) -> None:
    mode = config.get("Mode", "INLINE")
    if mode == "DISTRIBUTED":
        _check_distributed(inspection, config, where)
    elif mode != "INLINE":
        inspection.report("Value should be one of the following: [INLINE, DISTRIBUTED]", f"{where}/Mode")
    else:
        if "ExecutionType" in config:
            inspection.report("Field 'ExecutionType' is not supported", where)
        for name in _DISTRIBUTED:
            if name in state:
                inspection.report(f"Field '{name}' is not supported in INLINE mode", place)


def _check_distributed(inspection: Inspection, config: dict[str, Any], where: str) -> None:
    if inspection.express:
        message = "The field 'Mode' with value 'DISTRIBUTED' is not supported inside 'EXPRESS' state machines"
        inspection.report(message, f"{where}/Mode")
    elif "ExecutionType" not in config:
        inspection.report("These fields are required: [ExecutionType]", where)
    elif config["ExecutionType"] not in _TYPES:
        inspection.report(f"Value should be one of the following: [{', '.join(_TYPES)}]", f"{where}/ExecutionType")


def _check_label(inspection: Inspection, state: dict[str, Any], place: str) -> None:
    label = state.get("Label")
    if not isinstance(label, str):
        return
    if len(label) > _MAX_LABEL:
        message = f"Label name exceeds the {_MAX_LABEL}-character limit allowed by the service"
        inspection.report(message, f"{place}/Label", "INVALID_LABEL_NAME")
    if label in inspection.labels:
        inspection.report(f"Duplicate Label name: {label}", f"{place}/Label", "DUPLICATE_LABEL_NAME")
    inspection.labels.add(label)
