"""The functions Step Functions adds to JSONata: $partition, $range, $hash, $random, $uuid and $parse; $eval is refused.

$string is JSONata's, writing numbers as JavaScript does; the others, from $number on, fail with JSONata's errors.

https://docs.aws.amazon.com/step-functions/latest/dg/transforming-data.html#jsonata-functions-provided-by-sfn
"""

from __future__ import annotations

import json
import math
import uuid
from typing import TYPE_CHECKING, Any

from jsonata.functions import Functions
from jsonata.jexception import JException
from jsonata.jsonata import Jsonata

from mlfn_localstack.services.stepfunctions.asl.intrinsic_functions import hash_text
from mlfn_localstack.services.stepfunctions.asl.java_random import JavaRandom
from mlfn_localstack.services.stepfunctions.asl.jsonata_pictures import check_picture
from mlfn_localstack.services.stepfunctions.asl.jsonata_text import text_of
from mlfn_localstack.services.stepfunctions.asl.jsonata_values import MAX_ITEMS, OUT_OF_MEMORY, to_jsonata

if TYPE_CHECKING:
    from collections.abc import Callable


def bindings() -> dict[str, Any]:
    """The functions by name, to be bound in an evaluation's frame."""
    table: dict[str, tuple[Callable[..., Any], str]] = {
        "partition": (_partition, "<an?:a>"),
        "range": (_range, "<nnn?:a>"),
        "hash": (_hash, "<ss?:s>"),
        "random": (_random, "<n?:n>"),
        "uuid": (_uuid, "<:s>"),
        "parse": (_parse, "<s?:x>"),
        "number": (_number, "<(nsb)-:n>"),
        "power": (_power, "<n-n:n>"),
        "toMillis": (_to_millis, "<s-s?:n>"),
        "fromMillis": (_from_millis, "<n-s?s?:s>"),
        "string": (text_of, "<x-b?:s>"),
        "formatNumber": (_format_number, "<n-so?:s>"),
        "parseInteger": (_parse_integer, "<s-s:n>"),
        "formatBase": (_format_base, "<n-n?:s>"),
        "sort": (_sort, "<af?:a>"),
    }
    functions = {name: Jsonata.JFunction(Jsonata.JLambda(call), sign) for name, (call, sign) in table.items()}
    functions["eval"] = Jsonata.JLambda(_refuse)
    return functions


def _invalid(message: str) -> JException:
    return JException("D3137", -1, message)


def _refuse(*_arguments: Any) -> Any:
    raise JException("T1006", -1)


def _partition(array: Any = None, size: Any = None) -> Any:
    if not array:
        return None
    if size is None:
        return [array]
    length = int(size)
    if length < 0:
        raise _invalid("Second argument must be zero or greater")
    return [array[i : i + length] for i in range(0, len(array), length)] if length else None


def _range(start: Any = None, stop: Any = None, step: Any = None) -> Any:
    if start is None or stop is None or step is None or int(step) == 0:
        return None
    by = int(step)
    numbers = range(int(start), int(stop) + (1 if by > 0 else -1), by)
    if len(numbers) > MAX_ITEMS:
        raise MemoryError(OUT_OF_MEMORY)
    return (numbers[0] if len(numbers) == 1 else list(numbers)) if numbers else None


def _hash(text: Any = None, algorithm: Any = None) -> Any:
    if text is None or algorithm is None:
        return None
    try:
        return hash_text(text, algorithm)
    except KeyError:
        raise _invalid(f"Unsupported hash algorithm: {algorithm}") from None


def _random(seed: Any = None) -> float:
    return JavaRandom(None if seed is None else int(seed)).next_double()


def _uuid() -> str:
    return str(uuid.uuid4())


def _parse(text: Any = None) -> Any:
    if text is None:
        return None
    try:
        return to_jsonata(json.loads(text, object_pairs_hook=_unique, parse_float=_finite, parse_constant=_constant))
    except ValueError as error:
        raise _invalid("Invalid JSON") from error


def _number(value: Any = None) -> Any:
    """The library's $number, which takes what Python's float takes and lets Python's errors through."""
    try:
        number = Functions.number(value)
        strange = isinstance(value, str) and "_" in value
    except ValueError:
        strange = True
    if strange or (number is not None and not math.isfinite(number)):
        raise JException("D3030", -1, value)
    return number


def _power(number: Any = None, exponent: Any = None) -> Any:
    try:
        return Functions.power(number, exponent)
    except (ArithmeticError, TypeError):  # too large, one by zero, or a complex number
        raise JException("D3061", -1, number, exponent) from None


def _to_millis(timestamp: Any = None, picture: Any = None) -> Any:
    try:
        return Functions.datetime_to_millis(timestamp, picture)
    except ValueError:
        raise JException("D3110", -1, timestamp) from None
    except KeyError as error:
        raise JException("D3132", -1, *error.args) from None


def _from_millis(millis: Any = None, picture: Any = None, timezone: Any = None) -> Any:
    try:
        return Functions.datetime_from_millis(millis, picture, timezone)
    except KeyError as error:
        raise JException("D3132", -1, *error.args) from None


def _format_number(number: Any = None, picture: Any = None, options: Any = None) -> Any:
    if number is not None and picture is not None:
        check_picture(picture, options)
    return Functions.format_number(number, picture, {"infinity": "Infinity", **(options or {})})


def _parse_integer(text: Any = None, picture: Any = None) -> Any:
    """The library's $parseInteger, which lets through what goes wrong where it reads no number."""
    try:
        return Functions.parse_integer(text, picture)
    except (KeyError, ValueError):
        return math.nan


def _format_base(number: Any = None, radix: Any = None) -> Any:
    if number is not None and radix is not None and not 2 <= int(radix) <= 36:
        raise JException("D3100", -1, radix)
    return Functions.format_base(number, radix)


def _sort(array: Any = None, comparator: Any = None) -> Any:
    try:
        return Functions.sort(array, comparator)
    except TypeError:
        if comparator is not None:
            raise
        raise JException("D3070", -1) from None


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise ValueError("duplicate key")
    return members


def _finite(text: str) -> float:
    number = float(text)
    if number in {float("inf"), float("-inf")}:
        raise ValueError("out of range")
    return number


def _constant(text: str) -> Any:
    raise ValueError(f"{text} is not JSON")
