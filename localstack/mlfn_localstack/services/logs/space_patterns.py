"""Space-delimited filter patterns: `[ip, user, ..., status = 4*, bytes > 1000]`.

https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/FilterAndPatternSyntaxForLogEvents.html
"""

from __future__ import annotations

import operator
import re
from typing import TYPE_CHECKING

from mlfn_localstack.globs import compile_glob
from mlfn_localstack.services.logs.json_patterns import PatternSyntaxError, compile_regex

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

_FIELD = re.compile(r'"(?P<quoted>[^"]*)"|\[(?P<bracketed>[^\]]*)\]|(?P<bare>\S+)')
_CONDITION = re.compile(r'(?P<name>[\w$.*-]+)\s*(?P<symbol>!=|<=|>=|=|<|>)\s*(?P<operand>"[^"]*"|%[^%]+%|\S+)')
_ORDER: dict[str, Callable[[float, float], bool]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}
_REST = "..."


def compile_space_pattern(text: str) -> Callable[[str], bool]:
    """The test for an event whose words are fields.

    Raises:
        PatternSyntaxError: it is not a pattern.
    """
    parts = _parts(text)
    if not parts:
        return lambda message: True
    rest = parts.index(_REST) if _REST in parts else None
    before = [_field(part) for part in (parts if rest is None else parts[:rest])]
    after = [] if rest is None else [_field(part) for part in parts[rest + 1 :]]

    def test(message: str) -> bool:
        words = _words(message)
        if len(words) < len(before) + len(after) or (rest is None and len(words) > len(before)):
            return False
        last = words[len(words) - len(after) :]
        return all(fits(word) for fits, word in [*zip(before, words, strict=False), *zip(after, last, strict=True)])

    return test


def field_reader(text: str, name: str) -> Callable[[str], str | None]:
    """What reads the field of that name from an event that fits the pattern; nothing if it has no such field."""
    names = [re.split(r"[^\w$.*-]", part.lstrip("( "), maxsplit=1)[0] for part in _parts(text)]
    if name not in names:
        return lambda message: None
    place = names.index(name)
    if _REST in names[:place]:
        place -= len(names)

    def read(message: str) -> str | None:
        words = _words(message)
        return words[place] if -len(words) <= place < len(words) else None

    return read


def _parts(text: str) -> list[str]:
    """The fields of a pattern; none in `[]`, which everything fits."""
    if not text.endswith("]"):
        raise PatternSyntaxError("the closing bracket is missing")
    if not text[1:-1].strip():
        return []
    parts = [part.strip() for part in _split(text[1:-1])]
    if parts.count(_REST) > 1 or "" in parts:
        raise PatternSyntaxError("the fields of a space-delimited pattern are names, conditions and at most one ...")
    return parts


def _words(message: str) -> list[str]:
    return [match["quoted"] or match["bracketed"] or match["bare"] or "" for match in _FIELD.finditer(message)]


def _split(text: str) -> Iterator[str]:
    """The parts between commas that are not inside of quotes."""
    part, quoted = "", False
    for character in text:
        quoted ^= character == '"'
        if character == "," and not quoted:
            yield part
            part = ""
        else:
            part += character
    yield part


def _field(text: str) -> Callable[[str], bool]:
    """One field's test: conditions joined by && and ||, of which && binds closer."""
    if re.fullmatch(r"[\w$.*-]+", text):
        return lambda word: True
    inner = text[1:-1] if text.startswith("(") and text.endswith(")") else text
    branches = [[_condition(part.strip()) for part in branch.split("&&")] for branch in inner.split("||")]
    return lambda word: any(all(test(word) for test in branch) for branch in branches)


def _condition(text: str) -> Callable[[str], bool]:
    match = _CONDITION.fullmatch(text)
    if match is None:
        raise PatternSyntaxError(f"{text!r} is neither a field's name nor a condition")
    symbol, operand = match["symbol"], match["operand"]
    if symbol in _ORDER:
        number, compare = _number(operand), _ORDER[symbol]
        if number is None:
            raise PatternSyntaxError(f"{symbol} takes a number")
        return lambda word: (found := _number(word)) is not None and compare(found, number)
    equal = _equality(operand)
    return equal if symbol == "=" else lambda word: not equal(word)


def _equality(operand: str) -> Callable[[str], bool]:
    if operand.startswith("%") and operand.endswith("%"):
        return compile_regex(operand[1:-1])
    number = _number(operand)
    if number is not None:
        return lambda word: _number(word) == number
    pattern = compile_glob(operand.strip('"'), question_mark=False)
    return lambda word: pattern.fullmatch(word) is not None


def _number(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None
