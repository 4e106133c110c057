"""JSONata's own functions where the library's differ from the reference implementation's, in JavaScript."""

from __future__ import annotations

import math
import re
from typing import TYPE_CHECKING, Any, Final

from jsonata.functions import Functions
from jsonata.jexception import JException

from mlfn_localstack.services.stepfunctions.asl.jsonata_pictures import check_picture, rounded
from mlfn_localstack.services.stepfunctions.asl.jsonata_text import text_of

if TYPE_CHECKING:
    from collections.abc import Callable

_DECIMAL = re.compile(r"-?[0-9]+(?:\.[0-9]+)?(?:[Ee][-+]?[0-9]+)?")
_OTHER_BASE = re.compile(r"0[xX][0-9A-Fa-f]+|0[oO][0-7]+|0[bB][01]+")
_MOMENT = re.compile(
    r"\d{4}(?:-[01]\d)*(?:-[0-3]\d)*(?:T[0-2]\d:[0-5]\d:[0-5]\d)*(?:\.\d+)?(?:[+-][0-2]\d:?[0-5]\d|Z)?", re.ASCII
)
_MONTH = re.compile(r"\d{4}-\d\d", re.ASCII)


def _number(value: Any = None) -> Any:
    if isinstance(value, str):
        if _OTHER_BASE.fullmatch(value):
            return int(value, 0)
        if not _DECIMAL.fullmatch(value):
            raise JException("D3030", -1, value)
    number = Functions.number(value)
    if number is not None and not math.isfinite(number):
        raise JException("D3030", -1, value)
    return number


def _power(number: Any = None, exponent: Any = None) -> Any:
    try:
        return Functions.power(number, exponent)
    except (ArithmeticError, TypeError):  # too large, one by zero, or a complex number
        raise JException("D3061", -1, number, exponent) from None


def _to_millis(timestamp: Any = None, picture: Any = None) -> Any:
    moment = timestamp
    if timestamp is not None and picture is None:
        if not _MOMENT.fullmatch(timestamp):
            raise JException("D3110", -1, timestamp)
        if _MONTH.fullmatch(timestamp):
            moment += "-01"
    try:
        return Functions.datetime_to_millis(moment, picture)
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
    if number is None or picture is None:
        return None
    check_picture(picture, options)
    given = {"infinity": "Infinity", **(options or {})}
    return Functions.format_number(rounded(number, picture, options), picture, given)


def _format_integer(number: Any = None, picture: Any = None) -> Any:
    try:
        return Functions.format_integer(number, picture)
    except RuntimeError as error:
        raise _without_sequence(error, picture) from error


def _parse_integer(text: Any = None, picture: Any = None) -> Any:
    try:
        return Functions.parse_integer(text, picture)
    except (KeyError, ValueError):
        return math.nan
    except RuntimeError as error:
        raise _without_sequence(error, picture) from error


def _without_sequence(error: RuntimeError, picture: str) -> RuntimeError:
    """The library's error, or that of a picture which is no sequence, of which the library leaves out the picture."""
    return JException("D3130", -1, picture) if "as a sequence starting with" in str(error) else error


def _format_base(number: Any = None, radix: Any = None) -> Any:
    if number is not None and radix is not None and not 2 <= int(radix) <= 36:
        raise JException("D3100", -1, radix)
    return Functions.format_base(number, radix)


def _replace(text: Any = None, pattern: Any = None, replacement: Any = None, limit: Any = None) -> Any:
    """With a text as its pattern, the replacement is taken literally."""
    if not (isinstance(text, str) and isinstance(pattern, str) and isinstance(replacement, str)):
        return Functions.replace(text, pattern, replacement, limit)
    if not pattern:
        raise JException("D3010", -1)
    if limit is not None and limit < 0:
        raise JException("D3011", -1)
    return text.replace(pattern, replacement, -1 if limit is None else int(limit))


def _sort(array: Any = None, comparator: Any = None) -> Any:
    if comparator is None and array is not None and len(array) > 1:
        kinds = (str, (int, float))
        if not any(all(isinstance(each, kind) and not isinstance(each, bool) for each in array) for kind in kinds):
            raise JException("D3070", -1)
    return Functions.sort(array, comparator)


REFERENCE: Final[dict[str, tuple[Callable[..., Any], str]]] = {
    "number": (_number, "<(nsb)-:n>"),
    "power": (_power, "<n-n:n>"),
    "toMillis": (_to_millis, "<s-s?:n>"),
    "fromMillis": (_from_millis, "<n-s?s?:s>"),
    "string": (text_of, "<x-b?:s>"),
    "formatNumber": (_format_number, "<n-so?:s>"),
    "formatInteger": (_format_integer, "<n-s:s>"),
    "parseInteger": (_parse_integer, "<s-s:n>"),
    "formatBase": (_format_base, "<n-n?:s>"),
    "replace": (_replace, "<s-(sf)(sf)n?:s>"),
    "sort": (_sort, "<af?:a>"),
}
"""The functions by name, with their signatures."""
