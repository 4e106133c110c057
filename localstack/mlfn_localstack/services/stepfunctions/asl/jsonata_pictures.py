"""What a picture string of $formatNumber must not be, by the rules of XPath that JSONata follows, and how it rounds."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from decimal import ROUND_HALF_EVEN, Decimal
from typing import Any

from jsonata.jexception import JException

_LONGEST = Decimal(10) ** 15
_DEFAULTS = {
    "decimal-separator": ".",
    "grouping-separator": ",",
    "exponent-separator": "e",
    "percent": "%",
    "per-mille": "\u2030",
    "zero-digit": "0",
    "digit": "#",
    "pattern-separator": ";",
}


def check_picture(picture: str, options: dict[str, Any] | None) -> None:
    """Refuse a picture that describes no number.

    Raises:
        JException: the last of the rules D3080 to D3093 that it breaks.
    """
    symbols = {**_DEFAULTS, **(options or {})}
    parts = picture.split(symbols["pattern-separator"])
    if len(parts) > 2:
        raise JException("D3080", -1)
    for part in parts:
        described = _Part.of(part, symbols)
        broken = [code for code, rule in _RULES.items() if rule(described, symbols)]
        if broken:
            raise JException(broken[-1], -1)


def rounded(number: float, picture: str, options: dict[str, Any] | None) -> float:
    """A number as far as a picture shows it; what lies in the middle goes to the even digit."""
    symbols = {**_DEFAULTS, **(options or {})}
    parts = picture.split(symbols["pattern-separator"])
    part = _Part.of(parts[-1 if number < 0 else 0], symbols)
    if part.exponent is not None or isinstance(number, int) or not math.isfinite(number) or abs(number) >= _LONGEST:
        return number
    shown = sum(symbol in part.digits or symbol == symbols["digit"] for symbol in part.fraction(symbols))
    shown += 2 * (symbols["percent"] in part.text) + 3 * (symbols["per-mille"] in part.text)
    return float(Decimal(repr(number)).quantize(Decimal(1).scaleb(-shown), ROUND_HALF_EVEN))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Part:
    """One of a picture's parts, for numbers that are positive or negative."""

    text: str
    active: str
    """Without what goes in front and behind."""
    mantissa: str
    exponent: str | None
    digits: str
    symbols: str
    """What means something in it."""

    @classmethod
    def of(cls, text: str, symbols: dict[str, Any]) -> _Part:
        digits = "".join(chr(ord(symbols["zero-digit"]) + value) for value in range(10))
        names = ("decimal-separator", "exponent-separator", "grouping-separator", "digit", "pattern-separator")
        meaning = digits + "".join(symbols[name] for name in names)
        separator = symbols["exponent-separator"]
        places = [place for place, symbol in enumerate(text) if symbol in meaning and symbol != separator]
        begin, end = (places[0], places[-1] + 1) if places else (0, len(text))
        place = text.find(separator, begin)
        has_exponent = 0 <= place <= end
        return cls(
            text=text,
            active=text[begin:end],
            mantissa=text[begin : place if has_exponent else end],
            exponent=text[place + 1 : end] if has_exponent else None,
            digits=digits,
            symbols=meaning,
        )

    def whole(self, symbols: dict[str, Any]) -> str:
        return self.mantissa.partition(symbols["decimal-separator"])[0]

    def fraction(self, symbols: dict[str, Any]) -> str:
        return self.mantissa.partition(symbols["decimal-separator"])[2]

    def has_digit(self, text: str) -> bool:
        return any(symbol in self.digits for symbol in text)


_Rule = Callable[[_Part, dict[str, Any]], bool]


def _grouped_at_point(part: _Part, symbols: dict[str, Any]) -> bool:
    point, group = symbols["decimal-separator"], symbols["grouping-separator"]
    return group + point in part.text or point + group in part.text


def _grouped_at_end(part: _Part, symbols: dict[str, Any]) -> bool:
    group = symbols["grouping-separator"]
    return symbols["decimal-separator"] not in part.mantissa and part.whole(symbols).endswith(group)


def _optional_behind(part: _Part, symbols: dict[str, Any]) -> bool:
    before, found, _ = part.whole(symbols).partition(symbols["digit"])
    return bool(found) and part.has_digit(before)


def _optional_before(part: _Part, symbols: dict[str, Any]) -> bool:
    _, found, behind = part.fraction(symbols).rpartition(symbols["digit"])
    return bool(found) and part.has_digit(behind)


def _scaled(part: _Part, symbols: dict[str, Any]) -> bool:
    return bool(part.exponent) and (symbols["percent"] in part.text or symbols["per-mille"] in part.text)


def _no_exponent(part: _Part, _symbols: dict[str, Any]) -> bool:
    exponent = part.exponent
    return exponent is not None and (not exponent or any(symbol not in part.digits for symbol in exponent))


_RULES: dict[str, _Rule] = {
    "D3081": lambda part, symbols: part.text.count(symbols["decimal-separator"]) > 1,
    "D3082": lambda part, symbols: part.text.count(symbols["percent"]) > 1,
    "D3083": lambda part, symbols: part.text.count(symbols["per-mille"]) > 1,
    "D3084": lambda part, symbols: symbols["percent"] in part.text and symbols["per-mille"] in part.text,
    "D3085": lambda part, symbols: not (symbols["digit"] in part.mantissa or part.has_digit(part.mantissa)),
    "D3086": lambda part, _symbols: any(symbol not in part.symbols for symbol in part.active),
    "D3087": _grouped_at_point,
    "D3088": _grouped_at_end,
    "D3089": lambda part, symbols: symbols["grouping-separator"] * 2 in part.text,
    "D3090": _optional_behind,
    "D3091": _optional_before,
    "D3092": _scaled,
    "D3093": _no_exponent,
}
