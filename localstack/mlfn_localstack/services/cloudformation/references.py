"""What a template's nodes refer to."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from mlfn_localstack.services.cloudformation.intrinsics import attribute_reference, sub_names, sub_parts


@dataclass(frozen=True, slots=True, kw_only=True)
class Reference:
    """A parameter, condition or resource that a node names."""

    name: str
    attribute: Any = None
    """What it asks of a resource; None for what `Ref` gives."""


def references(node: Any) -> list[Reference]:
    """Everything that a template node refers to."""
    if isinstance(node, list):
        return [one for item in node for one in references(item)]
    if not isinstance(node, dict):
        return []
    return [one for key, value in node.items() for one in _of_member(key, value)]


def _of_member(key: str, value: Any) -> list[Reference]:
    if key in ("Ref", "Condition") and isinstance(value, str):
        return [Reference(name=value)]
    if key == "Fn::GetAtt":
        name, attribute = attribute_reference(value)
        return [Reference(name=name, attribute=attribute)]
    if key == "Fn::Sub":
        text, variables = sub_parts(value)
        return [*map(_in_text, sub_names(text)), *references(variables)]
    return references(value)


def _in_text(name: str) -> Reference:
    name, _, attribute = name.partition(".")
    return Reference(name=name, attribute=attribute or None)
