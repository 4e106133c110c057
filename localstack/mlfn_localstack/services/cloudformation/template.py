"""A template's sections, checked as far as they can be without parameters."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from mlfn_localstack.services.cloudformation.errors import validation_error
from mlfn_localstack.services.cloudformation.parse import parse_template
from mlfn_localstack.services.cloudformation.resources import is_resource_type
from mlfn_localstack.services.cloudformation.rules import check_rule_shapes
from mlfn_localstack.services.cloudformation.transforms.loops import PREFIX as LOOP
from mlfn_localstack.services.cloudformation.transforms.uses import SNIPPET, named_in

_SECTIONS = frozenset(
    [
        "AWSTemplateFormatVersion",
        "Description",
        "Metadata",
        "Parameters",
        "Mappings",
        "Conditions",
        "Rules",
        "Transform",
        "Resources",
        "Outputs",
    ]
)
_MACRO_SECTIONS = frozenset({"Globals", SNIPPET})
"""What only a transform takes away."""
_RESOURCE_KEYS = frozenset(
    ["Type", "Properties", "DependsOn", "Condition", "DeletionPolicy", "UpdateReplacePolicy", "Metadata"]
)
_NOT_HERE = frozenset({"Hooks"})
_ATTRIBUTES_NOT_HERE = frozenset({"CreationPolicy", "UpdatePolicy"})
"""What AWS has, and the emulator refuses by name."""
_POLICIES = frozenset({"Delete", "Retain", "RetainExceptOnCreate"})
_LOGICAL_ID = re.compile(r"[A-Za-z0-9]{1,255}")
_MAX_RESOURCES = 500
_MAX_OTHERS = 200
_MAX_DESCRIPTION_BYTES = 1_024


@dataclass(frozen=True, slots=True, kw_only=True)
class Declaration:
    """A resource as the template declares it."""

    logical_id: str
    type: str
    properties: dict[str, Any]
    metadata: Any
    """What is said of it that makes no part of it; None for nothing."""
    depends_on: tuple[str, ...]
    condition: str | None
    deletion_policy: str
    replace_policy: str
    has_deletion_policy: bool
    """Whether the template itself says what becomes of it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Template:
    """A template, taken apart."""

    description: str
    metadata: Any
    parameters: dict[str, dict[str, Any]]
    mappings: dict[str, Any]
    conditions: dict[str, Any]
    rules: dict[str, Any]
    transforms: tuple[str, ...]
    """What the template has to go through before it is evaluated; none for one that has."""
    resources: dict[str, Declaration]
    outputs: dict[str, dict[str, Any]]


@lru_cache(maxsize=64)
def read_template(body: str) -> Template:
    """The template in a text; not to be modified, since the same text gives the same object.

    Raises:
        ServiceError: it is malformed, or has a section or resource type the emulator does not know.
    """
    document = parse_template(body)
    for name in sorted(_NOT_HERE & set(document)):
        raise validation_error(f"The emulator does not support the template section {name}.")
    transforms = named_in(document)
    unknown = sorted(set(document) - _SECTIONS - (_MACRO_SECTIONS if transforms else frozenset()))
    if unknown:
        raise validation_error(f"Invalid template property or properties [{', '.join(unknown)}]")
    _check_version(document)
    _check_description(document)
    names = ("Parameters", "Mappings", "Conditions", "Rules", "Resources", "Outputs")
    sections = {name: _section(document, name, expanded=not transforms) for name in names}
    check_rule_shapes(sections["Rules"])
    return Template(
        description=str(document.get("Description", "")),
        metadata=document.get("Metadata"),
        parameters=_objects(_limited(sections["Parameters"], "parameters"), "Parameters"),
        mappings=_mappings(_limited(sections["Mappings"], "mappings"), expanded=not transforms),
        conditions=sections["Conditions"],
        rules=sections["Rules"],
        transforms=transforms,
        resources=_resources(sections["Resources"], expanded=not transforms),
        outputs=_outputs(_limited(sections["Outputs"], "outputs")),
    )


def _check_version(document: dict[str, Any]) -> None:
    version = document.get("AWSTemplateFormatVersion", "2010-09-09")
    if version != "2010-09-09":
        raise validation_error(
            f"Template format error: {version} is not a supported value for AWSTemplateFormatVersion."
        )


def _check_description(document: dict[str, Any]) -> None:
    description = document.get("Description", "")
    if isinstance(description, str) and len(description.encode()) > _MAX_DESCRIPTION_BYTES:
        raise validation_error(f"Template format error: 'Description' length is greater than {_MAX_DESCRIPTION_BYTES}.")


def _limited(section: dict[str, Any], what: str, most: int = _MAX_OTHERS) -> dict[str, Any]:
    if len(section) > most:
        raise validation_error(
            f"Template format error: Number of {what}, {len(section)}, is greater than maximum allowed, {most}"
        )
    return section


