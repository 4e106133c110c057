"""Why a text is no JSON, in the words of the parser that AWS uses (Jackson).

Jackson has two parsers, which differ in a few words: Lambda has bytes read, the other services text.
"""

from __future__ import annotations

import json
import re
import unicodedata
from dataclasses import dataclass

_VALUE = "(JSON String, Number, Array, Object or token 'null', 'true' or 'false')"
_TOKEN = re.compile(r"[A-Za-z_$][A-Za-z0-9_$]*")
_LITERAL = re.compile(r"(?:true|false|null)\Z")
_NUMBER = re.compile(rb"\s*-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?(?=[^\s.eE\d])")
_STRING = re.compile(r'"(?:[^"\\]|\\.)*("?)', re.DOTALL)
REDACTED = "REDACTED (`StreamReadFeature.INCLUDE_SOURCE_IN_LOCATION` disabled)"
_COMMENT = (
    "maybe a (non-standard) comment? (not recognized as one since Feature 'ALLOW_COMMENTS' not enabled for parser)"
)
_EXPECTED = {
    "Expecting value": f"expected a valid value {_VALUE}",
    "Expecting property name enclosed in double quotes": "was expecting double-quote to start field name",
    "Expecting ':' delimiter": "was expecting a colon to separate field name and value",
    "Expecting ',' delimiter": "was expecting comma to separate {kind} entries",
}
_KINDS = {"{": ("Object", "}"), "[": ("Array", "]")}


@dataclass(frozen=True, slots=True)
class Refusal:
    """What is wrong with a text, and behind how many of its characters."""

    words: str
    index: int


@dataclass(frozen=True, slots=True)
class _Open:
    """The innermost object or array at the end of a text, and whether the text ends within a string of it."""

    bracket: str
    start: int
    in_name: bool


def reason(data: bytes, error: ValueError) -> str:
    """What is wrong with bytes that did not parse, and where."""
    number = _NUMBER.match(data)
    if number is not None and isinstance(error, UnicodeDecodeError):
        words = _unexpected(chr(data[number.end()]), "Expected space separating root-level values")
        return words + at(number[0].decode(), 1, REDACTED)
    match error:
        case UnicodeDecodeError():
            return _encoding(data, error)
        case json.JSONDecodeError():
            return syntax(error, REDACTED, raw=True) or str(error)
        case _:
            return str(error)


def syntax(error: json.JSONDecodeError, source: str, *, raw: bool = False) -> str | None:
    """What is wrong with a text that did not parse, and where in the source; None if Jackson's words are not known."""
    found = refusal(error, source, raw=raw)
    return None if found is None else found.words + at(error.doc[: found.index], 1, source)


def refusal(error: json.JSONDecodeError, source: str, *, raw: bool = False) -> Refusal | None:
    """What is wrong with a text that did not parse; `raw` if bytes are read."""
    text, position = error.doc, error.pos
    rest = text[position:]
    if error.msg.startswith(("Unterminated string", "Invalid ")):
        return _in_string(error, raw=raw)
    opened = _innermost(text[:position])
    if not rest.strip():
        return None if opened is None else _cut(error, opened, source)
    word = _word(error)
    if word:
        end = position + len(word)
        return Refusal(
            f"Unrecognized token '{_literal_before(error)}{word}': was expecting {_VALUE}",
            min(end + 1, len(text)) if raw else end,
        )
    closed = None if opened is None else _closed(error, opened, source)
    if closed is not None:
        return closed
    expected = _expected(error, opened, raw=raw)
    return None if expected is None else Refusal(_unexpected(rest[0], expected), position)


def _literal_before(error: json.JSONDecodeError) -> str:
    """The `true`, `false` or `null` that an error's place follows immediately."""
    if error.msg == "Expecting value":
        return ""
    literal = _LITERAL.search(error.doc[: error.pos])
    return literal[0] if literal else ""


def _word(error: json.JSONDecodeError) -> str:
    token = _TOKEN.match(error.doc, error.pos)
    if token is None or not (error.msg == "Expecting value" or _literal_before(error)):
        return ""
    return token[0]


def _expected(error: json.JSONDecodeError, opened: _Open | None, *, raw: bool) -> str | None:
    text, position = error.doc, error.pos
    first = text[position]
    if error.msg == "Extra data":
        follows = text[position - 1].isdigit() and first not in ".eE0123456789"
        return "Expected space separating root-level values" if follows else None
    if first == "/":
        return _COMMENT
    in_array = opened is not None and opened.bracket == "["
    if raw and error.msg == "Expecting value" and (first in "}," or (first == "]" and in_array)):
        return "expected a value"
    kind = "" if opened is None else _KINDS[opened.bracket][0]
    return _EXPECTED[error.msg].format(kind=kind) if error.msg in _EXPECTED else None


