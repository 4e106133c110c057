"""Changes as those are told of them who do not ask for values: without values, but with what might change as well.

Whoever asks for values is told what differs once the template is evaluated. Whoever does not is told of everything that
may follow from a change: AWS then only looks at who refers to whom.
"""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING, Any

from mlfn_localstack.services.cloudformation.references import Reference, references
from mlfn_localstack.services.cloudformation.resources import resource_type

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from mlfn_localstack.services.cloudformation.evaluation import Evaluation
    from mlfn_localstack.services.cloudformation.state import Incarnation

Change = dict[str, Any]

_VALUES = ("BeforeValue", "AfterValue", "AttributeChangeType", "Path")
_CONTEXTS = ("BeforeContext", "AfterContext")
_FROM_RESOURCES = ("ResourceAttribute", "ResourceReference")
_IN_PLACE = ("Properties", "Tags")


def outline(changes: list[Change], evaluation: Evaluation, current: Mapping[str, Incarnation]) -> list[Change]:
    """Changes without values, and those that may come of them."""
    certain = {change["ResourceChange"]["LogicalResourceId"]: change for change in map(without_values, changes)}
    modified: dict[str, str] = {}
    found = []
    for logical_id in evaluation.active:
        change = certain.pop(logical_id, None)
        if logical_id in current:
            change = _with_possible(
                change, list(_possible(evaluation, logical_id, change, modified)), logical_id, current
            )
            _note(change, modified)
        found += [change] if change else []
    return [*found, *certain.values()]


def without_values(change: Change) -> Change:
    """A change as it is shown unless property values are asked for."""
    found = copy.deepcopy(change)
    told = found["ResourceChange"]
    for member in _CONTEXTS:
        told.pop(member, None)
    for detail in told["Details"]:
        for member in _VALUES:
            detail["Target"].pop(member, None)
    by_resources = [one["Target"] for one in told["Details"] if one["ChangeSource"] in _FROM_RESOURCES]
    told["Details"] = [
        one
        for one in told["Details"]
        if one["ChangeSource"] != "DirectModification" or one["Target"] not in by_resources
    ]
    return found


def replacement_of(details: list[Change]) -> str:
    """Whether changes of these properties make a new resource."""
    recreating = [one for one in details if one["Target"]["RequiresRecreation"] == "Always"]
    if any(one["Evaluation"] == "Static" for one in recreating):
        return "True"
    return "Conditional" if recreating else "False"


def _note(change: Change | None, modified: dict[str, str]) -> None:
    if change is None:
        return
    told = change["ResourceChange"]
    if any(one["Target"]["Attribute"] in _IN_PLACE for one in told["Details"]):
        modified[told["LogicalResourceId"]] = told["Replacement"]


def _possible(
    evaluation: Evaluation, logical_id: str, change: Change | None, modified: Mapping[str, str]
) -> Iterator[Change]:
    """Details of properties that refer to what is modified."""
    declaration = evaluation.active[logical_id]
    details = change["ResourceChange"]["Details"] if change else ()
    certain = {_name(one) for one in details}
    create_only = resource_type(declaration.type).create_only
    for name in sorted(declaration.properties.keys() - certain):
        for reference in references(declaration.properties[name]):
            if _may_differ(reference, modified):
                yield _detail(name, reference, recreates=name in create_only)


def _may_differ(reference: Reference, modified: Mapping[str, str]) -> bool:
    """An attribute may be another whatever is modified; what `Ref` gives, only if there may be a new resource."""
    if reference.attribute is None:
        return modified.get(reference.name) == "Conditional"
    return reference.name in modified and isinstance(reference.attribute, str)


def _detail(name: str, reference: Reference, *, recreates: bool) -> Change:
    by_name = reference.attribute is None
    return {
        "Target": {"Attribute": "Properties", "Name": name, "RequiresRecreation": "Always" if recreates else "Never"},
        "Evaluation": "Dynamic",
        "ChangeSource": "ResourceReference" if by_name else "ResourceAttribute",
        "CausingEntity": reference.name if by_name else f"{reference.name}.{reference.attribute}",
    }


def _with_possible(
    change: Change | None, possible: list[Change], logical_id: str, current: Mapping[str, Incarnation]
) -> Change | None:
    if not possible:
        return change
    told = change["ResourceChange"] if change else _unchanged(logical_id, current[logical_id])
    details = sorted([*told["Details"], *possible], key=lambda one: (_is_policy(one), _name(one)))
    scope = sorted({one["Target"]["Attribute"] for one in details})
    told |= {"Details": details, "Scope": scope, "Replacement": replacement_of(details)}
    return {"Type": "Resource", "ResourceChange": told}


def _unchanged(logical_id: str, current: Incarnation) -> Change:
    return {
        "Action": "Modify",
        "LogicalResourceId": logical_id,
        "PhysicalResourceId": current.physical_id,
        "ResourceType": current.type,
        "Details": [],
    }


def _is_policy(detail: Change) -> bool:
    return detail["Target"]["Attribute"] not in _IN_PLACE


def _name(detail: Change) -> str:
    return str(detail["Target"].get("Name", detail["Target"]["Attribute"]))