def _mappings(section: dict[str, Any], *, expanded: bool) -> dict[str, Any]:
    if not expanded:
        return section
    for name, mapping in section.items():
        if not isinstance(mapping, dict):
            raise validation_error(f"Template format error: Every Mappings member {name} must be a map")
        for key, attributes in mapping.items():
            if not isinstance(attributes, dict):
                raise validation_error(f"Template format error: Every Mappings member {key} must be a map")
            if any(isinstance(value, dict) for value in attributes.values()):
                raise validation_error("Template format error: Every Mappings attribute must be a String or a List.")
    return section


def _section(document: dict[str, Any], name: str, *, expanded: bool) -> dict[str, Any]:
    """A section, without what transforms will put in place of something else."""
    found = document.get(name, {})
    if not isinstance(found, dict):
        raise validation_error(f"Template format error: {name} section must be an object.")
    if expanded:
        return found
    return {key: value for key, value in found.items() if key != SNIPPET and not key.startswith(LOOP)}


def _objects(section: dict[str, Any], name: str) -> dict[str, dict[str, Any]]:
    for key, value in section.items():
        if not isinstance(value, dict):
            raise validation_error(f"Template format error: Any {name} member must be an object.")
        if not _LOGICAL_ID.fullmatch(key):
            raise validation_error(f"Template format error: {name[:-1]} name {key} is non alphanumeric.")
    return section


def _outputs(section: dict[str, Any]) -> dict[str, dict[str, Any]]:
    for key, output in _objects(section, "Outputs").items():
        unknown = sorted(set(output) - {"Value", "Description", "Export", "Condition"})
        if unknown:
            raise validation_error(
                f"Template format error: Unsupported output attribute(s) [{', '.join(unknown)}] in {key}"
            )
        if "Value" not in output:
            raise validation_error("Template format error: Every Outputs member must contain a Value object")
    return section


def _resources(section: dict[str, Any], *, expanded: bool) -> dict[str, Declaration]:
    """The resources; what a transform will replace may be of any type."""
    if not section and expanded:
        raise validation_error("Template format error: At least one Resources member must be defined.")
    loop = next((name for name in section if name.startswith(LOOP)), None)
    if loop is not None:
        raise validation_error(f"Template format error: [/Resources/{loop}] resource definition is malformed")
    members = _objects(_limited(section, "resources", _MAX_RESOURCES), "Resources")
    found = {name: _declaration(name, one, expanded=expanded) for name, one in members.items()}
    if not expanded:
        return found
    unknown = sorted({one.type for one in found.values() if not is_resource_type(one.type)})
    if unknown:
        raise validation_error(f"Template format error: Unrecognized resource types: [{', '.join(unknown)}]")
    for one in found.values():
        missing = sorted(set(one.depends_on) - set(found))
        if missing:
            raise validation_error(
                f"Template format error: Unresolved resource dependencies [{', '.join(missing)}] in the Resources "
                "block of the template"
            )
    return found


def _check_attributes(logical_id: str, node: dict[str, Any]) -> None:
    for name in sorted(_ATTRIBUTES_NOT_HERE & set(node)):
        raise validation_error(f"The emulator does not support the attribute {name} of resources ({logical_id}).")
    unknown = sorted(set(node) - _RESOURCE_KEYS)
    if unknown:
        raise validation_error(f"Invalid template resource property '{unknown[0]}'")


def _declaration(logical_id: str, node: dict[str, Any], *, expanded: bool) -> Declaration:
    if expanded:
        _check_attributes(logical_id, node)
    kind, properties = node.get("Type"), node.get("Properties") or {}
    if not isinstance(kind, str):
        raise validation_error(
            f"Template format error: [/Resources/{logical_id}] Every Resources object must contain a Type member."
        )
    if not isinstance(properties, dict):
        raise validation_error(f"Template format error: [/Resources/{logical_id}/Properties] must be an object.")
    depends_on = node.get("DependsOn", []) if expanded else []
    names = [depends_on] if isinstance(depends_on, str) else depends_on
    if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
        raise validation_error(f"Template format error: DependsOn of {logical_id} must be a string or list of strings.")
    return Declaration(
        logical_id=logical_id,
        type=kind,
        properties=properties,
        metadata=node.get("Metadata"),
        depends_on=tuple(names),
        condition=node.get("Condition"),
        deletion_policy=_policy(node, "DeletionPolicy", logical_id) if expanded else "Delete",
        replace_policy=_policy(node, "UpdateReplacePolicy", logical_id) if expanded else "Delete",
        has_deletion_policy="DeletionPolicy" in node,
    )


def _policy(node: dict[str, Any], name: str, logical_id: str) -> str:
    policy = node.get(name, "Delete")
    if policy == "Snapshot":
        words = "deletion policy" if name == "DeletionPolicy" else "update replace policy"
        raise validation_error(f"Template error: resource type {node.get('Type')} does not support {words} Snapshot")
    if not isinstance(policy, str) or policy not in _POLICIES:
        raise validation_error(f"Template format error: Unrecognized {name} {policy} for resource {logical_id}")
    return str(policy)
