"""The record's bytes, against golden vectors and against an independent JSON encoder."""

from __future__ import annotations

import hashlib
import json
from binascii import a2b_base64
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mlfn.audit import codec
from mlfn.audit.item import LIMIT, directory_items, from_item, item_size, item_text, shrink, to_item
from mlfn.audit.lines import RECORD, line, record_in
from mlfn.audit.record import SHORT_NAMES, AuditRecord

GOLDEN = Path(__file__).parents[2] / "golden/audit"
VECTORS = sorted(path.stem for path in GOLDEN.glob("*.json") if path.stem != "texts")


@pytest.fixture(params=VECTORS)
def vector(request: pytest.FixtureRequest) -> Any:
    return json.loads((GOLDEN / f"{request.param}.json").read_text())


def test_a_record_has_the_golden_hash(vector: dict[str, Any]) -> None:
    wire = dict(vector["record"])

    codec.seal(wire)

    assert codec.base64url_bytes(wire["h"]).hex() == vector["h_hex"]
    assert hashlib.sha256(vector["hashed"].encode()).hexdigest() == vector["h_hex"]


def test_a_record_has_the_golden_bytes_and_line(vector: dict[str, Any]) -> None:
    assert codec.seal(dict(vector["record"])).decode() == vector["canonical"]
    assert line(RECORD, vector["canonical"].encode()).decode() == vector["line"]


def test_a_record_has_the_golden_item(vector: dict[str, Any]) -> None:
    wire = codec.parse(vector["canonical"].encode())

    item = to_item(wire)

    assert item == vector["item"]
    assert item_size(item) == vector["item_bytes"] <= LIMIT


def test_a_record_survives_every_form(vector: dict[str, Any]) -> None:
    record = AuditRecord.from_bytes(vector["canonical"].encode())

    assert record.is_intact()
    assert record.to_bytes().decode() == vector["canonical"]
    assert AuditRecord.from_item(record.to_item()) == record
    assert record_in(vector["line"].encode()) == (RECORD, record.to_wire())


def test_an_item_as_boto3_gives_it_is_the_same_record(vector: dict[str, Any]) -> None:
    item = {name: {"B": a2b_base64(value["B"])} if "B" in value else value for name, value in vector["item"].items()}

    assert codec.canonical(from_item(item)).decode() == vector["canonical"]


def test_the_event_id_is_derived_from_invocation_attempt_and_phase(vector: dict[str, Any]) -> None:
    record = vector["record"]

    assert codec.event_id(record["iv"], record["at"], record["ph"]) == record["id"]


def test_too_large_a_record_is_cut_as_the_golden_vector_says() -> None:
    vector = json.loads((GOLDEN / "cut.json").read_text())
    wire = dict(vector["given"])

    shrink(wire)

    assert wire == vector["record"]


@pytest.mark.parametrize("case", json.loads((GOLDEN / "texts.json").read_text()), ids=lambda case: repr(case["fit"]))
def test_a_text_is_cut_as_the_golden_vector_says(case: dict[str, Any]) -> None:
    assert codec.fit(case["text"], case["limit"]) == case["fit"]


@pytest.mark.parametrize(
    ("data", "problem"),
    [
        (b'{"a":1, "b":2}', "canonical"),
        (b'{"b":1,"a":2}', "canonical"),
        (b'{"a":1.5}', "floats"),
        (b'{"a":9007199254740992}', "range"),
        (b'{"a":-1}', "range"),
        (b'{"a":null}', "neither"),
        (b'{"a":{}}', "neither"),
        (b'{"a":[1]}', "neither"),
        (b'{"h":"AAA="}', "base64url"),
        (b"[]", "canonical"),
        (b'{"a":1}{"a":1}', "more than one"),
    ],
    ids=lambda value: value.decode() if isinstance(value, bytes) else value,
)
def test_bytes_that_no_record_has_are_refused(data: bytes, problem: str) -> None:
    with pytest.raises(ValueError, match=problem):
        codec.parse(data)


def test_a_field_of_a_later_schema_is_not_dropped_silently(vector: dict[str, Any]) -> None:
    wire = codec.parse(vector["canonical"].encode())

    with pytest.raises(ValueError, match="unknown fields: zz"):
        AuditRecord.from_wire(wire | {"zz": 1})


def test_a_changed_record_is_not_intact(vector: dict[str, Any]) -> None:
    wire = codec.parse(vector["canonical"].encode())

    assert not AuditRecord.from_wire(wire | {"cl": 3 - wire["cl"]}).is_intact()


TEXTS = st.text(max_size=300)
DIGEST = codec.digest(b"x")


