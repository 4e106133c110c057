"""Parameter values: given, previous or default, checked against what the template says of them."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from mlfn_localstack.client_regexes import UnusableError, tried_once
from mlfn_localstack.services.cloudformation.errors import validation_error

_STORED = "AWS::SSM::Parameter::Value<{}>"
_STORED_LISTS = frozenset(_STORED.format(kind) for kind in ("List<String>", "CommaDelimitedList"))
STORED_TYPES = _STORED_LISTS | {_STORED.format("String")}
"""Types whose values are names in the Parameter Store."""
_LISTS = frozenset({"CommaDelimitedList", "List<Number>", "List<String>"})
_TYPES = _LISTS | STORED_TYPES | {"String", "Number", "AWS::SSM::Parameter::Name"}
_SPLIT = _LISTS | _STORED_LISTS
_ATTRIBUTES = frozenset(
    [
        "Type",
        "Default",
        "Description",
        "NoEcho",
        "AllowedValues",
        "AllowedPattern",
        "ConstraintDescription",
        "MinLength",
        "MaxLength",
        "MinValue",
        "MaxValue",
    ]
)

MASK = "****"

Declared = Mapping[str, Mapping[str, Any]]


def check_declarations(declared: Declared) -> None:
    """Refuse parameter types and attributes that are not supported, by name."""
    for name, one in declared.items():
        unknown = sorted(set(one) - _ATTRIBUTES)
        if unknown:
            raise validation_error(f"Invalid template parameter property '{unknown[0]}' in {name}")
        kind = one.get("Type")
        if kind is None:
            raise validation_error("Template format error: Every Parameters object must contain a Type member.")
        if kind not in _TYPES:
            if re.match(r"(List<)?AWS::", str(kind)):
                raise validation_error(f"The emulator does not support the parameter type {kind} ({name}).")
            raise validation_error(f"Template format error: Unrecognized parameter type: {kind}")


def parameter_values(
    declared: Declared, given: Sequence[Mapping[str, Any]], previous: Mapping[str, str]
) -> dict[str, str]:
    """The text of every parameter.

    Raises:
        ServiceError: one is unknown, missing or not what its declaration asks for.
    """
    check_declarations(declared)
    if not all("ParameterKey" in one for one in given):
        raise validation_error("Every parameter must have a ParameterKey.")
    unknown = sorted({one["ParameterKey"] for one in given} - set(declared))
    if unknown:
        raise validation_error(f"Parameters: [{', '.join(unknown)}] do not exist in the template")
    values = {name: str(one["Default"]) for name, one in declared.items() if "Default" in one}
    for one in given:
        key = one["ParameterKey"]
        if not one.get("UsePreviousValue"):
            values[key] = one.get("ParameterValue", "")
        elif key in previous:
            values[key] = previous[key]
        else:
            values.pop(key, None)
    _refuse_missing([name for name in declared if name not in values], declared)
    for name, text in values.items():
        _check(name, text, declared[name])
    return values


def _refuse_missing(names: Sequence[str], declared: Declared) -> None:
    for name in names:
        if declared[name]["Type"] in STORED_TYPES:
            raise validation_error(f"Parameter {name} should either have input value or default value")
    if names:
        raise validation_error(f"Parameters: [{', '.join(names)}] must have values")


def typed(values: Mapping[str, str], declared: Declared) -> dict[str, Any]:
    """What `Ref` of each parameter gives: lists are split."""
    return {
        name: [item.strip() for item in text.split(",")] if declared[name]["Type"] in _SPLIT else text
        for name, text in values.items()
    }


def shown(values: Mapping[str, str], declared: Declared, stored: Mapping[str, str]) -> list[dict[str, str]]:
    """Parameters as Describe operations show them: secrets masked, beside names what is `stored` there."""
    masked = {name: MASK for name in values if is_secret(declared.get(name, {}))}
    return [
        {"ParameterKey": name, "ParameterValue": masked.get(name, text)}
        | ({"ResolvedValue": masked.get(name, stored[name])} if name in stored else {})
        for name, text in values.items()
    ]


def is_secret(declared: Mapping[str, Any]) -> bool:
    """Whether nobody may be shown a parameter's value."""
    return str(declared.get("NoEcho", "false")).lower() == "true"


def _check(name: str, text: str, declared: Mapping[str, Any]) -> None:
    problem = _type_problem(name, text, declared) or _constraint_problem(name, text, declared)
    if problem:
        explained = declared.get("ConstraintDescription")
        raise validation_error(
            f"Parameter '{name}' failed to satisfy constraint: {explained}" if explained else problem
        )


def _type_problem(name: str, text: str, declared: Mapping[str, Any]) -> str | None:
    if "Number" not in declared["Type"]:
        return None
    for item in text.split(",") if declared["Type"] in _LISTS else [text]:
        try:
            float(item)
        except ValueError:
            return f"Parameter '{name}' must be a number."
    return None


def _constraint_problem(name: str, text: str, declared: Mapping[str, Any]) -> str | None:
    for item in text.split(",") if declared["Type"] in _LISTS else [text]:
        allowed = declared.get("AllowedValues")
        if allowed is not None and item not in [str(value) for value in allowed]:
            return f"Parameter '{name}' must be one of AllowedValues"
    pattern = declared.get("AllowedPattern")
    if pattern is not None and not _fits(str(pattern), text):
        return f"Parameter '{name}' must match pattern {pattern}"
    return _bounds_problem(name, text, declared)


def _fits(pattern: str, text: str) -> bool:
    """Whether a value is as its parameter wants it; by what is no regular expression none is."""
    try:
        return tried_once(pattern, text, re.Pattern.fullmatch)
    except UnusableError:
        return False


def _bounds_problem(name: str, text: str, declared: Mapping[str, Any]) -> str | None:
    if len(text) < int(declared.get("MinLength", 0)):
        return f"Parameter '{name}' must contain at least {declared['MinLength']} characters"
    if "MaxLength" in declared and len(text) > int(declared["MaxLength"]):
        return f"Parameter '{name}' must contain at most {declared['MaxLength']} characters"
    if declared["Type"] != "Number":
        return None
    if "MinValue" in declared and float(text) < float(declared["MinValue"]):
        return f"Parameter '{name}' must be a number not less than {declared['MinValue']}"
    if "MaxValue" in declared and float(text) > float(declared["MaxValue"]):
        return f"Parameter '{name}' must be a number not greater than {declared['MaxValue']}"
    return None
