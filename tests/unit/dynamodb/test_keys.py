"""Keys: order, limits and index rows."""

from __future__ import annotations

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlfn_localstack.service import ServiceError
from mlfn_localstack.services.dynamodb.keys import check_key, encode, index_row, item_key
from mlfn_localstack.services.dynamodb.model import Index, Key, KeySchema, ProjectionType

SCHEMA = KeySchema(hash=Key(name="pk", kind="S"), range=Key(name="sk", kind="B"))
INDEX = Index(
    name="gsi",
    number=1,
    local=False,
    schema=KeySchema(hash=Key(name="g", kind="N")),
    projection=ProjectionType.KEYS_ONLY,
)


@given(st.text(), st.text())
def test_text_sorts_by_its_utf8_bytes(one: str, two: str) -> None:
    assert (encode("S", one) < encode("S", two)) == (one.encode() < two.encode())


@given(st.binary(), st.binary())
def test_binary_sorts_by_unsigned_bytes(one: bytes, two: bytes) -> None:
    keys = [encode("B", base64.b64encode(data).decode()) for data in (one, two)]

    assert (keys[0] < keys[1]) == (one < two)


def test_a_key_may_come_as_bytes_or_as_base64() -> None:
    sent_as_bytes, row = check_key(SCHEMA, {"pk": {"S": "a"}, "sk": {"B": b"\x00\xff"}})

    assert sent_as_bytes["sk"] == {"B": "AP8="}
    assert check_key(SCHEMA, sent_as_bytes)[1] == row


@pytest.mark.parametrize(
    ("item", "message"),
    [
        ({"pk": {"S": "a"}}, "Missing the key sk"),
        ({"pk": {"N": "1"}, "sk": {"B": "AA=="}}, "Type mismatch for key pk expected: S actual: N"),
        ({"pk": {"S": ""}, "sk": {"B": "AA=="}}, "empty string value. Key: pk"),
        ({"pk": {"S": "a"}, "sk": {"B": ""}}, "empty binary value. Key: sk"),
        ({"pk": {"S": "é" * 1025}, "sk": {"B": "AA=="}}, "size limit of2048 bytes"),
        ({"pk": {"S": "a"}, "sk": {"B": base64.b64encode(b"x" * 1025).decode()}}, "1024 bytes"),
    ],
    ids=["missing", "type", "empty text", "empty binary", "long hash", "long range"],
)
def test_a_wrong_key_is_refused(item: dict[str, dict[str, str]], message: str) -> None:
    with pytest.raises(ServiceError, match=message):
        item_key(SCHEMA, item)


def test_an_item_without_the_indexs_keys_is_not_in_the_index() -> None:
    assert index_row(INDEX, {"pk": {"S": "a"}}) is None
    assert index_row(INDEX, {"pk": {"S": "a"}, "g": {"N": "1"}}) is not None
