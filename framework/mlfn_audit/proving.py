"""Proofs that one record is in the trail, for somebody who has only the proof and the public key."""

from __future__ import annotations

import base64
import binascii
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from mlfn.audit.codec import base64url_bytes
from mlfn.errors import AuditError
from mlfn_audit.checkpoint import Checkpoint
from mlfn_audit.merkle import Peaks, Tree, verify_inclusion
from mlfn_audit.note import opened
from mlfn_audit.verifying.reader import read

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mlfn_audit.checkpoint import Contents, OpenedCheckpoint
    from mlfn_audit.note import PublicKey
    from mlfn_audit.verifying.reader import Record

FORM = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Proof:
    """A record, a signed checkpoint, and the path from one to the other."""

    record: str
    """Canonical text."""
    index: int
    path: tuple[bytes, ...]
    note: str

    def to_json(self) -> dict[str, Any]:
        """The proof as it is handed on."""
        path = [base64.b64encode(node).decode() for node in self.path]
        return {"mlfn_proof": FORM, "record": self.record, "index": self.index, "path": path, "checkpoint": self.note}

    @classmethod
    def from_json(cls, value: object) -> Proof:
        """The proof in a JSON document.

        Raises:
            ValueError: it is none.
        """
        match value:
            case {
                "mlfn_proof": 1,
                "record": str(record),
                "index": int(index),
                "path": [*path],
                "checkpoint": str(note),
            }:
                return cls(record=record, index=index, path=tuple(_node(each) for each in path), note=note)
            case _:
                raise ValueError("not a proof of mlfn")


def prove(record: str, opened: OpenedCheckpoint, note: str, *, before: Peaks, hashes: Mapping[object, str]) -> Proof:
    """The proof that a record is among those a checkpoint sealed.

    `hashes` has those of all of them, by writer and number or by id.

    Raises:
        AuditError: the record is not among them, or not all of them are there as they were sealed.
    """
    names = leaf_names(opened.contents)
    loose = {each.id for each in opened.contents.loose}
    parsed, _ = read(record)
    name: object = parsed.id if parsed.id in loose or parsed.q is None else (parsed.w, int(parsed.q))
    if missing := [each for each in names if each not in hashes]:
        raise AuditError(
            f"{len(missing)} records that were sealed together with {parsed.id} are not in the table.",
            hint="Run mlfn audit verify: they have expired, or were deleted.",
        )
    tree = Tree(before, [base64url_bytes(hashes[each]) for each in names])
    index = before.size + names.index(name)
    proof = Proof(record=record, index=index, path=tuple(tree.inclusion_proof(index)), note=note)
    if tree.root != opened.checkpoint.root:
        raise AuditError(
            f"The records of checkpoint {opened.checkpoint.number} are not those that were sealed.",
            hint="Run mlfn audit verify to see which.",
        )
    return proof


def leaf_names(contents: Contents) -> list[object]:
    """The leaves of a checkpoint in their order: (writer, number), or the id of a record outside the chains."""
    chained = [(run.writer, number) for run in contents.runs for number in range(run.first, run.last + 1)]
    return [*chained, *[each.id for each in contents.loose]]


def check(proof: Proof, key: PublicKey) -> tuple[Record, Checkpoint]:
    """The record that a proof is about and the checkpoint that it is in.

    Raises:
        ValueError: the proof does not prove it.
    """
    checkpoint = Checkpoint.parse(opened(proof.note, key))
    if checkpoint.origin != key.name:
        raise ValueError(f"the checkpoint is of {checkpoint.origin}, not of {key.name}")
    record, own = read(proof.record)
    if not verify_inclusion(own, proof.index, checkpoint.size, proof.path, checkpoint.root):
        raise ValueError("the path does not lead from the record to the checkpoint's root")
    return record, checkpoint


def _node(text: object) -> bytes:
    try:
        node = base64.b64decode(text, validate=True) if isinstance(text, str) else b""
    except binascii.Error:
        node = b""
    if len(node) != 32:
        raise ValueError("a node of the path is not 32 bytes of base64")
    return node
