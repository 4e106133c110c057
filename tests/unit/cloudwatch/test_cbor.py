"""CBOR, against the examples of RFC 8949, appendix A."""

from __future__ import annotations

import math
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlfn_localstack.protocols.cbor import decode, encode

EXAMPLES = [
    ("00", 0),
    ("1818", 24),
    ("1903e8", 1000),
    ("1b000000e8d4a51000", 1_000_000_000_000),
    ("20", -1),
    ("3903e7", -1000),
    ("f93c00", 1.0),
    ("fa47c35000", 100_000.0),
    ("fb3ff199999999999a", 1.1),
    ("f97c00", math.inf),
    ("f4", False),
    ("f5", True),
    ("f6", None),
    ("c11a514b67b0", datetime(2013, 3, 21, 20, 4, tzinfo=UTC)),
    ("4401020304", b"\x01\x02\x03\x04"),
    ("62c3bc", "ü"),
    ("83010203", [1, 2, 3]),
    ("a26161016162820203", {"a": 1, "b": [2, 3]}),
    ("5f42010243030405ff", b"\x01\x02\x03\x04\x05"),
    ("7f657374726561646d696e67ff", "streaming"),
    ("9f018202039f0405ffff", [1, [2, 3], [4, 5]]),
    ("bf61610161629f0203ffff", {"a": 1, "b": [2, 3]}),
]


@pytest.mark.parametrize(("text", "value"), EXAMPLES)
def test_the_rfcs_examples_decode(text: str, value: Any) -> None:
    assert decode(bytes.fromhex(text)) == value


plain = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**64 - 1) | st.floats(allow_nan=False) | st.text() | st.binary(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)


@given(plain)
def test_what_is_encoded_decodes_to_itself(value: Any) -> None:
    assert decode(encode(value)) == value


@pytest.mark.parametrize(
    "text",
    [
        "",
        "18",
        "62c3",
        "8301",
        "0000",
        "9bffffffffffffffff",
        "5bffffffffffffffff",
        "ff",
        "c2410a",
        "a10102",
        "1f",
        "81" * 99,
    ],
)
def test_what_is_no_item_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r".+"):
        decode(bytes.fromhex(text))


@given(st.binary(max_size=40))
def test_any_bytes_decode_or_are_refused(data: bytes) -> None:
    try:
        decode(data)
    except ValueError:
        return
