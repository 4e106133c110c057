"""The fields of one state."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mlfn_localstack.services.stepfunctions.asl.choice import timestamp
from mlfn_localstack.services.stepfunctions.asl.failure import PathError
from mlfn_localstack.services.stepfunctions.asl.jsonata import check_syntax, expression_in
from mlfn_localstack.services.stepfunctions.asl.jsonpath import compile_path
from mlfn_localstack.services.stepfunctions.integrations import find_integration
from mlfn_localstack.services.stepfunctions.validation.choices import check_choices
from mlfn_localstack.services.stepfunctions.validation.errors import check_catch, check_retry
from mlfn_localstack.services.stepfunctions.validation.paths import check_path, check_template
from mlfn_localstack.services.stepfunctions.validation.rules import EXPRESSIONS, FIELDS, INTEGERS, PATHS, TEMPLATES

if TYPE_CHECKING:
    from mlfn_localstack.services.stepfunctions.validation.scope import Inspection

_TERMINAL = {"Choice", "Fail", "Succeed"}


def check_fields(inspection: Inspection, state: dict[str, Any], place: str) -> None:
    """What is wrong with a state's own fields."""
    language = state.get("QueryLanguage")
    jsonata = inspection.jsonata if language is None else language == "JSONata"
    fields = FIELDS[state["Type"]]
    missing = [name for name in fields.required if name not in state]
    if missing:
        inspection.report(f"These fields are required: [{', '.join(missing)}]", place)
    for name in state:
        if name not in fields.allowed(jsonata=jsonata):
            inspection.report(f"Field '{name}' is not supported", place)
    _check_end(inspection, state, place)
    _check_numbers(inspection, state, place, jsonata=jsonata)
    if jsonata:
        _check_expressions(inspection, state, place)
    else:
        _check_paths(inspection, state, place)
    _check_by_type(inspection, state, place, jsonata=jsonata)


def _check_end(inspection: Inspection, state: dict[str, Any], place: str) -> None:
    if state["Type"] in _TERMINAL:
        return
    if ("Next" in state) == (state.get("End") is True):
        inspection.report("These fields are required: [Next, End], and exactly one of them", place)
    if "End" in state and not isinstance(state["End"], bool):
        inspection.report("Expected value of type Boolean", f"{place}/End")
    if "Next" in state and not isinstance(state["Next"], str):
        inspection.report("Expected value of type String", f"{place}/Next")


def _check_numbers(inspection: Inspection, state: dict[str, Any], place: str, *, jsonata: bool) -> None:
    for name, (low, high) in INTEGERS.items():
        value = state.get(name)
        if name not in state or (jsonata and expression_in(value) is not None):
            continue
        if isinstance(value, bool) or not isinstance(value, int):
            inspection.report("Expected value of type Integer", f"{place}/{name}")
        elif value < low or (high is not None and value > high):
            limit = f"at least {low}" if high is None else f"between {low} and {high}"
            inspection.report(f"Expected an Integer {limit}", f"{place}/{name}")
        if f"{name}Path" in state:
            inspection.report(f"Only one of these fields is allowed: [{name}, {name}Path]", place)
    timeout, heartbeat = state.get("TimeoutSeconds"), state.get("HeartbeatSeconds")
    if isinstance(timeout, int) and isinstance(heartbeat, int) and heartbeat >= timeout:
        inspection.report("HeartbeatSeconds must be smaller than TimeoutSeconds", place)


def _check_paths(inspection: Inspection, state: dict[str, Any], place: str) -> None:
    for name in TEMPLATES:
        if name in state:
            check_template(inspection, state[name], f"{place}/{name}")
    if "Assign" in state:
        check_template(inspection, state["Assign"], f"{place}/Assign")
    for name in PATHS:
        if name in state and not (state[name] is None and name in {"InputPath", "OutputPath"}):
            check_path(inspection, state[name], f"{place}/{name}")
    if state.get("ResultPath") is not None:
        _check_reference(inspection, state["ResultPath"], f"{place}/ResultPath")


def _check_reference(inspection: Inspection, path: Any, place: str) -> None:
    try:
        reference = isinstance(path, str) and not path.startswith("$$") and compile_path(path).reference
    except PathError:
        reference = False
    if not reference:
        inspection.report("Value is not a Reference Path", place)


