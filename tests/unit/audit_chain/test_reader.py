"""The verifier's own reader beside the golden records and the writer's codec."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlfn.audit import codec
from mlfn.audit.item import to_item
from mlfn_audit.verifying import reader
from mlfn_audit.verifying.items import text_of

GOLDEN = sorted(
    path for path in (Path(__file__).parents[2] / "golden" / "audit").glob("*.json") if path.name != "texts.json"
)


def golden(name: str = "completed") -> dict[str, Any]:
    document = json.loads((GOLDEN[0].parent / f"{name}.json").read_text(encoding="utf-8"))
    wire: dict[str, Any] = codec.parse(document["canonical"].encode())
    return wire


def text(wire: dict[str, Any]) -> str:
    return codec.seal(wire).decode()


@pytest.mark.parametrize("path", GOLDEN, ids=lambda path: path.stem)
def test_golden_records_are_read_and_have_their_hash(path: Path) -> None:
    document = json.loads(path.read_text(encoding="utf-8"))

    record, own = reader.read(document["canonical"])

    assert own.hex() == document["h_hex"]
    assert record.id == document["record"].get("id", record.id)


@pytest.mark.parametrize("path", GOLDEN, ids=lambda path: path.stem)
def test_golden_items_have_the_golden_text(path: Path) -> None:
    document = json.loads(path.read_text(encoding="utf-8"))
    item = {
        name: {"B": codec.base64url_bytes(value["B"].rstrip("=").replace("+", "-").replace("/", "_"))}
        if "B" in value
        else value
        for name, value in document["item"].items()
    }

    assert text_of(item) == document["canonical"]


@given(st.text(), st.integers(min_value=0, max_value=2**53 - 1), st.lists(st.text()), st.binary(max_size=64))
def test_whatever_the_writer_can_write_is_read(caller: str, number: int, data: list[str], sketch: bytes) -> None:
    wire = golden() | {"ca": caller, "du": number, "ds": data, "sb": codec.base64url(sketch)}
    try:
        written = text(wire)
    except UnicodeEncodeError:
        return

    record, own = reader.read(written)

    assert (record.h, own) == (wire["h"], codec.base64url_bytes(wire["h"]))


@given(st.data())
def test_a_changed_byte_is_found(draw: st.DataObject) -> None:
    original = text(golden("pipeline-step"))
    place = draw.draw(st.integers(min_value=0, max_value=len(original) - 1))
    char = draw.draw(st.characters(max_codepoint=126).filter(lambda char: char != original[place]))

    with pytest.raises(ValueError):
        reader.read(original[:place] + char + original[place + 1 :])


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        pytest.param({"zz": "new"}, "unknown fields: zz", id="unknown field"),
        pytest.param({"du": -1}, "du is not", id="negative"),
        pytest.param({"du": 2**53}, "du is not", id="beyond 2^53"),
        pytest.param({"du": True}, "du is not", id="true for a number"),
        pytest.param({"ca": 7}, "ca is not", id="number for a text"),
        pytest.param({"oh": "AAAA"}, "oh is not", id="short digest"),
        pytest.param({"oh": "A" * 42 + "B"}, "oh is not", id="digest with spare bits"),
        pytest.param({"sb": "AB"}, "sb is not", id="bytes with spare bits"),
        pytest.param({"ph": "finished"}, "ph is not", id="unknown phase"),
        pytest.param({"t0": "2026-11-23 06:18"}, "t0 is not", id="another time format"),
        pytest.param({"v": 3}, "v is not", id="later schema"),
        pytest.param({"v": 2}, "v is not", id="schema of sharded records"),
        pytest.param({"sh": 4}, "v is not", id="shards in the first schema"),
        pytest.param({"v": 2, "sh": 1}, "sh is not", id="one shard"),
        pytest.param({"v": 2, "sh": 65}, "sh is not", id="too many shards"),
        pytest.param({"w": "a b"}, "w is not", id="writer with a space"),
        pytest.param({"ds": "one"}, "ds is not", id="text for a list"),
        pytest.param({"iv": "another"}, "its id", id="id of another call"),
    ],
)
def test_what_is_no_record_is_refused(change: dict[str, Any], problem: str) -> None:
    with pytest.raises(ValueError, match=problem):
        reader.read(text(golden() | change))


@pytest.mark.parametrize(
    ("broken", "problem"),
    [
        pytest.param(lambda text: text.replace('"ai"', ' "ai"'), "canonical", id="white space"),
        pytest.param(lambda text: text.replace('{"ai"', '{"x":1,"ai"'), "twice", id="name twice"),
        pytest.param(lambda text: text.replace('"du":2012', '"du":2012.0'), "no value", id="float"),
        pytest.param(lambda text: text.replace("jane", "j\\u0061ne"), "canonical", id="needless escape"),
        pytest.param(lambda text: text.replace("curl", "wget"), "hash", id="changed text"),
        pytest.param(lambda text: "[]", "not an object", id="a list"),
        pytest.param(lambda text: text + "{}", "Extra data", id="two texts"),
    ],
)
def test_what_is_not_canonical_is_refused(broken: Any, problem: str) -> None:
    with pytest.raises(ValueError, match=problem):
        reader.read(broken(text(golden())))


def test_both_readers_see_the_same_in_every_golden_record() -> None:
    for path in GOLDEN:
        canonical = json.loads(path.read_text(encoding="utf-8"))["canonical"]
        match = reader.match_record(canonical)

        assert match is None or reader.Record(*match.groups()) == reader._slowly(canonical)


@pytest.mark.parametrize("name", ["pk", "g1"])
def test_an_item_in_another_shard_is_refused(name: str) -> None:
    document = json.loads((GOLDEN[0].parent / "sharded.json").read_text(encoding="utf-8"))
    wire = codec.parse(document["canonical"].encode())
    item: dict[str, Any] = {
        key: {"B": codec.base64url_bytes(wire[key])} if "B" in value else value for key, value in to_item(wire).items()
    }
    text_of(item)
    item[name] = {"S": item[name]["S"].rsplit("#", 1)[0] + "#0"}

    with pytest.raises(ValueError, match=name):
        text_of(item)


@pytest.mark.parametrize("name", ["pk", "sk", "g1", "g3"])
def test_an_item_under_another_key_is_refused(name: str) -> None:
    wire = golden()
    item: dict[str, Any] = {
        key: {"B": codec.base64url_bytes(wire[key])} if "B" in value else value for key, value in to_item(wire).items()
    }
    item[name] = {"S": item[name]["S"].replace("2026", "2027")}

    with pytest.raises(ValueError, match=name):
        text_of(item)
