"""Event patterns: which events (or stream records) a rule is for.

https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-create-pattern.html
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from functools import lru_cache
from typing import Any

from mlfn_localstack.json_refusals import syntax
from mlfn_localstack.services.events.pattern_places import PatternError, Point, within
from mlfn_localstack.services.events.pattern_tests import MISSING, ValueTest, compile_test
from mlfn_localstack.services.events.strict_json import parse

__all__ = ["Matcher", "PatternError", "compile_pattern", "flattened"]

Matcher = Callable[[Any], bool]
MAX_ALTERNATIVES = 1_000
"""Combinations of `$or` that one pattern may have."""
MAX_DEPTH = 100


@lru_cache(maxsize=512)
def compile_pattern(text: str) -> Matcher:
    """The test that an event (parsed JSON) must pass.

    Raises:
        PatternError: it is not an event pattern.
    """
    try:
        pattern = parse(text)
    except ValueError as error:
        raise PatternError(_no_json(text, error), point=Point.NOWHERE) from error
    if not isinstance(pattern, dict):
        raise PatternError("Filter is not an object")
    if _alternatives(pattern) > MAX_ALTERNATIVES:
        raise PatternError(f"Rule has more than {MAX_ALTERNATIVES} combinations of $or", point=Point.NOWHERE)
    return _object(pattern, 0)


def _no_json(text: str, error: ValueError) -> str:
    told = syntax(error, f'(String)"{text}"') if isinstance(error, json.JSONDecodeError) else None
    return told or f"Filter is not valid JSON: {error}"


def _alternatives(pattern: Any) -> int:
    if not isinstance(pattern, dict):
        return 1
    count = 1
    for key, value in pattern.items():
        is_or = key == "$or" and isinstance(value, list)
        count *= sum(_alternatives(each) for each in value) if is_or else _alternatives(value)
    return count


def _object(pattern: Mapping[str, Any], depth: int) -> Matcher:
    if not pattern:
        raise PatternError("Empty objects are not allowed", point=Point.END)
    if depth > MAX_DEPTH:
        raise PatternError("Filter is nested too deeply", point=Point.NOWHERE)
    tests = []
    for key, value in pattern.items():
        with within(key):
            tests.append(_member(key, value, depth))
    return lambda event: all(test(event) for test in tests)


def _member(key: str, value: Any, depth: int) -> Matcher:
    if key == "$or" and _is_or(value):
        branches = _each(value, lambda branch: _object(branch, depth + 1))
        return lambda event: any(branch(event) for branch in branches)
    if isinstance(value, dict):
        inner = _object(value, depth + 1)
        return lambda event: _inside(event.get(key, MISSING), inner)
    if not isinstance(value, list):
        raise PatternError(f'"{key}" must be an object or an array')
    if not value:
        raise PatternError("Empty arrays are not allowed", point=Point.END)
    tests = _each(value, compile_test)
    return lambda event: _leaf(event.get(key, MISSING), tests)


def _each(values: list[Any], compiled: Callable[[Any], Matcher]) -> list[Matcher]:
    """What every element is compiled to."""
    found = []
    for index, value in enumerate(values):
        with within(index):
            found.append(compiled(value))
    return found


def _is_or(value: Any) -> bool:
    """`$or` is an operator only over two or more objects; else it is a field's name."""
    return isinstance(value, list) and len(value) > 1 and all(isinstance(branch, dict) and branch for branch in value)


def _inside(value: Any, inner: Matcher) -> bool:
    """Of an array of objects one must fit in all; what is missing has no members."""
    if isinstance(value, list):
        return any(inner(each if isinstance(each, dict) else {}) for each in flattened(value) if each != [])
    return inner(value if isinstance(value, dict) else {})


def _leaf(value: Any, tests: list[ValueTest]) -> bool:
    values = flattened(value) if isinstance(value, list) else [value]
    return any(test(_compared(each)) for each in values for test in tests)


def _compared(value: Any) -> Any:
    return MISSING if isinstance(value, dict | list) else value  # only leaves are compared


def flattened(value: list[Any]) -> Iterator[Any]:
    """What is in arrays within arrays, however deep; an empty one stands for itself."""
    waiting: list[Any] = [value]
    while waiting:
        each = waiting.pop()
        if isinstance(each, list) and each:
            waiting += reversed(each)
        else:
            yield each