def _check_expressions(inspection: Inspection, state: dict[str, Any], place: str) -> None:
    for name in EXPRESSIONS:
        if name in state:
            check_expressions(inspection, state[name], f"{place}/{name}")


def check_expressions(inspection: Inspection, value: Any, place: str) -> None:
    """Whether every expression in a template is one."""
    if isinstance(value, dict):
        for name, member in value.items():
            check_expressions(inspection, member, f"{place}/{name}")
    elif isinstance(value, list):
        for index, item in enumerate(value):
            check_expressions(inspection, item, f"{place}[{index}]")
    elif (expression := expression_in(value)) is not None:
        problem = check_syntax(expression)
        if problem is not None:
            inspection.report(f"Invalid JSONata expression: {problem}", place)


def _check_by_type(inspection: Inspection, state: dict[str, Any], place: str, *, jsonata: bool) -> None:
    match state["Type"]:
        case "Task":
            _check_resource(inspection, state.get("Resource"), f"{place}/Resource")
        case "Choice":
            check_choices(inspection, state, place, jsonata=jsonata)
        case "Wait":
            _check_wait(inspection, state, place, jsonata=jsonata)
        case "Parallel":
            if "Branches" in state and (not isinstance(state["Branches"], list) or not state["Branches"]):
                inspection.report("The value for the field 'Branches' must be a non-empty array", f"{place}/Branches")
        case "Map":
            _check_map(inspection, state, place)
        case _:
            pass
    check_retry(inspection, state.get("Retry", []), f"{place}/Retry")
    check_catch(inspection, state.get("Catch", []), f"{place}/Catch", jsonata=jsonata)


def _check_resource(inspection: Inspection, resource: Any, place: str) -> None:
    if resource is None:
        return
    if not isinstance(resource, str) or not resource.startswith("arn:"):
        inspection.report("Value is not a valid resource ARN", place)
        return
    integration = find_integration(resource)
    if integration is None:
        inspection.report(
            f"The resource provided {resource} is not recognized. The value is not a valid resource ARN,"
            " or the resource is not available in this region.",
            place,
        )
    elif inspection.express:
        _check_express(inspection, resource, activity=integration.activity is not None, place=place)


def _check_express(inspection: Inspection, resource: str, *, activity: bool, place: str) -> None:
    if activity:
        inspection.report("Express state machine does not support Activity ARN", place)
    elif resource.endswith(".waitForTaskToken"):
        # the second space is AWS's
        inspection.report("Express state machine does not support '.waitForTaskToken' service integration ", place)
    elif ".sync" in resource:
        inspection.report("Express state machine does not support '.sync' service integration", place)


def _check_wait(inspection: Inspection, state: dict[str, Any], place: str, *, jsonata: bool) -> None:
    names = ("Seconds", "SecondsPath", "Timestamp", "TimestampPath")
    given = [name for name in names if name in state]
    if len(given) != 1:
        inspection.report(f"Exactly one of these fields is required: [{', '.join(names)}]", place)
    value = state.get("Timestamp")
    if "Timestamp" in state and not (jsonata and expression_in(value) is not None) and timestamp(value) is None:
        inspection.report("String does not match RFC3339 timestamp", f"{place}/Timestamp")


def _check_map(inspection: Inspection, state: dict[str, Any], place: str) -> None:
    if ("ItemProcessor" in state) == ("Iterator" in state):
        inspection.report("These fields are required: [ItemProcessor]", place)
    processor = state.get("ItemProcessor")
    config = processor.get("ProcessorConfig", {}) if isinstance(processor, dict) else {}
    mode = config.get("Mode", "INLINE") if isinstance(config, dict) else None
    if mode not in {"INLINE", "DISTRIBUTED"}:
        message = "The field 'Mode' should have one of these values: [INLINE, DISTRIBUTED]"
        inspection.report(message, f"{place}/ItemProcessor/ProcessorConfig/Mode")
    if mode == "INLINE":
        for name in ("ItemReader", "ItemBatcher", "ResultWriter", "Label"):
            if name in state:
                inspection.report(f"Field '{name}' is not supported in INLINE mode", place)
    if mode == "DISTRIBUTED" and inspection.express:
        inspection.report("Express state machine does not support DISTRIBUTED Map", place)
