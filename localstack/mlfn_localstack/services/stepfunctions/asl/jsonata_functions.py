"""The functions Step Functions adds to JSONata: $partition, $range, $hash, $random, $uuid and $parse; $eval is refused.

https://docs.aws.amazon.com/step-functions/latest/dg/transforming-data.html#jsonata-functions-provided-by-sfn
"""

from __future__ import annotations

import json
import uuid
from typing import TYPE_CHECKING, Any

from jsonata.jexception import JException
from jsonata.jsonata import Jsonata

from mlfn_localstack.services.stepfunctions.asl.intrinsic_functions import hash_text
from mlfn_localstack.services.stepfunctions.asl.java_random import JavaRandom
from mlfn_localstack.services.stepfunctions.asl.jsonata_reference import REFERENCE
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
        **REFERENCE,
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
