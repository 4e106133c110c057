"""What an update would change, told resource by resource and property by property, and nothing that stays the same."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from mlfn_localstack.services.cloudformation.applying import changed_names
from mlfn_localstack.services.cloudformation.evaluation import Known
from mlfn_localstack.services.cloudformation.intrinsics import Unknown, first_unknown
from mlfn_localstack.services.cloudformation.outlines import Change, outline, replacement_of
from mlfn_localstack.services.cloudformation.references import references
from mlfn_localstack.services.cloudformation.resources import resource_type

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mlfn_localstack.services.cloudformation.evaluation import Evaluation
    from mlfn_localstack.services.cloudformation.state import Incarnation, Resource
    from mlfn_localstack.services.cloudformation.template import Template

AFTER_APPLY = "{{changeSet:KNOWN_AFTER_APPLY}}"
_POLICIES = ("DeletionPolicy", "UpdateReplacePolicy")
_REEXAMINED = {
    "Target": {"Attribute": "Properties", "RequiresRecreation": "Never"},
    "Evaluation": "Dynamic",
    "ChangeSource": "Automatic",
}
"""What AWS says of a nested stack that was not touched: its template might have changed."""


class Comparison:
    """An evaluated revision against the resources that are there."""

    def __init__(
        self,
        evaluation: Evaluation,
        resources: Mapping[str, Resource],
        before: Template | None = None,
        changed_parameters: frozenset[str] = frozenset(),
    ) -> None:
        self._evaluation = evaluation
        self._before = before
        self._changed_parameters = changed_parameters
        self._current = {name: one.current for name, one in resources.items() if one.current}
        self._known = Known(self._current)
        self._replacements: dict[str, str] = {}

    def changes(self) -> list[Change]:
        """Every change, in the order of the template's dependencies."""
        found = [self._one(logical_id) for logical_id in self._evaluation.active]
        gone = [name for name in self._current if name not in self._evaluation.active]
        return [change for change in found if change is not None] + [self._removed(name) for name in gone]

    def outlined(self, changes: list[Change]) -> list[Change]:
        """The same without values, and with what may change as well."""
        return outline(changes, self._evaluation, self._current)

    def outputs_changed(self, outputs: list[dict[str, Any]]) -> bool:
        """Whether the stack's outputs would differ; to be asked after `changes`."""
        return self._evaluation.outputs(self._known) != outputs

    def _one(self, logical_id: str) -> Change | None:
        declaration = self._evaluation.active[logical_id]
        properties = self._evaluation.properties(logical_id, self._known)
        current = self._current.get(logical_id)
        if current is None:
            return _change("Add", logical_id, declaration.type, after=properties)
        names = sorted(changed_names(current.properties, properties))
        details = [detail for name in names for detail in self._details(logical_id, current, properties, name)]
        policies = [*self._metadata(logical_id), *self._policies(logical_id, current)]
        kind = resource_type(current.type)
        if kind.reexamined or (details and not kind.shows_properties):
            self._known.doubt(logical_id)
        if kind.reexamined:
            details = details or [_REEXAMINED]
        if not details and not policies:
            return None
        replacement = self._replacements[logical_id] = replacement_of(details)
        if replacement != "False":
            self._known.forget(logical_id)
        return _change(
            "Modify",
            logical_id,
            declaration.type,
            current=current,
            replacement=replacement,
            scope=sorted({one["Target"]["Attribute"] for one in [*details, *policies]}),
            details=[*details, *policies],
            after=properties,
        )

    def _removed(self, logical_id: str) -> Change:
        current = self._current[logical_id]
        action = "Retain" if current.deletion_policy.startswith("Retain") else "Delete"
        return _change("Remove", logical_id, current.type, current=current, policy=action)

    def _metadata(self, logical_id: str) -> list[dict[str, Any]]:
        old = self._before.resources.get(logical_id) if self._before else None
        node = self._evaluation.active[logical_id].metadata
        if old is None:
            return []
        target = {"Attribute": "Metadata", "RequiresRecreation": "Never"}
        parameter = self._changed_parameter(node)
        if parameter is None:
            detail = {"Target": target, "Evaluation": "Static", "ChangeSource": "DirectModification"}
            return [detail] if old.metadata != node else []
        named = {"ChangeSource": "ParameterReference", "CausingEntity": parameter}
        return [{"Target": target, "Evaluation": "Static", **named}, _direct(target)]

    def _changed_parameter(self, node: Any) -> str | None:
        return next((one.name for one in references(node) if one.name in self._changed_parameters), None)

    def _policies(self, logical_id: str, current: Incarnation) -> list[dict[str, Any]]:
        declaration = self._evaluation.active[logical_id]
        pairs = (
            (current.deletion_policy, declaration.deletion_policy),
            (current.replace_policy, declaration.replace_policy),
        )
        return [
            {
                "Target": {"Attribute": name, "RequiresRecreation": "Never", "BeforeValue": old, "AfterValue": new},
                "Evaluation": "Static",
                "ChangeSource": "DirectModification",
            }
            for name, (old, new) in zip(_POLICIES, pairs, strict=True)
            if old != new
        ]

    def _details(
        self, logical_id: str, current: Incarnation, properties: dict[str, Any], name: str
    ) -> list[dict[str, Any]]:
        """Why a property changes; what is changed elsewhere could also be changed by where it is referred to."""
        detail = self._detail(logical_id, current, properties, name)
        if detail["ChangeSource"] == "DirectModification":
            return [detail]
        return [detail, _direct(detail["Target"])]

    def _detail(self, logical_id: str, current: Incarnation, properties: dict[str, Any], name: str) -> dict[str, Any]:
        before, after = current.properties.get(name), properties.get(name)
        unknown = first_unknown(after)
        recreated = name in resource_type(current.type).create_only
        source, cause = self._source(logical_id, name, unknown)
        of_stack = name == "Tags" and source == "DirectModification" and self._same_text(logical_id, name)
        target: dict[str, Any] = {
            "Attribute": "Tags" if of_stack else "Properties",
            "RequiresRecreation": "Always" if recreated else "Never",
            "AttributeChangeType": "Add" if before is None else "Remove" if after is None else "Modify",
        }
        if not of_stack:
            target |= {"Name": name, "Path": f"/Properties/{name}"}
        if before is not None:
            target["BeforeValue"] = shown(before)
        if after is not None:
            target["AfterValue"] = shown(after)
        detail = {
            "Target": target,
            "Evaluation": "Static" if unknown is None or self._is_replaced(unknown, source) else "Dynamic",
            "ChangeSource": source,
        }
        return detail | ({"CausingEntity": cause} if cause else {})

    def _is_replaced(self, cause: Unknown, source: str) -> bool:
        return source != "DirectModification" and self._replacements.get(cause.logical_id) == "True"

    def _source(self, logical_id: str, name: str, unknown: Unknown | None) -> tuple[str, str | None]:
        """Where a change comes from: another resource, a parameter, or the template's own text."""
        node = self._evaluation.active[logical_id].properties.get(name)
        if unknown is not None and unknown.logical_id and self._same_text(logical_id, name):
            if unknown.attribute is None:
                return "ResourceReference", unknown.logical_id
            return "ResourceAttribute", f"{unknown.logical_id}.{unknown.attribute}"
        parameter = self._changed_parameter(node)
        return ("DirectModification", None) if parameter is None else ("ParameterReference", parameter)

    def _same_text(self, logical_id: str, name: str) -> bool:
        old = self._before.resources.get(logical_id) if self._before else None
        return old is not None and old.properties.get(name) == self._evaluation.active[logical_id].properties.get(name)