@st.composite
def wires(draw: st.DrawFn) -> dict[str, Any]:
    """Records with every field, as long as the runtime lets them be."""

    def text(limit: int) -> str:
        return codec.fit(draw(TEXTS) or "x", limit).replace("#", "-")

    wire: dict[str, Any] = {
        "v": 1,
        "ph": draw(st.sampled_from(["started", "completed", "error"])),
        "iv": text(40),
        "at": "w" * 26,
    }
    wire |= {"t0": "2026-11-23T06:18:00.123456Z", "t1": "2026-11-23T06:18:00.123456Z", "du": 10**9, "dl": 10**13}
    wire |= {"m": "a" * 31 + "." + "b" * 30, "mv": "0" * 12, "fn": "f" * 64, "fv": "99999", "qa": text(32)}
    wire |= {"pt": "http_lambda_auth", "ca": text(192), "ct": "aws_service", "cl": 2, "ip": text(45), "ua": text(96)}
    wire |= {"ai": text(32), "gr": text(48), "tp": text(64), "ex": text(300), "sn": text(80), "rc": 9, "rd": 9}
    wire |= {"pa": ["p" * 26] * draw(st.integers(0, 40)), "ds": [text(200)] * draw(st.integers(0, 20))}
    wire |= {"ib": 6 * 2**20, "ob": 6 * 2**20, "os": text(200), "st": "rejected", "er": text(64), "pc": "sample"}
    wire |= {"pp": text(200), "cs": False, "ms": 10240, "hk": "k" * 16, "w": "w" * 16, "q": 10**9, "x": 2 * 10**9}
    wire |= {"sb": codec.base64url(b"s" * 64)}
    wire |= draw(st.sampled_from([{}, {"v": 2, "sh": 64}]))
    wire |= dict.fromkeys(("ma", "im", "ih", "is", "oh", "eh", "p"), DIGEST)
    left_out = draw(st.sets(st.sampled_from(["ca", "ex", "os", "ds", "pa", "ua", "sb", "pp", "ih", "p", "hk"])))
    wire = {name: value for name, value in wire.items() if name not in left_out}
    return wire | {"id": codec.event_id(wire["iv"], wire["at"], wire["ph"])}


@settings(max_examples=150, deadline=None)
@given(wires())
def test_any_record_fits_into_one_write_unit_and_one_atomic_line(wire: dict[str, Any]) -> None:
    shrink(wire)
    canonical = codec.seal(wire)
    item = to_item(wire)

    assert item_size(item) <= LIMIT
    assert len(line(RECORD, canonical)) <= codec.LARGEST_LINE
    assert codec.canonical(from_item(item)) == canonical == codec.canonical(codec.parse(canonical))
    assert set(SHORT_NAMES.values()) >= set(wire)


@settings(max_examples=150, deadline=None)
@given(wires())
def test_an_item_is_never_larger_than_a_record_whose_bytes_are_within_the_limit(wire: dict[str, Any]) -> None:
    canonical = codec.seal(wire)

    assert len(canonical) > LIMIT or item_size(to_item(wire)) <= LIMIT


def test_the_text_of_an_item_is_the_item(vector: dict[str, Any]) -> None:
    canonical = vector["canonical"].encode()

    text = item_text(codec.parse(canonical), canonical)

    assert json.loads(text) == to_item(codec.parse(canonical))


def test_a_sharded_record_tells_its_shards_and_lies_in_one_of_them() -> None:
    record = json.loads((GOLDEN / "sharded.json").read_text())["record"]
    expected = int.from_bytes(hashlib.sha256(record["iv"].encode()).digest()[:4]) % record["sh"]

    keys = to_item(codec.parse(codec.seal(record)))

    assert (record["v"], record["sh"]) == (2, 8)
    assert keys["pk"]["S"].endswith(f"#{expected}")
    assert keys["g1"]["S"].endswith(f"#{expected}")
    assert expected != 0


@pytest.mark.parametrize("shards", [0, 1, 65])
def test_a_number_of_shards_that_cannot_be_is_refused(shards: int) -> None:
    with pytest.raises(ValueError, match="sh is out of range"):
        codec.parse(b'{"sh":%d}' % shards)


def test_the_directory_tells_a_days_shards_only_if_there_are_several() -> None:
    wire = {"m": "a.b", "mv": "v", "iv": "call", "t0": "2026-11-23T06:18:00.123456Z", "x": 10}

    one, several = directory_items(wire), directory_items(wire | {"sh": 2})

    assert [item["sk"]["S"] for item in one] == ["20261123T06#v##0"]
    assert [(item["pk"]["S"], item["sk"]["S"]) for item in several[1:]] == [("B#a.b", "#20261123#2")]
    assert several[1]["g1"] == {"S": "S#"}
