"""Which transforms a template names, and with what."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from mlfn_localstack.services.cloudformation.errors import validation_error

SNIPPET = "Fn::Transform"


@dataclass(frozen=True, slots=True, kw_only=True)
class Use:
    """One transform, as it is named in one place."""

    name: str
    parameters: dict[str, Any]


def uses(named: Any) -> tuple[Use, ...]:
    """What a `Transform` or `Fn::Transform` names, in its order.

    Raises:
        ServiceError: ValidationError: they are no names.
    """
    return tuple(_use(one) for one in (named if isinstance(named, list) else [named]))


def _use(one: Any) -> Use:
    name, parameters = (one.get("Name"), one.get("Parameters", {})) if isinstance(one, dict) else (one, {})
    if not isinstance(name, str):
        raise validation_error("Key Name of transform definition must be a string.")
    if not isinstance(parameters, dict):
        raise validation_error(f"Parameters of transform {name} must be an object.")
    return Use(name=name, parameters=parameters)


def named_in(document: dict[str, Any]) -> tuple[str, ...]:
    """The names of all transforms of a template, each once: its own, then those of its parts."""
    names = [use.name for use in uses(document.get("Transform", []))]
    return tuple(dict.fromkeys([*names, *_in_parts(document)]))


def _in_parts(node: Any) -> list[str]:
    if isinstance(node, list):
        return [name for item in node for name in _in_parts(item)]
    if not isinstance(node, dict):
        return []
    own = [use.name for use in uses(node.get(SNIPPET, []))]
    return own + [name for key, value in node.items() if key != SNIPPET for name in _in_parts(value)]
