"""Which variables each state of a machine reads, as DescribeStateMachine tells."""

from __future__ import annotations

import json
import re
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from mlfn_localstack.services.stepfunctions.asl.intrinsics import is_intrinsic
from mlfn_localstack.services.stepfunctions.asl.jsonata import built_in_names, expression_in

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from mlfn_localstack.services.stepfunctions.asl.flow import Definition

_SCOPES = {"Branches", "ItemProcessor", "Iterator"}
_NAME = re.compile(r"(?<!\$)\$([A-Za-z_]\w*)")
_TEXT = re.compile(r"""'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*"|/\*.*?\*/""", re.DOTALL)
_BOUND = re.compile(r"\$(\w+)\s*:=")
_PARAMETERS = re.compile(r"(?:function|λ)\s*\(([^)]*)\)")


@lru_cache(maxsize=256)
def variable_references(definition: str) -> Mapping[str, tuple[str, ...]]:
    """The variables that states read, by state; states that read none are left out."""
    machine = json.loads(definition)
    language = machine.get("QueryLanguage", "JSONPath")
    found = {name: tuple(sorted(_read(state, language))) for name, state in _states(machine)}
    return {name: variables for name, variables in found.items() if variables}


def _states(scope: Definition) -> Iterator[tuple[str, Definition]]:
    for name, state in scope["States"].items():
        yield name, state
        for inner in [*state.get("Branches", []), *(state[part] for part in _SCOPES - {"Branches"} if part in state)]:
            yield from _states(inner)


def _read(state: Definition, language: str) -> set[str]:
    own = {name: value for name, value in state.items() if name not in _SCOPES}
    if state.get("QueryLanguage", language) == "JSONata":
        return set().union(*(_in_expression(text) for text in _expressions(own)))
    return set().union(*(_in_path(text) for text in _paths(own)))


def _paths(value: Any) -> Iterator[str]:
    if isinstance(value, list):
        for item in value:
            yield from _paths(item)
    elif isinstance(value, dict):
        for name, item in value.items():
            if isinstance(item, str) and (name.endswith((".$", "Path")) or name == "Variable"):
                yield item
            else:
                yield from _paths(item)


def _in_path(text: str) -> set[str]:
    return set(_NAME.findall(without_texts(text))) if is_intrinsic(text) else set(_NAME.findall(text)[:1])


def _expressions(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        if (expression := expression_in(value)) is not None:
            yield expression
    elif isinstance(value, list | dict):
        for item in value.values() if isinstance(value, dict) else value:
            yield from _expressions(item)


def without_texts(expression: str) -> str:
    """An expression without its literal texts and comments, which mention nothing."""
    return _TEXT.sub("", expression)


def _in_expression(text: str) -> set[str]:
    bare = without_texts(text)
    local = {*_BOUND.findall(bare), *(name for part in _PARAMETERS.findall(bare) for name in _NAME.findall(part))}
    return {name for name in _NAME.findall(bare) if name != "states"} - local - built_in_names()
