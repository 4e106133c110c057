"""The interfaces of an app as its template keeps them, so that a later deploy can tell what it would break."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from mlfn_engine.canonical import canonical
from mlfn_engine.values import ModelSource

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mlfn_engine.values import AppGraph

_TOLD = frozenset({"$schema", "title", "description", "examples", "default", "deprecated"})
"""Keywords that explain and decide nothing."""


def interfaces(graph: AppGraph) -> dict[str, dict[str, str]]:
    """By model's or pipeline's name, the schemas of what it takes and gives, as canonical JSON text."""
    return {name: {"input": plain(taken), "output": plain(given)} for name, taken, given in sorted(_schemas(graph))}


def _schemas(graph: AppGraph) -> Iterator[tuple[str, str, str]]:
    for function in graph.functions:
        if isinstance(function.source, ModelSource):
            model = function.source.model
            yield model.name, model.input_schema, model.output_schema
    for machine in graph.state_machines:
        yield machine.pipeline.name, machine.pipeline.input_schema, machine.pipeline.output_schema


def plain(schema: str) -> str:
    """A schema without what only explains it.

    CloudFormation would evaluate some marks in text; JSON may write them otherwise: `{` and `$` of user text are
    escaped, which a reader of JSON does not notice.
    """
    text = canonical(_plain(json.loads(schema)))
    return text.replace("{{", "{\\u007b").replace("${", "\\u0024{")


def _plain(schema: Any, *, is_names: bool = False) -> Any:
    if isinstance(schema, list):
        return [_plain(each) for each in schema]
    if not isinstance(schema, dict):
        return schema
    return {
        key: _plain(value, is_names=key in {"properties", "$defs"} and not is_names)
        for key, value in schema.items()
        if is_names or key not in _TOLD
    }