def _direct(target: Change) -> Change:
    """A change that could also come of where a value is referred to."""
    return {"Target": target, "Evaluation": "Dynamic", "ChangeSource": "DirectModification"}


def _change(  # noqa: PLR0913 - the members of one API shape
    action: str,
    logical_id: str,
    kind: str,
    *,
    current: Incarnation | None = None,
    replacement: str | None = None,
    scope: list[str] | None = None,
    details: list[dict[str, Any]] | None = None,
    policy: str | None = None,
    after: dict[str, Any] | None = None,
) -> Change:
    change: Change = {
        "Action": action,
        "LogicalResourceId": logical_id,
        "ResourceType": kind,
        "Scope": scope or [],
        "Details": details or [],
    }
    if current:
        change |= {
            "PhysicalResourceId": current.physical_id,
            "BeforeContext": shown({"Properties": current.properties}),
        }
    if replacement:
        change["Replacement"] = replacement
    if policy:
        change["PolicyAction"] = policy
    elif replacement == "True":
        change["PolicyAction"] = "ReplaceAndDelete"
    if after is not None:
        change["AfterContext"] = shown({"Properties": after})
    return {"Type": "Resource", "ResourceChange": change}


def shown(value: Any) -> str:
    """A value as a change set shows it: text, what is not known yet by its marker."""
    plain = _known_after_apply(value)
    return plain if isinstance(plain, str) else json.dumps(plain, separators=(",", ":"))


def _known_after_apply(value: Any) -> Any:
    if isinstance(value, Unknown):
        return AFTER_APPLY
    if isinstance(value, dict):
        return {key: _known_after_apply(item) for key, item in value.items()}
    return [_known_after_apply(item) for item in value] if isinstance(value, list) else value
