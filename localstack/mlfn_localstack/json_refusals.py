"""Why a text is no JSON, in the words of the parser that AWS uses (Jackson)."""

from __future__ import annotations

import json
import re
import unicodedata

_VALUE = "(JSON String, Number, Array, Object or token 'null', 'true' or 'false')"
_TOKEN = re.compile(r"[A-Za-z_$][A-Za-z0-9_$]*")
REDACTED = "REDACTED (`StreamReadFeature.INCLUDE_SOURCE_IN_LOCATION` disabled)"
_EXPECTED = {
    "Expecting value": f"expected a valid value {_VALUE}",
    "Expecting property name enclosed in double quotes": "was expecting double-quote to start field name",
    "Expecting ':' delimiter": "was expecting a colon to separate field name and value",
}


def reason(data: bytes, error: ValueError) -> str:
    """What is wrong with a payload that did not parse, and where."""
    match error:
        case UnicodeDecodeError():
            return _encoding(data, error.start)
        case json.JSONDecodeError():
            return syntax(error, REDACTED) or str(error)
        case _:
            return str(error)


def syntax(error: json.JSONDecodeError, source: str) -> str | None:
    """What is wrong with a text that did not parse, and where in the source; None if Jackson's words are not known."""
    before, rest = error.doc[: error.pos], error.doc[error.pos :]
    token = _TOKEN.match(rest)
    if token is not None and error.msg == "Expecting value":
        return f"Unrecognized token '{token[0]}': was expecting {_VALUE}" + at(before, len(token[0]) + 1, source)
    if rest and error.msg in _EXPECTED:
        return _unexpected(rest[0], _EXPECTED[error.msg]) + at(before, 1, source)
    return None


def _encoding(data: bytes, start: int) -> str:
    before = data[:start]
    if not before.strip():
        return _unexpected(chr(data[start]), _EXPECTED["Expecting value"]) + at(before.decode(), 1, REDACTED)
    return f"Invalid UTF-8 start byte 0x{data[start]:x}" + at(before.decode(), 2, REDACTED)


def _unexpected(character: str, expected: str) -> str:
    code = ord(character)
    control = unicodedata.category(character) == "Cc"
    shown = f"CTRL-CHAR, code {code}" if control else f"'{character}' (code {code})"
    return f"Unexpected character ({f'({shown})' if control else shown}): {expected}"


def at(before: str, further: int, source: str) -> str:
    """The place so many characters behind a part of the source, as the parser tells it."""
    line, column = before.count("\n") + 1, len(before) - before.rfind("\n") - 1 + further
    return f"\n at [Source: {source}; line: {line}, column: {column}]"
