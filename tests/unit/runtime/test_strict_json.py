"""Bodies that parsers disagree on are refused; ordinary ones are not."""

from __future__ import annotations

import time

import pytest

from mlfn.runtime.refusal import Refusal
from mlfn.runtime.strict_json import check

REFUSED = {
    "nan": b'{"a": NaN}',
    "infinity": b'{"a": -Infinity}',
    "1e999": b'{"a": 1e999}',
    "1e349, most of it in digits": b'{"a": 1' + b"0" * 250 + b"e99}",
    "1E+999": b'{"a": 1E+999}',
    "400 digits and a point": b"1" * 400 + b".0",
    "duplicate key": b'{"a": 1, "a": 2}',
    "deep duplicate key": b'[{"b": {"a": 1, "\\u0061": 2}}]',
    "lone surrogate": b'{"a": "\\ud800"}',
    "lone surrogate as a key": b'{"\\uDC00": 1}',
    "escaped NUL": b'{"a": "\\u0000"}',
    "raw NUL": b'{"a": "\x00"}',
    "byte order mark": b'\xef\xbb\xbf{"a": 1}',
    "utf-16": '{"a": 1}'.encode("utf-16"),
    "utf-16 without a mark": '{"a": 1}'.encode("utf-16-le"),
    "latin-1": '{"a": "\xe9"}'.encode("latin-1"),
    "surrogate in utf-8": b'"\xed\xa0\x80"',
    "depth": b"[" * 100_000 + b"]" * 100_000,
    "4301 digits": b"1" * 4301,
    "empty": b"",
    "blank": b" \n",
    "two texts": b"{} {}",
    "trailing comma": b"[1,]",
    "single quotes": b"{'a': 1}",
    "leading zero": b"01",
    "control character": b'"\t"',
    "form feed": b"\x0c1",
}


@pytest.mark.parametrize("body", REFUSED.values(), ids=REFUSED.keys())
def test_a_body_that_parsers_disagree_on_is_refused_at_once(body: bytes) -> None:
    begin = time.monotonic()

    with pytest.raises(Refusal) as refused:
        check(body)

    assert (refused.value.error_type, refused.value.status) == ("ContractError", 400)
    assert time.monotonic() - begin < 1


@pytest.mark.parametrize(
    "body",
    [
        b' {"a": [1, 2.5e10, "\\u00e9\\ud83d\\ude42", null, true]}\n',
        b"1e308",
        b'"1e999 and \\\\u0000 and a2000"',
        b'{"a": {"a": 1}, "b": {"a": 1}}',
        "\u2028".join(['"', '"']).encode(),
        b"1" * 4300,
        b"[" * 100 + b"]" * 100,
    ],
    ids=["all kinds", "large", "look-alikes", "same key elsewhere", "line separator", "many digits", "nested"],
)
def test_an_ordinary_body_passes(body: bytes) -> None:
    check(body)


def test_a_refusal_leaves_nothing_behind_for_the_next_body() -> None:
    with pytest.raises(Refusal):
        check(b'[{"a": 1, "a": 2}, nonsense')

    check(b'{"a": 1}')
