"""What a Map state goes over, and how: its items, its processor, its concurrency."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mlfn_localstack.services.stepfunctions.asl.failure import evaluation_failure, runtime_failure
from mlfn_localstack.services.stepfunctions.asl.flow_jsonata import JsonataFlow
from mlfn_localstack.services.stepfunctions.asl.json_text import dump
from mlfn_localstack.services.stepfunctions.asl.jsonata import evaluate_field, expression_in, wrong_type

if TYPE_CHECKING:
    from mlfn_localstack.services.stepfunctions.asl.flow import Definition
    from mlfn_localstack.services.stepfunctions.asl.flow_jsonpath import JsonPathFlow
    from mlfn_localstack.services.stepfunctions.interpreter.stay import Stay


def processor_of(state: Definition) -> Definition:
    """The scope that runs for each item (`Iterator` is its old name)."""
    scope: Definition = state.get("ItemProcessor") or state["Iterator"]
    return scope


def items_of(stay: Stay, flow: JsonPathFlow | JsonataFlow) -> list[Any]:
    """The array to iterate over.

    Raises:
        StateError: it is no array.
    """
    if isinstance(flow, JsonataFlow):
        return _jsonata_items(stay, flow)
    path = stay.state.get("ItemsPath", "$")
    items = flow.path(path, flow.effective_input(stay.state)).value
    if not isinstance(items, list):
        shown = path[1:] if path.startswith("$$") else path  # AWS leaves out the second dollar sign
        raise runtime_failure(f'Reference path "{shown}" must point to array.')
    return items


def concurrency_of(stay: Stay, flow: JsonPathFlow | JsonataFlow) -> int:
    """How many iterations may run at the same time, 0 for as many as possible.

    Raises:
        StateError: it is no number, or a negative one.
    """
    limit = int(flow.number(stay.state, "MaxConcurrency", 0) or 0)
    if limit < 0:
        raise runtime_failure(f"Expected non-negative integer for MaxConcurrency, got '{limit}' instead.")
    return limit


def _jsonata_items(stay: Stay, flow: JsonataFlow) -> list[Any]:
    declared = stay.state.get("Items", stay.frame.data.value)
    expression = expression_in(declared) if "Items" in stay.state else None
    items = declared
    if expression is not None:
        items = evaluate_field(expression, flow.bindings(), "Items")
    elif "Items" in stay.state:
        items = flow.template(declared, "Items")
    if not isinstance(items, list) and "Items" not in stay.state:
        raise evaluation_failure(f"Map state input must be an array but was: {dump(items)}", "")
    if not isinstance(items, list):
        raise wrong_type(expression or "", "Items", "array", items)
    return items