def _closed(error: json.JSONDecodeError, opened: _Open, source: str) -> Refusal | None:
    """What is wrong if an object ends as an array, or the other way round."""
    before, mark = error.doc[: error.pos].rstrip(), error.doc[error.pos]
    kind, closes = _KINDS[opened.bracket]
    ends = error.msg == "Expecting ',' delimiter" or before.endswith(("{", "["))
    if mark not in "}]" or mark == closes or not ends:
        return None
    start = _place(error.doc[: opened.start], 1, source)
    return Refusal(f"Unexpected close marker '{mark}': expected '{closes}' (for {kind} starting at {start})", error.pos)


def _cut(error: json.JSONDecodeError, opened: _Open, source: str) -> Refusal:
    """What is wrong with a text that ends too early, within an object or array but no string."""
    kind, _ = _KINDS[opened.bracket]
    if error.msg != "Expecting ',' delimiter" and not error.doc.rstrip().endswith(("{", "[")):
        return Refusal(f"Unexpected end-of-input within/between {kind} entries", len(error.doc))
    start = _place(error.doc[: opened.start], 1, source)
    words = f"Unexpected end-of-input: expected close marker for {kind} (start marker at {start})"
    return Refusal(words, len(error.doc))


def _in_string(error: json.JSONDecodeError, *, raw: bool) -> Refusal | None:
    text, position = error.doc, error.pos
    opened = _innermost(text[: position + 1])
    in_name = opened is not None and opened.in_name
    if error.msg.startswith("Unterminated string"):
        end = "in VALUE_STRING" if raw else ": was expecting closing quote for a string value"
        words = f"Unexpected end-of-input {'in field name' if in_name else end}"
        return Refusal(words.replace("input :", "input:"), len(text))
    if error.msg.startswith("Invalid control character"):
        where = "name" if in_name else "string value"
        words = f"Illegal unquoted character ({_shown(text[position])}): has to be escaped using backslash"
        return Refusal(f"{words} to be included in {where}", position)
    if error.msg.startswith("Invalid \\escape"):
        return Refusal(f"Unrecognized character escape {_shown(text[position + 1])}", position + 1)
    return None


def _innermost(before: str) -> _Open | None:
    """What is open at the end of a beginning of JSON; None if nothing is."""
    opened: list[tuple[str, int]] = []
    at_string, last, position = False, "", 0
    while position < len(before):
        symbol = before[position]
        if symbol == '"':
            string = _STRING.match(before, position)
            position = len(before) if string is None else string.end()
            at_string = string is None or not string[1]
            last = last if at_string else symbol
            continue
        if symbol in "{[":
            opened.append((symbol, position))
        elif symbol in "}]" and opened:
            opened.pop()
        last = last if symbol.isspace() else symbol
        position += 1
    if not opened:
        return None
    bracket, start = opened[-1]
    return _Open(bracket=bracket, start=start, in_name=at_string and bracket == "{" and last in "{,")


def _encoding(data: bytes, error: UnicodeDecodeError) -> str:
    before = data[: error.start]
    if not before.strip():
        return _unexpected(chr(data[error.start]), _EXPECTED["Expecting value"]) + at(before.decode(), 1, REDACTED)
    if error.reason == "invalid continuation byte":
        words = f"Invalid UTF-8 middle byte 0x{data[error.end]:x}"
        return words + at(before.decode(), error.end - error.start + 2, REDACTED)
    return f"Invalid UTF-8 start byte 0x{data[error.start]:x}" + at(before.decode(), 2, REDACTED)


def _unexpected(character: str, expected: str) -> str:
    return f"Unexpected character ({_shown(character)}): {expected}"


def _shown(character: str) -> str:
    code = ord(character)
    control = unicodedata.category(character) == "Cc"
    return f"(CTRL-CHAR, code {code})" if control else f"'{character}' (code {code})"


def at(before: str, further: int, source: str) -> str:
    """The place so many characters behind a part of the source, as the parser tells it."""
    return f"\n at {_place(before, further, source)}"


def _place(before: str, further: int, source: str) -> str:
    line, column = before.count("\n") + 1, len(before) - before.rfind("\n") - 1 + further
    return f"[Source: {source}; line: {line}, column: {column}]"
