"""JSON text by CPython's own C scanner and encoder.

The `json` package around them imports `re` and `enum`, a third of a lean cold start. Lambda's Python is CPython.
"""

from __future__ import annotations

from _json import encode_basestring, make_encoder, make_scanner

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    Encode = Callable[..., str]
    Decode = Callable[[str], Any]

WHITESPACE = " \t\n\r"


def _refuse(value: object) -> object:
    raise TypeError(f"Object of type {type(value).__name__} is not JSON serializable")


def encoder(*, default: Callable[[Any], Any] = _refuse, sort_keys: bool = False) -> Encode:
    """A function from a value to compact JSON text; NaN and Infinity are refused with ValueError."""

    def encode(value: Any) -> str:
        # A fresh encoder for each text: its first argument is the set of containers being written (cycle check).
        return "".join(make_encoder({}, default, encode_basestring, None, ":", ",", sort_keys, False, False)(value, 0))

    return encode


class _Grammar:
    """What the C scanner asks its owner for."""

    __slots__ = ("memo", "object_hook", "object_pairs_hook", "parse_constant", "parse_float", "parse_int", "strict")

    def __init__(
        self,
        object_pairs_hook: Callable[[list[tuple[str, Any]]], Any] | None,
        parse_float: Callable[[str], Any],
    ) -> None:
        self.strict = True
        self.object_hook = None
        self.object_pairs_hook = object_pairs_hook
        self.parse_float = parse_float
        self.parse_int = int
        self.parse_constant = _constant
        self.memo: dict[str, str] = {}


def _constant(name: str) -> object:
    raise ValueError(f"{name} is not JSON")


def decoder(
    *,
    object_pairs_hook: Callable[[list[tuple[str, Any]]], Any] | None = None,
    parse_float: Callable[[str], Any] = float,
) -> Decode:
    """A function from JSON text to its value; NaN, Infinity and anything that is not one JSON text is a ValueError."""
    # typeshed types the scanner's owner as another scanner; CPython only reads these attributes.
    scan = make_scanner(_Grammar(object_pairs_hook, parse_float))  # type: ignore[arg-type]

    def decode(text: str) -> Any:
        text = text.strip(WHITESPACE)
        try:
            value, end = scan(text, 0)
        except StopIteration as error:
            raise ValueError(f"not JSON at character {error.value}") from None
        except SystemError:  # up to Python 3.11 it has no error to raise where json.decoder is not loaded
            raise ValueError("not JSON") from None
        if end != len(text):
            raise ValueError(f"more than one JSON text: character {end}")
        return value

    return decode


encode_text = encode_basestring
"""A string as JSON text."""
encode = encoder()
encode_sorted = encoder(sort_keys=True)
decode = decoder()
