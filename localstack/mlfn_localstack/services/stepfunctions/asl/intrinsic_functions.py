"""The functions behind `States.*` in JSONPath templates.

https://docs.aws.amazon.com/step-functions/latest/dg/intrinsic-functions.html
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
import math
import re
import uuid
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from mlfn_localstack.services.stepfunctions.asl.java_random import JavaRandom
from mlfn_localstack.services.stepfunctions.asl.json_text import dump, parse

if TYPE_CHECKING:
    from collections.abc import Callable

_MAX_ITEMS = 1000
_MAX_TEXT = 10_000
_ALGORITHMS = {"MD5": "md5", "SHA-1": "sha1", "SHA-256": "sha256", "SHA-384": "sha384", "SHA-512": "sha512"}


class IntrinsicError(Exception):
    """A function refuses its arguments."""


def _of_type(value: Any, kind: type | tuple[type, ...], what: str) -> Any:
    if not isinstance(value, kind) or (isinstance(value, bool) and kind is not bool):
        raise IntrinsicError(f"The value '{dump(value)}' is not {what}.")
    return value


def _array_of(value: Any) -> list[Any]:
    result: list[Any] = _of_type(value, list, "an array")
    return result


def _integer(value: Any) -> int:
    number: float = _of_type(value, (int, float), "a number")
    # halves go up, not to the even neighbour nor away from zero: 2.5 counts as 3, -1.5 as -1
    return math.floor(Fraction(number) + Fraction(1, 2))


def _text(value: Any) -> str:
    text: str = _of_type(value, str, "a string")
    return text


def _short_text(value: Any) -> str:
    text = _text(value)
    if len(text) > _MAX_TEXT:
        raise IntrinsicError(f"The string is longer than {_MAX_TEXT} characters.")
    return text


def _format(template: Any, *values: Any) -> str:
    parts = re.split(r"(\\[{}\\]|\{\})", _text(template))
    if parts.count("{}") != len(values):
        raise IntrinsicError(
            f"The number of arguments ({len(values)}) does not match the occurrences of '{{}}' ({parts.count('{}')})."
        )
    remaining = iter(values)
    return "".join(_formatted(part, remaining) for part in parts)


def _formatted(part: str, remaining: Any) -> str:
    if part == "{}":
        value = next(remaining)
        return value if isinstance(value, str) else dump(value)
    return part[1:] if part[:1] == "\\" and len(part) == 2 else part


def map_text(value: Any) -> Any:
    """The text of an object as java.util.Map gives it, `{Id=a, Name=b}`; another value as it is."""
    if not isinstance(value, dict):
        return value
    members = (f"{name}={_formatted('{}', iter([map_text(item)]))}" for name, item in value.items())
    return f"{{{', '.join(members)}}}"


def _string_to_json(text: Any) -> Any:
    if not _text(text).strip():
        return None
    try:
        return parse(text)
    except ValueError as error:
        raise IntrinsicError(f"The string is not valid JSON: {error}") from error


def _partition(array: Any, size: Any) -> list[Any]:
    items, length = _array_of(array), _integer(size)
    if length <= 0:
        raise IntrinsicError("The chunk size must be a positive integer.")
    return [items[i : i + length] for i in range(0, len(items), length)]


def _contains(array: Any, value: Any) -> bool:
    wanted = json.dumps(value, sort_keys=True)
    return any(json.dumps(item, sort_keys=True) == wanted for item in _array_of(array))


def _range(first: Any, last: Any, step: Any) -> list[int]:
    start, stop, by = _integer(first), _integer(last), _integer(step)
    if by == 0:
        raise IntrinsicError("The increment must not be zero.")
    numbers = range(start, stop + (1 if by > 0 else -1), by)
    if len(numbers) > _MAX_ITEMS:
        raise IntrinsicError(f"The range has more than {_MAX_ITEMS} elements.")
    return list(numbers)


def _get_item(array: Any, index: Any) -> Any:
    items, position = _array_of(array), _integer(index)
    if not 0 <= position < len(items):
        raise IntrinsicError(f"Index {position} is out of bounds for an array of length {len(items)}.")
    return items[position]


def _unique(array: Any) -> list[Any]:
    first: dict[str, Any] = {}
    for item in _array_of(array):
        first.setdefault(json.dumps(item, sort_keys=True), item)
    return list(first.values())


def _encode(text: Any) -> str:
    return base64.b64encode(_short_text(text).encode()).decode()


def _decode(text: Any) -> str:
    try:
        return base64.b64decode(_short_text(text), validate=True).decode()
    except (binascii.Error, UnicodeDecodeError) as error:
        raise IntrinsicError("The string is not valid Base64 text.") from error


def hash_text(text: str, algorithm: str) -> str:
    """The hex digest of a text's UTF-8 bytes, by an algorithm name such as `SHA-256`.

    Raises:
        KeyError: Step Functions has no such algorithm.
    """
    return hashlib.new(_ALGORITHMS[algorithm], text.encode(), usedforsecurity=False).hexdigest()


def _hash(data: Any, algorithm: Any) -> str:
    text = data if isinstance(data, str) else dump(data)
    try:
        return hash_text(_short_text(text), _text(algorithm))
    except KeyError as error:
        raise IntrinsicError(f"The algorithm must be one of {', '.join(_ALGORITHMS)}.") from error


def _merge(left: Any, right: Any, deep: Any) -> dict[str, Any]:
    if deep is not False:
        raise IntrinsicError("Only shallow merging is supported: the third argument must be false.")
    return {**_of_type(left, dict, "an object"), **_of_type(right, dict, "an object")}


def _random(start: Any, end: Any, seed: Any = None) -> int:
    low, high = _integer(start), _integer(end)
    if high <= low:
        raise IntrinsicError("The end number must be greater than the start number.")
    return low + JavaRandom(None if seed is None else _integer(seed)).next_int(high - low)


def _add(left: Any, right: Any) -> int:
    total = _integer(left) + _integer(right)
    if not -(2**31) <= total < 2**31:
        raise IntrinsicError("The result exceeds the range of an integer.")
    return total


def _split(text: Any, splitter: Any) -> list[str]:
    # a splitter of several characters splits at each of them
    return [part for part in re.split(f"[{re.escape(_text(splitter))}]", _text(text)) if part]


def _checked(function: Callable[..., Any]) -> Callable[..., Any]:
    def call(*arguments: Any) -> Any:
        try:
            return function(*arguments)
        except TypeError as error:
            raise IntrinsicError(f"Invalid number of arguments: {len(arguments)}.") from error

    return call


_BY_NAME: dict[str, Callable[..., Any]] = {
    "Array": lambda *values: list(values),
    "ArrayContains": _contains,
    "ArrayGetItem": _get_item,
    "ArrayLength": lambda array: len(_array_of(array)),
    "ArrayPartition": _partition,
    "ArrayRange": _range,
    "ArrayUnique": _unique,
    "Base64Decode": _decode,
    "Base64Encode": _encode,
    "Format": _format,
    "Hash": _hash,
    "JsonMerge": _merge,
    "JsonToString": dump,
    "MathAdd": _add,
    "MathRandom": _random,
    "StringSplit": _split,
    "StringToJson": _string_to_json,
    "UUID": lambda: str(uuid.uuid4()),
}
FUNCTIONS = {f"States.{name}": _checked(function) for name, function in _BY_NAME.items()}
