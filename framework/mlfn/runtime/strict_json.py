"""JSON without what parsers disagree on: every body passes here before its contract."""

from __future__ import annotations

from mlfn.jsontext import decode, decoder, encode
from mlfn.runtime.refusal import CONTRACT, Refusal

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

_objects: list[list[tuple[str, Any]]] = []
_scan = decoder(object_pairs_hook=_objects.append)
_DIGITS_ALIKE = bytes.maketrans(b"123456789E", b"000000000e")
_LONG_NUMBER = b"0" * 209
"""A shorter one is a float's whatever its exponent of two digits: 10**(208 + 99) is below 1.8e308."""


def check(body: bytes) -> None:
    """Refuse a body that is not one JSON text in UTF-8, or holds a duplicate key, a number beyond float, half a
    surrogate pair or NUL.

    Raises:
        Refusal: and why.
    """
    if body.startswith(b"\xef\xbb\xbf"):
        raise _refusal("starts with a byte order mark")
    try:
        text = body.decode()
        _scan(text)
        if sum(map(len, _objects)) != sum(map(len, map(dict, _objects))):
            raise _refusal("has the same key twice in one object")
        if _suspicious(body):
            _check_values(text)
    except UnicodeDecodeError:
        raise _refusal("is not UTF-8") from None
    except RecursionError:
        raise _refusal("is nested too deeply") from None
    except ValueError as error:
        raise _refusal(f"is not valid JSON: {error}") from None
    finally:
        _objects.clear()


def _suspicious(body: bytes) -> bool:
    """Whether a closer look is due: an exponent of three digits, a very long number, `\\u0000` or a surrogate."""
    alike = body.translate(_DIGITS_ALIKE)
    return (
        b"e000" in alike
        or b"e+000" in alike
        or _LONG_NUMBER in alike
        or (b"\\" in body and (b"\\u0000" in body or b"\\ud" in body or b"\\uD" in body))
    )


def _check_values(text: str) -> None:
    try:
        again = encode(decode(text))
        again.encode()
    except UnicodeEncodeError:
        raise _refusal("holds half a surrogate pair") from None
    except ValueError:
        raise _refusal("holds a number that is too large") from None
    if "\\u0000" in again.replace("\\\\", ""):
        raise _refusal("holds a NUL character")


def _refusal(problem: str) -> Refusal:
    return Refusal(CONTRACT, f"The input {problem}.")
