"""What an object of a definition must have one of, and where."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mlfn_localstack.services.stepfunctions.validation.inspection import Inspection


def check_one(inspection: Inspection, names: Sequence[str], given: Sequence[str], place: str) -> None:
    """Whether there is one of some fields and no other."""
    shown = ", ".join(names)
    if not given:
        inspection.report(f"This object should have only one of the following fields: [{shown}]", place)
    elif len(given) > 1:
        inspection.report(f"There should only be one of the following fields: [{shown}]", place)


def check_filled(inspection: Inspection, value: Any, place: str) -> None:
    """Whether a value is an array with something in it."""
    if not isinstance(value, list):
        inspection.report("Expected value of type Array", place)
    elif not value:
        inspection.report("Value cannot be empty", place)


def check_way(inspection: Inspection, rule: dict[str, Any], place: str) -> None:
    """Whether a rule or a catcher names the state it leads to, and assigns members of an object."""
    if "Next" not in rule:
        inspection.report("These fields are required: [Next]", place)
    elif not isinstance(rule["Next"], str):
        inspection.report("Expected value of type String", f"{place}/Next")
    check_assigned(inspection, rule, place)


def check_assigned(inspection: Inspection, owner: dict[str, Any], place: str) -> None:
    """Whether what a state, a rule or a catcher assigns is an object."""
    if not isinstance(owner.get("Assign", {}), dict):
        inspection.report("Expected value of type Object", f"{place}/Assign")


def elsewhere(name: str, *, jsonata: bool) -> str:
    """What is wrong with a field of the other query language."""
    here, there = ("JSONata", "JSONPath") if jsonata else ("JSONPath", "JSONata")
    return f"The QueryLanguage is set to '{here}', but field '{name}' is only supported for the '{there}' QueryLanguage"
