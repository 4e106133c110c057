"""What one value of an event is compared with: a literal, or one of the content filters.

https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-create-pattern-operators.html
"""

from __future__ import annotations

import ipaddress
import json
import operator
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from mlfn_localstack.services.events.pattern_places import PatternError, Point, within

ValueTest = Callable[[Any], bool]
"""Takes a leaf of an event, or MISSING."""
MISSING: Any = object()
_RELATIONS = {"=": operator.eq, "<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge}
_LARGEST = 5e9


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
    if not condition:
        raise PatternError("Match expression name not found", point=Point.END)
    (name, argument), *more = condition.items()
    if name not in _FILTERS:
        raise PatternError(f"Unrecognized match type {name}", name)
    with within(name):
        test = _FILTERS[name](argument)
    _check_only(more)
    return test


def _check_only(more: Sequence[tuple[str, Any]]) -> None:
    if more:
        raise PatternError("Only one key allowed in match expression", more[0][0])


def _prefix(argument: Any) -> ValueTest:
    text, fold = _affix(argument, "prefix")
    return lambda value: isinstance(value, str) and fold(value).startswith(text)


def _suffix(argument: Any) -> ValueTest:
    text, fold = _affix(argument, "suffix")
    return lambda value: isinstance(value, str) and fold(value).endswith(text)


def _affix(argument: Any, kind: str) -> tuple[str, Callable[[str], str]]:
    if isinstance(argument, dict) and list(argument) == ["equals-ignore-case"]:
        with within("equals-ignore-case"):
            return _text(argument["equals-ignore-case"], "equals-ignore-case").lower(), str.lower
    return _text(argument, kind), str


def _ignoring_case(argument: Any) -> ValueTest:
    wanted = _text(argument, "equals-ignore-case").lower()
    return lambda value: isinstance(value, str) and value.lower() == wanted


def _wildcard(argument: Any) -> ValueTest:
    text = _text(argument, "wildcard")
    if "**" in text:  # places count the quote before the text
        raise PatternError(f"Consecutive wildcard characters at pos {text.index('**') + 1}", point=Point.READ)
    pieces = [""]
    for match in re.finditer(r"\\(.)|(\*)|(.)", text, re.DOTALL):
        if match[1] is not None and match[1] not in "*\\":
            raise PatternError(f"Invalid escape character at pos {match.start() + 1}", point=Point.READ)
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
    network = _network(_text(argument, "prefix"))  # so does AWS call it

    def test(value: Any) -> bool:
        try:
            return isinstance(value, str) and ipaddress.ip_address(value) in network
        except ValueError:
            return False

    return test


def _network(text: str) -> ipaddress.IPv4Network | ipaddress.IPv6Network:
    address, slash, bits = text.partition("/")
    if not slash or "/" in bits:
        raise _no_network("Malformed CIDR, one '/' required")
    if not re.fullmatch("[0-9]+", bits):
        raise _no_network("Malformed CIDR, mask bits must be an integer")
    try:
        ipaddress.ip_address(address)
    except ValueError:
        raise _no_network(f"Nonstandard IP address: {address}") from None
    try:
        return ipaddress.ip_network(text, strict=False)
    except ValueError:
        raise _no_network("Malformed CIDR, mask bits must not be more than the address has") from None


def _no_network(message: str) -> PatternError:
    return PatternError(message, point=Point.NOWHERE)


def _numeric(argument: Any) -> ValueTest:
    if not isinstance(argument, list):
        raise PatternError("Value of numeric must be an array.")
    if not argument or not isinstance(argument[0], str):
        raise _at(argument, 0, f"Invalid member in numeric match: {_json(argument[0]) if argument else ']'}")
    relation = argument[0]
    if relation not in _RELATIONS:
        raise _at(argument, 1, f"Unrecognized numeric range operator: {relation}")
    bounds = [(relation, _bound("equals" if relation == "=" else relation, argument, 1))]
    if len(argument) > 2:
        if relation not in (">", ">="):
            raise _at(argument, 2, "Too many elements in numeric expression")
        bounds.append(_top(argument))
        if bounds[0][1] > bounds[1][1]:
            raise PatternError("Bottom must be less than top", point=Point.END)
    return lambda value: _is_number(value) and all(_RELATIONS[relation](value, number) for relation, number in bounds)


def _at(values: Sequence[Any], index: int, message: str) -> PatternError:
    """An error at an element, or at the end of the list if there are not so many."""
    return PatternError(message, index) if index < len(values) else PatternError(message, point=Point.END)


def _bound(relation: str, values: Sequence[Any], index: int) -> float:
    if index >= len(values) or not _is_number(values[index]):
        raise _at(values, index, f"Value of {relation} must be numeric")
    if abs(values[index]) > _LARGEST:
        raise PatternError("Value of numeric must be between -5.0E9 and 5.0E9, inclusive", point=Point.END)
    return float(values[index])


def _top(values: Sequence[Any]) -> tuple[str, float]:
    relation = values[2]
    if not isinstance(relation, str):
        raise _at(values, 2, f"Bad value in numeric range: {_json(relation)}")
    if relation not in ("<", "<="):
        raise PatternError(f"Bad numeric range operator: {relation}", 2, point=Point.READ)
    top = _bound(relation, values, 3)
    if len(values) > 4:
        raise _at(values, 4, "Too many terms in numeric range expression")
    return relation, top


def _anything_but(argument: Any) -> ValueTest:
    """Any value that is there, but those."""
    test = _excluded(argument)
    return lambda value: value is not MISSING and not test(value)


def _excluded(argument: Any) -> ValueTest:
    tests = _excluded_by_filter(argument) if isinstance(argument, dict) else _excluded_values(argument)
    return lambda value: any(test(value) for test in tests)


def _excluded_by_filter(condition: Mapping[str, Any]) -> Sequence[ValueTest]:
    if not condition:
        raise PatternError("Anything-But expression name not found", point=Point.END)
    (name, argument), *more = condition.items()
    if name not in _EXCLUDABLE:
        raise PatternError(f"Unsupported anything-but pattern: {name}", name)
    with within(name):
        tests = _excluded_texts(name, argument)
    _check_only(more)
    return tests


def _excluded_texts(name: str, argument: Any) -> Sequence[ValueTest]:
    if isinstance(argument, dict | bool | None):
        raise PatternError(_NO_EXCLUSION)
    if argument == []:
        raise PatternError("Empty arrays are not allowed", point=Point.END)
    if not isinstance(argument, list):
        return [_excluded_text(name, argument)]
    tests = []
    for index, text in enumerate(argument):
        with within(index):
            tests.append(_excluded_text(name, text, in_list=True))
    return tests


def _excluded_text(name: str, text: Any, *, in_list: bool = False) -> ValueTest:
    if not isinstance(text, str):
        raise PatternError(_EXCLUDABLE[name], in_list=in_list)
    if not text and name in ("prefix", "suffix"):
        raise PatternError("Null prefix/suffix not allowed", point=Point.READ, in_list=in_list)
    return _FILTERS[name](text)


def _excluded_values(argument: Any) -> Sequence[ValueTest]:
    if isinstance(argument, bool | None):
        raise PatternError(_NO_EXCLUSION)
    values = argument if isinstance(argument, list) else [argument]
    for index, each in enumerate(values):
        if not (isinstance(each, str) or _is_number(each)):
            message = "Inside anything but list, start|null|boolean is not supported."
            raise PatternError(message, index, in_list=True)
    if len({isinstance(each, str) for each in values}) != 1:
        message = "Inside anything but list, either all values are number or string, mixed type is not supported"
        raise PatternError(message, point=Point.END)
    return [_literal(each) for each in values]


def _text(argument: Any, name: str) -> str:
    if not isinstance(argument, str):
        raise PatternError(f"{name} match pattern must be a string")
    return argument


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


_NO_EXCLUSION = "Value of anything-but must be an array or single string/number value."
_EXCLUDABLE = {
    "prefix": "prefix/suffix match pattern must be a string",
    "suffix": "prefix/suffix match pattern must be a string",
    "equals-ignore-case": ("Inside anything-but/equals-ignore-case list, number|start|null|boolean is not supported."),
    "wildcard": "wildcard match pattern must be a string",
}
"""What may be behind `anything-but`, and what to say of a value that is no text."""
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
