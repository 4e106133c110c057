"""What one value of an event is compared with: a literal, or one of the content filters.

https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-create-pattern-operators.html
"""

from __future__ import annotations

import ipaddress
import operator
import re
from collections.abc import Callable, Mapping
from typing import Any

ValueTest = Callable[[Any], bool]
"""Takes a leaf of an event, or MISSING."""
MISSING: Any = object()
_RELATIONS = {"=": operator.eq, "<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge}
_LARGEST = 5e9


class PatternError(Exception):
    """Something that is no event pattern."""


def compile_test(condition: Any) -> ValueTest:
    """The test behind one element of a pattern's array.

    Raises:
        PatternError: it is neither a literal nor a known filter.
    """
    if isinstance(condition, dict):
        return _filter(condition)
    if isinstance(condition, list):
        raise PatternError("Match value must be String, number, true, false, or null")
    return _literal(condition)


def _literal(wanted: Any) -> ValueTest:
    if isinstance(wanted, bool) or wanted is None:
        return lambda value: value is wanted
    if isinstance(wanted, str):
        return lambda value: isinstance(value, str) and value == wanted
    return lambda value: _is_number(value) and value == wanted


def _filter(condition: Mapping[str, Any]) -> ValueTest:
    if len(condition) != 1:
        raise PatternError("Only one key allowed in match expression")
    ((name, argument),) = condition.items()
    if name not in _FILTERS:
        raise PatternError(f"Unrecognized match type {name}")
    return _FILTERS[name](argument)


def _prefix(argument: Any) -> ValueTest:
    text, fold = _affix(argument, "prefix")
    return lambda value: isinstance(value, str) and fold(value).startswith(text)


def _suffix(argument: Any) -> ValueTest:
    text, fold = _affix(argument, "suffix")
    return lambda value: isinstance(value, str) and fold(value).endswith(text)


def _affix(argument: Any, kind: str) -> tuple[str, Callable[[str], str]]:
    if isinstance(argument, dict) and list(argument) == ["equals-ignore-case"]:
        return _text(argument["equals-ignore-case"], kind).lower(), str.lower
    return _text(argument, kind), str


def _ignoring_case(argument: Any) -> ValueTest:
    wanted = _text(argument, "equals-ignore-case").lower()
    return lambda value: isinstance(value, str) and value.lower() == wanted


def _wildcard(argument: Any) -> ValueTest:
    text = _text(argument, "wildcard")
    if "**" in text:
        raise PatternError("Consecutive wildcard characters at pos " + str(text.index("**")))
    pieces = [""]
    for match in re.finditer(r"\\(.)|(\*)|(.)", text, re.DOTALL):
        if match[1] is not None and match[1] not in "*\\":
            raise PatternError("Invalid escape character at pos " + str(match.start()))
        if match[2]:
            pieces.append("")
        else:
            pieces[-1] += match[1] or match[3]
    return lambda value: isinstance(value, str) and _fits(value, pieces)


def _fits(value: str, pieces: list[str]) -> bool:
    """Whether a text consists of these pieces with anything between them: in one pass, unlike a regular expression."""
    first, *middle = pieces
    if not middle:
        return value == first
    *middle, last = middle
    position, end = len(first), len(value) - len(last)
    if position > end or not value.startswith(first) or not value.endswith(last):
        return False
    for piece in middle:
        position = value.find(piece, position, end)
        if position < 0:
            return False
        position += len(piece)
    return True


def _exists(argument: Any) -> ValueTest:
    if not isinstance(argument, bool):
        raise PatternError("exists match pattern must be either true or false.")
    return lambda value: (value is not MISSING) is argument


def _cidr(argument: Any) -> ValueTest:
    text = _text(argument, "cidr")
    try:
        network = ipaddress.ip_network(text, strict=False)
    except ValueError as error:
        raise PatternError(f"Malformed CIDR, one '/' required: {text}") from error

    def test(value: Any) -> bool:
        try:
            return isinstance(value, str) and ipaddress.ip_address(value) in network
        except ValueError:
            return False

    return test


def _numeric(argument: Any) -> ValueTest:
    if not isinstance(argument, list) or len(argument) not in (2, 4):
        raise PatternError("Value of numeric must be an array of one or two comparisons")
    pairs = list(zip(argument[::2], argument[1::2], strict=True))
    for relation, number in pairs:
        if not isinstance(relation, str) or relation not in _RELATIONS:
            raise PatternError(f"Unrecognized numeric range operator: {relation}")
        if not _is_number(number) or abs(number) > _LARGEST:
            raise PatternError("Value of numeric must be between -5.0E9 and 5.0E9, inclusive")
    if len(pairs) == 2 and (pairs[0][0] not in (">", ">=") or pairs[1][0] not in ("<", "<=")):
        raise PatternError("Bad numeric range: a range is written with > or >= first and < or <= second")
    if len(pairs) == 2 and pairs[0][1] > pairs[1][1]:
        raise PatternError("Bottom must be less than top")
    return lambda value: _is_number(value) and all(_RELATIONS[relation](value, number) for relation, number in pairs)


def _anything_but(argument: Any) -> ValueTest:
    """Any value that is there, but those."""
    test = _excluded(argument)
    return lambda value: value is not MISSING and not test(value)


def _excluded(argument: Any) -> ValueTest:
    if isinstance(argument, dict):
        if len(argument) != 1 or next(iter(argument)) not in _EXCLUDABLE:
            raise PatternError(f"Unsupported anything-but pattern: {', '.join(argument)}")
        ((name, inner),) = argument.items()
        tests = [_FILTERS[name](each) for each in (inner if isinstance(inner, list) else [inner])]
    else:
        values = argument if isinstance(argument, list) else [argument]
        if not values or not all(isinstance(each, str) or _is_number(each) for each in values):
            raise PatternError("Inside anything but list, start|null|boolean is not supported.")
        tests = [_literal(each) for each in values]
    if not tests:
        raise PatternError("Empty arrays are not allowed")
    return lambda value: any(test(value) for test in tests)


def _text(argument: Any, name: str) -> str:
    if not isinstance(argument, str):
        raise PatternError(f"{name} match pattern must be a string")
    if not argument and name in ("prefix", "suffix"):
        raise PatternError("Null prefix/suffix not allowed")
    return argument


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


_EXCLUDABLE = ("prefix", "suffix", "equals-ignore-case", "wildcard")
_FILTERS: dict[str, Callable[[Any], ValueTest]] = {
    "anything-but": _anything_but,
    "cidr": _cidr,
    "equals-ignore-case": _ignoring_case,
    "exists": _exists,
    "numeric": _numeric,
    "prefix": _prefix,
    "suffix": _suffix,
    "wildcard": _wildcard,
}
