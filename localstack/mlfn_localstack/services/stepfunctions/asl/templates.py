"""Payload templates: JSON in which some members are computed, by paths and intrinsics or by JSONata."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mlfn_localstack.services.stepfunctions.asl.failure import PathError, runtime_failure
from mlfn_localstack.services.stepfunctions.asl.intrinsics import evaluate_intrinsic, is_intrinsic
from mlfn_localstack.services.stepfunctions.asl.java_hash_map import hash_map_order
from mlfn_localstack.services.stepfunctions.asl.json_text import dump
from mlfn_localstack.services.stepfunctions.asl.jsonata import Bindings, evaluate_field, expression_in

if TYPE_CHECKING:
    from collections.abc import Callable


def expand_paths(template: Any, read: Callable[[str], Any], input_text: Callable[[], str]) -> Any:
    """A JSONPath template with every `name.$` member read.

    Raises:
        StateError: a path names nothing, or a function refuses its arguments.
    """
    if isinstance(template, dict):
        return dict(_member(name, template[name], read, input_text) for name in _in_order(template))
    if isinstance(template, list):
        return [expand_paths(item, read, input_text) for item in template]
    return template


def _in_order(template: dict[str, Any]) -> list[str]:
    """The names of a template's members as AWS orders them: what is read comes last, out of a map."""
    read = [name for name, value in template.items() if _is_read(name, value)]
    if not read:
        return list(template)
    ordered = [f"{name}.$" for name in hash_map_order([name[:-2] for name in read])]
    return [name for name in template if name not in read] + ordered


def _is_read(name: str, value: Any) -> bool:
    return name.endswith(".$") and isinstance(value, str)


def _member(name: str, value: Any, read: Callable[[str], Any], input_text: Callable[[], str]) -> tuple[str, Any]:
    if not _is_read(name, value):
        return name, expand_paths(value, read, input_text)
    if is_intrinsic(value):
        return name[:-2], evaluate_intrinsic(value, read, input_text)
    try:
        return name[:-2], read(value)
    except PathError as error:
        if error.out_of_range:  # AWS gives null for an index past the end here, and fails inside intrinsics
            return name[:-2], None
        searched = input_text() if error.context is None else dump(error.context)
        cause = f"The JSONPath '{value}' specified for the field '{name}' could not be found in the input '{searched}'"
        raise runtime_failure(cause) from error


def expand_expressions(template: Any, bindings: Bindings, location: str) -> Any:
    """A JSONata template with every `{% … %}` evaluated; `location` is the field's name, for causes.

    Raises:
        StateError: States.QueryEvaluationError.
    """
    if isinstance(template, str):
        expression = expression_in(template)
        return template if expression is None else evaluate_field(expression, bindings, location)
    if isinstance(template, dict):
        return {name: expand_expressions(value, bindings, f"{location}/{name}") for name, value in template.items()}
    if isinstance(template, list):
        return [expand_expressions(value, bindings, f"{location}[{i}]") for i, value in enumerate(template)]
    return template
