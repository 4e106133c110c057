"""Checkpoints, their contents, and the proofs that lead to them."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from mlfn.errors import AuditError
from mlfn_audit.checkpoint import Checkpoint, Contents, Sealed
from mlfn_audit.note import PublicKey, opened, signed
from mlfn_audit.proving import Proof, check
from mlfn_audit.record_proofs import Trail, find, prove_record, seal_of

DIGEST = "A" * 43


@pytest.fixture
def sealed(lab: Any) -> Sealed:
    for number in range(5):
        lab.write(f"w{number % 2}")
    lab.write(chained=False, ph="abandoned")
    lab.sealer().run()
    return Sealed.from_bytes(lab.bucket.get(1))


def trail_of(lab: Any) -> Trail:
    models = ("shop.mood",)
    return Trail(client=lab.world, table="audit", models=models, bucket=lab.bucket, key=lab.signer.public_key)


def test_a_checkpoint_is_its_text(lab: Any, sealed: Sealed) -> None:
    text = opened(sealed.note, lab.signer.public_key)

    assert Checkpoint.parse(text).to_text() == text
    assert text.splitlines()[:2] == ["trail", "6"]
    assert len(text.encode()) < 4096


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        pytest.param({"contents": ""}, "contents", id="contents"),
        pytest.param({"peaks": ()}, "2 peaks", id="no peaks"),
        pytest.param({"peaks": (bytes(32), bytes(32))}, "peaks", id="other peaks"),
        pytest.param({"note": "?"}, "signed note", id="note"),
    ],
)
def test_what_does_not_belong_to_a_checkpoint_is_refused(
    lab: Any, sealed: Sealed, change: dict[str, Any], problem: str
) -> None:
    with pytest.raises(ValueError, match=problem):
        replace(sealed, **change).opened(lab.signer.public_key)


def test_a_checkpoint_of_another_trail_is_refused(lab: Any, sealed: Sealed) -> None:
    text = opened(sealed.note, lab.signer.public_key).replace("trail\n", "other\n", 1)

    with pytest.raises(ValueError, match="it is of other"):
        replace(sealed, note=signed(text, lab.signer)).opened(lab.signer.public_key)


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(f"w a 0 1 {DIGEST}", id="no line feed"),
        pytest.param(f"w a 1 0 {DIGEST}\n", id="backwards"),
        pytest.param(f"w a 00 1 {DIGEST}\n", id="leading zero"),
        pytest.param(f"r a {'a' * 26} {DIGEST}\nw a 0 1 {DIGEST}\n", id="loose first"),
        pytest.param("x\n", id="unknown line"),
    ],
)
def test_contents_of_another_form_are_refused(text: str) -> None:
    with pytest.raises(ValueError, match="contents"):
        Contents.parse(text)


@pytest.mark.parametrize("value", [[], {}, {"note": 1}, {"note": "", "contents": "", "peaks": ["?"]}])
def test_what_is_no_sealed_checkpoint_is_refused(value: object) -> None:
    with pytest.raises(ValueError, match="not"):
        Sealed.from_json(value)


def test_every_sealed_record_is_proved_and_its_seal_found(lab: Any, sealed: Sealed) -> None:
    trail = trail_of(lab)
    lab.write("w9")
    lab.sealer().run()
    for key in [key for key in lab.world.items if key[0].startswith("A#")]:
        record = key[1].split("#")[1]
        item = find(trail, record, "2026-11-01T00:00:00.000000Z")

        proof = Proof.from_json(json.loads(json.dumps(prove_record(trail, item).to_json())))

        assert check(proof, lab.signer.public_key)[0].id == record
        assert seal_of(trail, item).checkpoint in {1, 2}


def test_what_is_not_sealed_or_not_there_cannot_be_proved(lab: Any, sealed: Sealed) -> None:
    trail = trail_of(lab)
    lab.wait(minutes=1)
    wire = lab.write()
    item = find(trail, wire["id"], "2026-11-01T00:00:00.000000Z")

    with pytest.raises(AuditError, match="not sealed yet"):
        prove_record(trail, item)
    with pytest.raises(AuditError, match="There is no record"):
        find(trail, "a" * 26, "2026-11-01T00:00:00.000000Z")
    with pytest.raises(AuditError, match="not as it was written"):
        prove_record(trail, item | {"ib": {"N": "7"}})


def test_a_proof_needs_all_records_of_its_checkpoint(lab: Any, sealed: Sealed) -> None:
    trail = trail_of(lab)
    first, second, *_ = [key for key in lab.world.items if key[0].startswith("A#")]
    item = find(trail, first[1].split("#")[1], "2026-11-01T00:00:00.000000Z")
    del lab.world.items[second]

    with pytest.raises(AuditError, match="1 records that were sealed together"):
        prove_record(trail, item)


@pytest.mark.parametrize(
    "value",
    [
        pytest.param([], id="list"),
        pytest.param({"mlfn_proof": 2}, id="later form"),
        pytest.param({"mlfn_proof": 1, "record": "", "index": 0, "path": ["AA=="], "checkpoint": ""}, id="short node"),
        pytest.param({"mlfn_proof": 1, "record": "", "index": 0, "path": ["?"], "checkpoint": ""}, id="no base64"),
    ],
)
def test_what_is_no_proof_is_refused(value: object) -> None:
    with pytest.raises(ValueError, match="not"):
        Proof.from_json(value)


def test_a_proof_of_another_trail_is_not_believed(lab: Any, sealed: Sealed) -> None:
    record = next(key[1].split("#")[1] for key in lab.world.items if key[0][0] == "A")
    trail = trail_of(lab)
    proof = prove_record(trail, find(trail, record, "2026-11-01T00:00:00.000000Z"))

    with pytest.raises(ValueError, match="not signed by"):
        check(proof, PublicKey(name="other", ed25519=lab.signer.public_key.ed25519))
