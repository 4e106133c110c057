"""The fields of one state."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mlfn_localstack.services.stepfunctions.asl.choice import timestamp
from mlfn_localstack.services.stepfunctions.asl.failure import PathError
from mlfn_localstack.services.stepfunctions.asl.jsonata import expression_in
from mlfn_localstack.services.stepfunctions.asl.jsonpath import compile_path
from mlfn_localstack.services.stepfunctions.integrations import find_integration
from mlfn_localstack.services.stepfunctions.integrations.known import exists
from mlfn_localstack.services.stepfunctions.validation.choices import check_choices
from mlfn_localstack.services.stepfunctions.validation.errors import check_catch, check_retry
from mlfn_localstack.services.stepfunctions.validation.expressions import check_expressions, check_variables
from mlfn_localstack.services.stepfunctions.validation.maps import check_map
from mlfn_localstack.services.stepfunctions.validation.members import check_assigned, check_filled, check_one, elsewhere
from mlfn_localstack.services.stepfunctions.validation.numbers import check_number
from mlfn_localstack.services.stepfunctions.validation.paths import check_path, check_template
from mlfn_localstack.services.stepfunctions.validation.rules import (
    EXPRESSIONS,
    FIELDS,
    INTEGERS,
    PAIRS,
    PATHS,
    TEMPLATES,
)

if TYPE_CHECKING:
    from mlfn_localstack.services.stepfunctions.validation.inspection import Inspection

_TERMINAL = {"Choice", "Fail", "Succeed"}


def check_fields(inspection: Inspection, state: dict[str, Any], place: str) -> None:
    """What is wrong with a state's own fields."""
    jsonata = state["QueryLanguage"] != "JSONPath" if "QueryLanguage" in state else inspection.jsonata
    if inspection.jsonata and not jsonata:
        message = "'QueryLanguage' can not be 'JSONPath' if set to 'JSONata' for whole state machine"
        inspection.report(message, place)
    _check_names(inspection, state, place, jsonata=jsonata)
    _check_end(inspection, state, place)
    _check_numbers(inspection, state, place, jsonata=jsonata)
    if jsonata:
        _check_expressions(inspection, state, place)
    else:
        _check_paths(inspection, state, place)
    _check_by_type(inspection, state, place, jsonata=jsonata)


def _check_names(inspection: Inspection, state: dict[str, Any], place: str, *, jsonata: bool) -> None:
    fields = FIELDS[state["Type"]]
    missing = [name for name in fields.required if name not in state]
    if missing:
        inspection.report(f"These fields are required: [{', '.join(missing)}]", place)
    mixed = inspection.jsonata and not jsonata
    for name in state:
        if name in fields.elsewhere(jsonata=jsonata):
            if not mixed:  # the language itself is what is wrong then
                inspection.report(elsewhere(name, jsonata=jsonata), place)
        elif name not in fields.allowed(jsonata=jsonata):
            inspection.report(f"Field '{name}' is not supported", place)


def _check_end(inspection: Inspection, state: dict[str, Any], place: str) -> None:
    if state["Type"] in _TERMINAL:
        return
    check_one(inspection, ("Next", "End"), ["Next"] * ("Next" in state) + ["End"] * (state.get("End") is True), place)
    if "End" in state and not isinstance(state["End"], bool):
        inspection.report("Expected value of type Boolean", f"{place}/End")
    if "Next" in state and not isinstance(state["Next"], str):
        inspection.report("Expected value of type String", f"{place}/Next")


def _check_numbers(inspection: Inspection, state: dict[str, Any], place: str, *, jsonata: bool) -> None:
    for name, (low, high) in INTEGERS.items():
        value = state.get(name)
        if name in state and not (jsonata and expression_in(value) is not None):
            check_number(inspection, value, f"{place}/{name}", low, high)
    for pair in PAIRS:
        if all(name in state for name in pair):
            inspection.report(f"There should only be one of the following fields: [{', '.join(pair)}]", place)
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
    if isinstance(path, str) and not path.startswith("$"):
        inspection.report("Value must be a valid JSONPath.", place)
        return
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


def _check_by_type(inspection: Inspection, state: dict[str, Any], place: str, *, jsonata: bool) -> None:
    match state["Type"]:
        case "Task":
            if "Resource" in state:
                _check_resource(inspection, state["Resource"], f"{place}/Resource")
            _check_credentials(inspection, state, f"{place}/Credentials")
        case "Choice":
            check_choices(inspection, state, place, jsonata=jsonata)
        case "Wait":
            _check_wait(inspection, state, place, jsonata=jsonata)
        case "Parallel":
            check_filled(inspection, state.get("Branches", [None]), f"{place}/Branches")
        case "Map":
            check_map(inspection, state, place, jsonata=jsonata)
        case _:
            pass
    check_assigned(inspection, state, place)
    check_variables(inspection, state, place)
    check_retry(inspection, state.get("Retry", []), f"{place}/Retry")
    check_catch(inspection, state.get("Catch", []), f"{place}/Catch", jsonata=jsonata)


def _check_resource(inspection: Inspection, resource: Any, place: str) -> None:
    if not isinstance(resource, str) or not resource.startswith("arn:"):
        inspection.report("Value is not a valid resource ARN", place)
        return
    integration = find_integration(resource)
    if integration is None and inspection.mocked and exists(resource):
        return
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
    names = ("SecondsPath", "Seconds", "TimestampPath", "Timestamp")
    check_one(inspection, names, [name for name in names if name in state], place)
    value = state.get("Timestamp")
    if "Timestamp" in state and not (jsonata and expression_in(value) is not None) and timestamp(value) is None:
        inspection.report("String does not match RFC3339 timestamp", f"{place}/Timestamp")


def _check_credentials(inspection: Inspection, state: dict[str, Any], place: str) -> None:
    credentials = state.get("Credentials")
    if "Credentials" not in state:
        return
    integration = find_integration(str(state.get("Resource")))
    if integration is not None and integration.activity is not None:
        inspection.report("The field 'Credentials' is not supported for activities", place)
    elif not isinstance(credentials, dict):
        inspection.report("Expected value of type Object", place)
    elif credentials.keys().isdisjoint({"RoleArn", "RoleArn.$"}):
        inspection.report("The field 'RoleArn' is required but was missing", place)
