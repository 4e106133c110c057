"""Payloads that are no JSON, in Lambda's words: the first two as recorded, the others as Jackson 2.17 says them."""

from __future__ import annotations

import json

import pytest

from mlfn_localstack.json_refusals import reason, syntax

SOURCE = "\n at [Source: REDACTED (`StreamReadFeature.INCLUDE_SOURCE_IN_LOCATION` disabled); line: "
START = SOURCE.removeprefix("\n at ") + "1, column: 1]"
ROOT = "Expected space separating root-level values"
TOKEN = "expecting (JSON String, Number, Array, Object or token 'null', 'true' or 'false')"
COLON = "to separate field name and value"
ENTRIES = f"entries{SOURCE}"
VALUE = "expected a valid value (JSON String, Number, Array, Object or token 'null', 'true' or 'false')"


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"n\x87r\x9e\xe9\xb5\xd7I\xee\x9bmt", f"Invalid UTF-8 start byte 0x87{SOURCE}1, column: 3]"),
        (b"\x99\xeb,j\x07\xa1zYh", f"Unexpected character ((CTRL-CHAR, code 153)): {VALUE}{SOURCE}1, column: 1]"),
        (b'{"a":\n ]}', f"Unexpected character (']' (code 93)): {VALUE}{SOURCE}2, column: 2]"),
        (
            b"hello",
            "Unrecognized token 'hello': was expecting (JSON String, Number, Array, Object or token 'null', 'true' "
            f"or 'false'){SOURCE}1, column: 6]",
        ),
        (
            b"{1: 2}",
            "Unexpected character ('1' (code 49)): was expecting double-quote to start field name"
            f"{SOURCE}1, column: 2]",
        ),
        (b"1\x84D", f"Unexpected character ((CTRL-CHAR, code 132)): {ROOT}{SOURCE}1, column: 2]"),
        (b"0D\xe1", f"Unexpected character ('D' (code 68)): {ROOT}{SOURCE}1, column: 2]"),
        (b"12a4", f"Unexpected character ('a' (code 97)): {ROOT}{SOURCE}1, column: 3]"),
        (b'"\xc3"', f"Invalid UTF-8 middle byte 0x22{SOURCE}1, column: 4]"),
        (b'{"a": None}', f"Unrecognized token 'None': was {TOKEN}{SOURCE}1, column: 12]"),
        (b"truex", f"Unrecognized token 'truex': was {TOKEN}{SOURCE}1, column: 6]"),
        (b"[1,]", f"Unexpected character (']' (code 93)): expected a value{SOURCE}1, column: 4]"),
        (b'{"a" 1}', f"Unexpected character ('1' (code 49)): was expecting a colon {COLON}{SOURCE}1, column: 6]"),
        (
            b'{"a":1 "b":2}',
            f"Unexpected character ('\"' (code 34)): was expecting comma to separate Object {ENTRIES}1, column: 8]",
        ),
        (
            b"[1 2]",
            f"Unexpected character ('2' (code 50)): was expecting comma to separate Array {ENTRIES}1, column: 4]",
        ),
        (b"[1}", f"Unexpected close marker '}}': expected ']' (for Array starting at {START}){SOURCE}1, column: 3]"),
        (b"{]", f"Unexpected close marker ']': expected '}}' (for Object starting at {START}){SOURCE}1, column: 2]"),
        (b'{"a":', f"Unexpected end-of-input within/between Object {ENTRIES}1, column: 6]"),
        (b"[1,", f"Unexpected end-of-input within/between Array {ENTRIES}1, column: 4]"),
        (
            b'{"a":1',
            f"Unexpected end-of-input: expected close marker for Object (start marker at {START}){SOURCE}1, column: 7]",
        ),
        (b'{"a":"x', f"Unexpected end-of-input in VALUE_STRING{SOURCE}1, column: 8]"),
        (b'{"a', f"Unexpected end-of-input in field name{SOURCE}1, column: 4]"),
        (
            b'"\t"',
            "Illegal unquoted character ((CTRL-CHAR, code 9)): has to be escaped using backslash to be included in "
            f"string value{SOURCE}1, column: 2]",
        ),
        (b'"\\x"', f"Unrecognized character escape 'x' (code 120){SOURCE}1, column: 3]"),
        (
            b"// x",
            "Unexpected character ('/' (code 47)): maybe a (non-standard) comment? (not recognized as one since "
            f"Feature 'ALLOW_COMMENTS' not enabled for parser){SOURCE}1, column: 1]",
        ),
    ],
)
def test_a_payload_that_is_no_json_is_told_with_its_place(data: bytes, message: str) -> None:
    with pytest.raises(ValueError) as caught:
        json.loads(data)

    assert reason(data, caught.value) == message


def test_what_has_no_words_of_its_own_is_told_in_pythons() -> None:
    with pytest.raises(ValueError) as caught:
        json.loads(b"{} {}")

    assert reason(b"{} {}", caught.value) == str(caught.value)


def test_a_text_is_refused_in_the_words_of_the_parser_of_texts() -> None:
    with pytest.raises(json.JSONDecodeError) as caught:
        json.loads('{"a":"x')

    told = syntax(caught.value, "here")

    assert told == (
        "Unexpected end-of-input: was expecting closing quote for a string value\n"
        " at [Source: here; line: 1, column: 8]"
    )
