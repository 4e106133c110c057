"""Retry and Catch."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mlfn_localstack.services.stepfunctions.asl.failure import ErrorName
from mlfn_localstack.services.stepfunctions.validation.expressions import check_expressions
from mlfn_localstack.services.stepfunctions.validation.members import check_way
from mlfn_localstack.services.stepfunctions.validation.numbers import check_number
from mlfn_localstack.services.stepfunctions.validation.rules import CATCH_FIELDS, RETRY_FIELDS

if TYPE_CHECKING:
    from mlfn_localstack.services.stepfunctions.validation.inspection import Inspection

_RANGES: dict[str, tuple[float, float | None]] = {
    "IntervalSeconds": (0, 99_999_999),
    "MaxAttempts": (0, 99_999_999),
    "MaxDelaySeconds": (1, 31_622_400),
    "BackoffRate": (1.0, None),
}


def check_retry(inspection: Inspection, retriers: Any, place: str) -> None:
    """What is wrong with a Retry field."""
    for where, retrier in _each(inspection, retriers, place, RETRY_FIELDS):
        for name, (low, high) in _RANGES.items():
            check_number(inspection, retrier.get(name, low), f"{where}/{name}", low, high)
        if retrier.get("JitterStrategy", "NONE") not in ("FULL", "NONE"):  # which may be no text
            inspection.report("Value should be one of the following: [NONE, FULL]", f"{where}/JitterStrategy")


def check_catch(inspection: Inspection, catchers: Any, place: str, *, jsonata: bool) -> None:
    """What is wrong with a Catch field."""
    allowed = CATCH_FIELDS | ({"Output"} if jsonata else {"ResultPath"})
    for where, catcher in _each(inspection, catchers, place, allowed):
        check_way(inspection, catcher, where)
        for name in ("Output", "Assign") if jsonata else ():
            check_expressions(inspection, catcher.get(name), f"{where}/{name}", caught=True)


def _each(inspection: Inspection, rules: Any, place: str, allowed: frozenset[str]) -> list[tuple[str, dict[str, Any]]]:
    if not isinstance(rules, list):
        inspection.report("Expected value of type Array", place)
        return []
    checked = []
    for index, rule in enumerate(rules):
        where = f"{place}[{index}]"
        if not isinstance(rule, dict):
            inspection.report("Expected value of type Object", where)
            continue
        for name in rule.keys() - allowed:
            inspection.report(f"Field '{name}' is not supported", where)
        _check_names(inspection, rule.get("ErrorEquals"), where, last=index == len(rules) - 1)
        checked.append((where, rule))
    return checked


def _check_names(inspection: Inspection, names: Any, place: str, *, last: bool) -> None:
    if names is None:
        inspection.report("These fields are required: [ErrorEquals]", place)
        return
    if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
        inspection.report("Expected an array of error names", f"{place}/ErrorEquals")
    elif not names:
        inspection.report("Value cannot be empty", f"{place}/ErrorEquals")
    elif ErrorName.ALL in names and (len(names) > 1 or not last):
        inspection.report("States.ALL must appear alone and at end of list", f"{place}/ErrorEquals")
