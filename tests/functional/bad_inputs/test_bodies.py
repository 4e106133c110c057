"""Every bad body gets a clean refusal and, where our code is reached, a `rejected` record: never a 500, never a hang.

No request here may cost more than a second of processor time: tests/fixtures/effort.py.
"""

from __future__ import annotations

import gzip
import json
from typing import TYPE_CHECKING

import pytest

from mlfn.audit.record import Phase

if TYPE_CHECKING:
    from tests.functional.bad_inputs.conftest import Answer, Gate

pytestmark = pytest.mark.xdist_group("bad_inputs")
MB = 1024 * 1024
CONTRACT = (400, "ContractError")
BODIES = {
    "NaN": b'{"text": "x", "stars": NaN}',
    "Infinity": b'{"text": "x", "stars": Infinity}',
    "minus infinity": b'{"text": "x", "stars": -Infinity}',
    "a number beyond float": b'{"text": "x", "stars": 1e999}',
    "a negative number beyond float": b'{"text": "x", "stars": -1e999}',
    "the same key twice": b'{"text": "x", "text": "y"}',
    "the same key twice, deep inside": b'{"text": "x", "more": [{"a": 1, "a": 2}]}',
    "half a surrogate pair, escaped": b'{"text": "\\ud800"}',
    "half a surrogate pair in a key": b'{"text": "x", "more": {"\\udfff": 1}}',
    "half a surrogate pair, as bytes": b'{"text": "\xed\xa0\x80"}',
    "lists a thousand deep": b'{"text": "x", "more": ' + b"[" * 1000 + b"]" * 1000 + b"}",
    "objects a thousand deep": b'{"text": "x", "more": ' + b'{"a":' * 1000 + b"1" + b"}" * 1000 + b"}",
    "an integer of 4301 digits": b'{"text": "x", "stars": ' + b"9" * 4301 + b"}",
    "an integer of 4301 digits where anything goes": b'{"text": "x", "more": ' + b"9" * 4301 + b"}",
    "a byte order mark": b'\xef\xbb\xbf{"text": "x"}',
    "UTF-16": '{"text": "x"}'.encode("utf-16"),
    "UTF-16 without a mark": '{"text": "x"}'.encode("utf-16-le"),
    "NUL, escaped": b'{"text": "a\\u0000b"}',
    "NUL as a byte": b'{"text": "a\x00b"}',
    "NUL after the end": b'{"text": "x"}\x00',
    "text for a number": b'{"text": "x", "stars": "1.5"}',
    "true for a number": b'{"text": "x", "stars": true}',
    "a number for text": b'{"text": 1}',
    "null for text": b'{"text": null}',
    "a list for an object": b'["x"]',
    "a missing key": b"{}",
    "an empty key": b'{"text": "x", "": 1}',
    "a key nobody declared": b'{"text": "x", "admin": true}',
    "nothing": b"",
    "white space": b" \n",
    "two values": b'{"text": "x"} {"text": "y"}',
    "a cut value": b'{"text": "x',
    "no JSON": b"text=x",
    "a trailing comma": b'{"text": "x",}',
    "a comment": b'{"text": "x"} // yes',
    "single quotes": b"{'text': 'x'}",
    "a control character": b'{"text": "a\x01b"}',
    "a leading zero": b'{"text": "x", "stars": 01}',
}
LAMBDA_REFUSES = "InvalidRequestContentException"
"""What Lambda says to a payload that is no JSON; our code never sees it."""
LEFT_OUT = {"a key nobody declared", "an empty key"}
"""Which a dataclass leaves out instead: not refused."""


def body_cases() -> list[object]:
    return [pytest.param(body, id=name) for name, body in BODIES.items() if name not in LEFT_OUT]


@pytest.mark.parametrize("body", body_cases())
def test_through_the_api(gate: Gate, body: bytes) -> None:
    answer = gate.api(body)

    assert (answer.status, answer.problem) == CONTRACT
    assert answer.headers["content-type"] == "application/problem+json"
    assert rejected(gate, answer) == "ContractError"


@pytest.mark.parametrize("body", body_cases())
def test_by_direct_invoke(gate: Gate, body: bytes) -> None:
    answer = gate.direct(body)

    if answer.status >= 400:
        assert (answer.status, answer.problem) == (400, LAMBDA_REFUSES)
    else:
        assert answer.headers["x-amz-function-error"] == "Unhandled"
        assert answer.problem == "ContractError"
        assert rejected(gate, answer) == "ContractError"


@pytest.mark.parametrize("body", body_cases())
def test_as_the_input_of_a_state(gate: Gate, body: bytes) -> None:
    text = body.decode("utf-8", "surrogatepass") if b"\xed\xa0" in body else body.decode("latin-1")

    answer = gate.direct(json.dumps({"mlfn": 1, "input": text, "execution": "e"}).encode(), alias="sfn")

    assert (answer.headers.get("x-amz-function-error"), answer.problem) == ("Unhandled", "ContractError")
    assert rejected(gate, answer) == "ContractError"


@pytest.mark.parametrize(
    ("body", "headers"),
    [
        pytest.param(gzip.compress(b'{"text": "x"}'), {"content_encoding": "gzip"}, id="gzip"),
        pytest.param(b'{"text": "x"}', {"content_encoding": "br"}, id="brotli"),
        pytest.param(b'{"text": "x"}', {"content_type": "text/plain"}, id="text"),
        pytest.param(b"text=x", {"content_type": "application/x-www-form-urlencoded"}, id="a form"),
        pytest.param(b'{"text": "x"}', {"content_type": "multipart/form-data; boundary=x"}, id="multipart"),
        pytest.param(b"<a/>", {"content_type": "application/xml"}, id="XML"),
    ],
)
def test_another_form_than_plain_json(gate: Gate, body: bytes, headers: dict[str, str]) -> None:
    answer = gate.api(body, **headers)

    assert (answer.status, answer.problem) == (415, "UnsupportedMediaType")
    assert rejected(gate, answer) == "UnsupportedMediaType"


def test_gzip_that_says_it_is_json(gate: Gate) -> None:
    answer = gate.api(gzip.compress(b'{"text": "x"}'))

    assert (answer.status, answer.problem) == CONTRACT
    assert rejected(gate, answer) == "ContractError"


def test_a_byte_more_than_lambda_takes_never_reaches_our_code(gate: Gate) -> None:
    before = len(gate.records())
    text = b'{"text": "' + b"x" * (6 * MB + 1 - 12) + b'"}'

    direct, api = gate.direct(text), gate.api(text)

    assert len(text) == 6 * MB + 1
    assert (direct.status, direct.problem) == (413, "RequestEntityTooLargeException")
    assert api.status == 413
    assert len(gate.records()) == before


@pytest.mark.parametrize("name", sorted(LEFT_OUT))
def test_an_extra_key_is_left_out_where_the_type_says_so(gate: Gate, name: str) -> None:
    answer = gate.api(BODIES[name])

    assert (answer.status, answer.body) == (200, b"1.0")


def test_after_all_of_it_a_good_body_is_answered(gate: Gate) -> None:
    answer = gate.api(b'{"text": "x", "stars": 4.5}')

    assert (answer.status, answer.body) == (200, b"4.5")
    assert gate.record(answer).phase is Phase.COMPLETED


def rejected(gate: Gate, answer: Answer) -> str | None:
    """The error type of the record, which holds the digest of what was sent and nothing else of it."""
    record = gate.record(answer)
    assert (record.phase, record.status, record.capture) == (Phase.REJECTED, "rejected", "hash")
    assert record.input_digest is not None
    return record.error
