"""Payloads that are no JSON, in Lambda's words; the first two were recorded."""

from __future__ import annotations

import json

import pytest

from mlfn_localstack.json_refusals import reason

SOURCE = "\n at [Source: REDACTED (`StreamReadFeature.INCLUDE_SOURCE_IN_LOCATION` disabled); line: "
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
    ],
    ids=["encoding", "first byte", "value", "token", "name"],
)
def test_a_payload_that_is_no_json_is_told_with_its_place(data: bytes, message: str) -> None:
    with pytest.raises(ValueError) as caught:
        json.loads(data)

    assert reason(data, caught.value) == message


def test_what_has_no_words_of_its_own_is_told_in_pythons() -> None:
    with pytest.raises(ValueError) as caught:
        json.loads(b'{"a": 1')

    assert reason(b'{"a": 1', caught.value) == str(caught.value)
