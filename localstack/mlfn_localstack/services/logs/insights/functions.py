"""The functions of expressions."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from mlfn_localstack.services.logs.insights.rows import Moment, Value, number, shown

Call = Callable[..., Value]


@dataclass(frozen=True, slots=True, kw_only=True)
class Function:
    """A function and how many arguments it takes."""

    call: Call
    least: int = 1
    most: int = 1


_MANY = 100


def _text(call: Callable[[str], Value]) -> Function:
    return Function(call=lambda value: None if value is None else call(shown(value)))


def _math(call: Callable[[float], float]) -> Function:
    def safe(value: Value) -> Value:
        found = number(value)
        try:
            return None if found is None else call(found)
        except (ValueError, OverflowError):
            return None

    return Function(call=safe)


def _extreme(choose: Callable[[list[float]], float]) -> Function:
    def call(*values: Value) -> Value:
        found = [each for value in values if (each := number(value)) is not None]
        return choose(found) if found else None

    return Function(call=call, most=_MANY)


def _trimmed(strip: Callable[[str, str | None], str]) -> Function:
    def call(value: Value, characters: Value = None) -> Value:
        return None if value is None else strip(shown(value), None if characters is None else shown(characters))

    return Function(call=call, most=2)


def _substring(value: Value, start: Value, length: Value = None) -> Value:
    at, size = number(start), number(length)
    if value is None or at is None:
        return None
    rest = shown(value)[int(at) :]
    return rest if size is None else rest[: int(size)]


def _replace(value: Value, old: Value, new: Value) -> Value:
    return None if value is None else shown(value).replace(shown(old), shown(new))


def _contains(value: Value, part: Value) -> Value:
    return value is not None and part is not None and shown(part) in shown(value)


def _coalesce(*values: Value) -> Value:
    return next((value for value in values if value is not None), None)


def floor_to(moment: Value, step_ms: float, *, up: bool = False) -> Value:
    """A time rounded to a step, counted from 1970."""
    at = number(moment)
    if at is None or step_ms <= 0:
        return None
    return Moment((math.ceil if up else math.floor)(at / step_ms) * step_ms)


FUNCTIONS: Mapping[str, Function] = {
    "abs": _math(abs),
    "ceil": _math(lambda value: float(math.ceil(value))),
    "floor": _math(lambda value: float(math.floor(value))),
    "log": _math(math.log),
    "sqrt": _math(math.sqrt),
    "greatest": _extreme(max),
    "least": _extreme(min),
    "coalesce": Function(call=_coalesce, most=_MANY),
    "concat": Function(call=lambda *values: "".join(shown(value) for value in values if value is not None), most=_MANY),
    "fromMillis": Function(call=lambda value: None if number(value) is None else Moment(number(value) or 0)),
    "toMillis": Function(call=lambda value: None if number(value) is None else float(value)),
    "now": Function(call=lambda: time.time() // 1, least=0, most=0),
    "isblank": Function(call=lambda value: value is None or not shown(value).strip()),
    "isempty": Function(call=lambda value: value is None or not shown(value)),
    "ispresent": Function(call=lambda value: value is not None),
    "strlen": _text(lambda value: float(len(value))),
    "tolower": _text(str.lower),
    "toupper": _text(str.upper),
    "trim": _trimmed(str.strip),
    "ltrim": _trimmed(str.lstrip),
    "rtrim": _trimmed(str.rstrip),
    "substr": Function(call=_substring, least=2, most=3),
    "replace": Function(call=_replace, least=3, most=3),
    "strcontains": Function(call=_contains, least=2, most=2),
}
