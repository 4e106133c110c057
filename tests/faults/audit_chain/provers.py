"""Malicious provers: proofs made from an honest one that must not be believed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from random import Random

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from tests.faults.audit_chain.log import NAME, Log, Wire

from mlfn.audit import codec
from mlfn_audit.checkpoint import OpenedCheckpoint
from mlfn_audit.merkle import Peaks, node_hash
from mlfn_audit.note import signed
from mlfn_audit.proving import Proof, prove
from mlfn_audit.signing import FileSigner

Prover = Callable[[Log, Proof, Random], Proof]


def honest(log: Log, rng: Random) -> Proof:
    """A right proof of some sealed record, with a path of at least two nodes."""
    hashes: dict[object, str] = {(wire["w"], wire["q"]): wire["h"] for wire in log.records if "q" in wire}
    hashes |= {wire["id"]: wire["h"] for wire in log.records if "q" not in wire}
    while True:
        wire = rng.choice(log.sealed_records())
        number, opened = next(each for each in enumerate(log.opened) if _seals(each[1], wire))
        before = log.opened[number - 1].peaks if number else Peaks()
        text = codec.canonical(wire).decode()
        proof = prove(text, opened, log.sealed[number].note, before=before, hashes=hashes)
        if len(proof.path) > 1:
            return proof


def _seals(opened: OpenedCheckpoint, wire: Wire) -> bool:
    return any(run.writer == wire["w"] and run.first <= wire["q"] <= run.last for run in opened.contents.runs)


def wrong_index(log: Log, proof: Proof, rng: Random) -> Proof:
    """The right record at another place."""
    return replace(proof, index=rng.choice([index for index in range(-2, 200) if index != proof.index]))


def shifted_index(log: Log, proof: Proof, rng: Random) -> Proof:
    """A place whose low bits are the same, beyond the tree's end."""
    return replace(proof, index=proof.index + (1 << (len(proof.path) + rng.randrange(1, 40))))


def truncated(log: Log, proof: Proof, rng: Random) -> Proof:
    """A path that ends early, or begins late."""
    cut = rng.randrange(1, len(proof.path) + 1)
    return replace(proof, path=proof.path[:-cut] if rng.random() < 0.5 else proof.path[cut:])


def extended(log: Log, proof: Proof, rng: Random) -> Proof:
    """A path with a node too many."""
    place = rng.randrange(len(proof.path) + 1)
    return replace(proof, path=(*proof.path[:place], rng.randbytes(32), *proof.path[place:]))


def duplicated(log: Log, proof: Proof, rng: Random) -> Proof:
    """A path with one node twice."""
    place = rng.randrange(len(proof.path))
    return replace(proof, path=(*proof.path[:place], proof.path[place], *proof.path[place:]))


def reordered(log: Log, proof: Proof, rng: Random) -> Proof:
    """A path upside down."""
    return replace(proof, path=proof.path[::-1])


def flipped(log: Log, proof: Proof, rng: Random) -> Proof:
    """One bit of one node is wrong."""
    place = rng.randrange(len(proof.path))
    node = bytearray(proof.path[place])
    node[rng.randrange(32)] ^= 1 << rng.randrange(8)
    return replace(proof, path=(*proof.path[:place], bytes(node), *proof.path[place + 1 :]))


def split_node(log: Log, proof: Proof, rng: Random) -> Proof:
    """Two nodes in the place of one: 64 bytes that hash to their parent."""
    return replace(proof, path=(proof.path[0] + proof.path[1], *proof.path[2:]))


def other_leaf(log: Log, proof: Proof, rng: Random) -> Proof:
    """The path of another record."""
    texts = [codec.canonical(wire).decode() for wire in log.records]
    return replace(proof, record=rng.choice([text for text in texts if text != proof.record]))


def changed_record(log: Log, proof: Proof, rng: Random) -> Proof:
    """The record with another caller, hashed again."""
    wire = codec.parse(proof.record.encode())
    wire["ca"] = "mallory"
    return replace(proof, record=codec.seal(wire).decode())


def node_as_leaf(log: Log, proof: Proof, rng: Random) -> Proof:
    """An inner node passed off as a record, with the path from there up."""
    own = codec.base64url_bytes(str(codec.parse(proof.record.encode())["h"]))
    inner = node_hash(own, proof.path[0])
    wire = codec.parse(proof.record.encode()) | {"h": codec.base64url(inner)}
    return replace(proof, record=codec.canonical(wire).decode(), index=proof.index >> 1, path=proof.path[1:])


def other_checkpoint(log: Log, proof: Proof, rng: Random) -> Proof:
    """A checkpoint of another size."""
    return replace(proof, note=rng.choice([each.note for each in log.sealed if each.note != proof.note]))


def other_key(log: Log, proof: Proof, rng: Random) -> Proof:
    """A checkpoint that somebody else has signed."""
    forger = FileSigner(name=NAME, key=Ed25519PrivateKey.from_private_bytes(rng.randbytes(32)))
    return replace(proof, note=signed(proof.note.split("\n\n")[0] + "\n", forger))


def changed_note(log: Log, proof: Proof, rng: Random) -> Proof:
    """A character of the signed text is another."""
    place = rng.randrange(len(proof.note.split("\n\n")[0]))
    char = rng.choice([char for char in "0123456789abc=\n " if char != proof.note[place]])
    return replace(proof, note=proof.note[:place] + char + proof.note[place + 1 :])


PROVERS: dict[str, Prover] = {
    "wrong index": wrong_index,
    "index beyond the tree": shifted_index,
    "truncated path": truncated,
    "node too many": extended,
    "duplicated node": duplicated,
    "path upside down": reordered,
    "flipped bit": flipped,
    "two nodes as one": split_node,
    "another record's path": other_leaf,
    "changed record": changed_record,
    "inner node as a record": node_as_leaf,
    "another checkpoint": other_checkpoint,
    "another key": other_key,
    "changed checkpoint": changed_note,
}
