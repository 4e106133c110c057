"""Exported files of any content: verification tells what is wrong with them, and never fails."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlfn_audit.exporting import Form, lines
from mlfn_audit.exporting.trail import Excerpt, Origin, records, whole_trail
from mlfn_audit.note import PublicKey
from mlfn_audit.verifying.sources import verify_file
from mlfn_audit.verifying.trail import Trail

ORIGIN = Origin(table="audit", region="eu-central-1", account="123456789012")
KEY = PublicKey(name="trail", ed25519=bytes(32))
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["note", "contents", "peaks", "pk", "sk", "problem", "at"]), inner, max_size=4
        )
    ),
    max_leaves=8,
)
KINDS = st.sampled_from(["mlfn_audit", "mlfn_checkpoint", "mlfn_damaged", "mlfn_export", "other"])


@pytest.mark.parametrize(
    "line",
    [
        pytest.param(b"\n", id="empty"),
        pytest.param(b"\xff\xfe\n", id="not UTF-8"),
        pytest.param(b"[" * 100_000 + b"\n", id="deep"),
        pytest.param(b'{"mlfn_audit":' + b"[" * 100_000 + b"}\n", id="deep record"),
        pytest.param(b'{"mlfn_audit":{}}\n', id="empty record"),
        pytest.param(b'{"mlfn_audit":{"v":' + b"9" * 5_000 + b"}}\n", id="long number"),
        pytest.param(b'{"mlfn_checkpoint":{"note":"","contents":"","peaks":[]}}\n', id="empty checkpoint"),
        pytest.param(b'{"mlfn_checkpoint":"?"}\n', id="no checkpoint"),
    ],
)
def test_a_line_that_is_none_is_told(lab: Any, line: bytes) -> None:
    report = verify_file([line], Trail(KEY, now=lab.now))

    assert sum(report.counts.values()) == 1


@given(KINDS, JSON)
def test_no_line_makes_verification_fail(kind: str, value: object) -> None:
    moment = datetime(2026, 11, 23, tzinfo=UTC)

    verify_file([json.dumps({kind: value}).encode() + b"\n"], Trail(KEY, now=moment))


@pytest.mark.parametrize("form", [Form.RECORD, Form.CLOUDEVENTS])
def test_an_export_of_a_sealed_trail_is_clean_and_tells_of_damage(lab: Any, form: Form) -> None:
    for number in range(6):
        lab.write(f"w{number % 2}")
    lab.sealer().run()

    def report() -> Any:
        entries = whole_trail(lab.world, "audit", ["shop.mood"], bucket=lab.bucket, at=int(lab.now.timestamp()))
        return verify_file(lines(form, entries, ORIGIN), Trail(lab.signer.public_key, now=lab.now))

    assert (report().is_clean, report().sealed) == (True, 6)

    lab.world.items[next(key for key in lab.world.items if key[0].startswith("A#"))]["q"] = {"N": "x"}
    assert report().counts == {"altered": 1, "missing": 1}


def test_expired_records_are_not_missed(lab: Any) -> None:
    lab.write("w1", x=int(lab.now.timestamp()) + 100)
    lab.write("w1", x=int(lab.now.timestamp()) + 200)
    lab.sealer().run()
    lab.wait(days=1)
    lab.write("w1")
    lab.sealer().run()
    for key in sorted(key for key in lab.world.items if key[0].startswith("A#"))[:2]:
        del lab.world.items[key]

    report = lab.verify()

    assert (report.is_clean, report.expired, report.sealed) == (True, 2, 1)


class Asked:
    """A table that notes which partitions are read."""

    def __init__(self, table: Any) -> None:
        self._table = table
        self.partitions: list[str] = []

    def query(self, **request: Any) -> Any:
        """`Query`."""
        self.partitions.append(request["ExpressionAttributeValues"][":p"]["S"])
        return self._table.query(**request)


def test_an_excerpt_reads_no_hour_that_is_not_asked_for(lab: Any) -> None:
    starts = []
    for _ in range(5):
        starts.append(lab.write()["t0"])
        lab.wait(hours=1)
    table: Any = Asked(lab.world)

    found = list(records(table, "audit", Excerpt(models=("shop.mood",), since=starts[1], until=starts[3])))

    assert [entry.value["t0"] for entry in found] == starts[1:3]
    assert sum(key.startswith("A#") for key in table.partitions) == 3
