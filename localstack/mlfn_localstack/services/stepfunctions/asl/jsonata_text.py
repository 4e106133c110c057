"""Values as $string and & write them: numbers as JavaScript does, with 15 digits where they are fractions."""

from __future__ import annotations

import json
import math
import re
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from jsonata.jexception import JException
from jsonata.utils import Utils

if TYPE_CHECKING:
    from collections.abc import Iterator

_LONG = 2**63
_IN_FULL = 1e21
"""From here on a whole number is written with an exponent, as it is below a millionth."""
_FRACTION = re.compile(r"\.\d")
_EXPONENT = re.compile(r"e[-+]\d")


def text_of(value: Any = None, prettify: Any = None) -> str | None:
    """A value as text: strings as they are, functions as nothing, all else as JSON.

    Raises:
        JException: D3001, if it is no number that JSON has; D1001, if one is in it.
    """
    if isinstance(value, Utils.JList) and value.outer_wrapper:
        value = value[0]
    if value is None or isinstance(value, str):
        return value
    if not isinstance(value, bool) and isinstance(value, int | float):
        if not math.isfinite(value):
            raise JException("D3001", -1, value)
        return number_text(value)
    if value is not Utils.NULL_VALUE and not isinstance(value, dict | list | bool):
        return ""
    if prettify:
        return _pretty(value, "\n")
    text = _encode(value)
    return _compact(value) if _may_differ(text) else text


def _may_differ(text: str) -> bool:
    """Whether a number in JSON that Python wrote may be one that JavaScript writes otherwise."""
    fractions = _FRACTION.search(text) or _EXPONENT.search(text)
    return fractions is not None or "NaN" in text or "Infinity" in text


def number_text(value: float) -> str:
    """A number, as JavaScript writes it.

    Raises:
        JException: D1001, it is infinite.
    """
    if isinstance(value, int):
        if -_LONG <= value < _LONG:
            return str(value)
        value = float(value)
    if 1e-4 <= abs(value) < 1e15:
        return f"{value:.15g}"
    if math.isinf(value):
        raise JException("D1001", 0, value)
    return "null" if math.isnan(value) else _strange_number(value)


def _strange_number(value: float) -> str:
    """A number that Python's format writes otherwise: a very small one, or a very large one."""
    if value == 0:
        return "0"
    if not value.is_integer():
        value = float(f"{value:.15g}")
    digits = Decimal(repr(value)).normalize()
    return f"{digits:f}" if 1e-6 <= abs(value) < _IN_FULL else f"{digits:e}"


def _default(value: Any) -> Any:
    return None if value is Utils.NULL_VALUE else ""


_quote = json.encoder.encode_basestring
_encode = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), default=_default).encode


def _leaf(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return number_text(value) if isinstance(value, int | float) else _encode(_default(value))


def _compact(value: Any) -> str:
    if isinstance(value, str):
        return _quote(value)
    if isinstance(value, dict):
        return f"{{{','.join([f'{_quote(name)}:{_compact(item)}' for name, item in value.items()])}}}"
    return f"[{','.join([_compact(item) for item in _each(value)])}]" if isinstance(value, list) else _leaf(value)


def _pretty(value: Any, margin: str) -> str:
    inner = f"{margin}  "
    if isinstance(value, str):
        return _quote(value)
    if isinstance(value, dict):
        members = [f"{_quote(name)}: {_pretty(item, inner)}" for name, item in value.items()]
        return f"{{{inner}{f',{inner}'.join(members)}{margin}}}" if members else "{}"
    if isinstance(value, list):
        items = [_pretty(item, inner) for item in _each(value)]
        return f"[{inner}{f',{inner}'.join(items)}{margin}]" if items else "[]"
    return _leaf(value)


def _each(value: list[Any]) -> Iterator[Any]:
    return (value[index] for index in range(len(value)))  # the library's lazy range iterates one short


__all__ = ["number_text", "text_of"]
