"""What somebody who owns the table, but not the signing key, can do to a sealed trail: each must be found."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from random import Random

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from tests.faults.audit_chain.log import NAME, START, Log, Wire, make_log, rechain, record, seal_now, stamp

from mlfn.audit import codec
from mlfn_audit.checkpoint import Checkpoint, Sealed
from mlfn_audit.merkle import Peaks
from mlfn_audit.note import signed
from mlfn_audit.signing import FileSigner

Attack = Callable[[Log, Random], None]


def modify(log: Log, rng: Random) -> None:
    """Another caller's name in a sealed record; its hash stays."""
    rng.choice(log.sealed_records())["ca"] = "arn:aws:iam::123456789012:user/mallory"


def modify_and_hash(log: Log, rng: Random) -> None:
    """The same with the record's own hash made right."""
    wire = rng.choice(log.sealed_records())
    wire["ca"] = "arn:aws:iam::123456789012:user/mallory"
    codec.seal(wire)


def modify_and_rechain(log: Log, rng: Random) -> None:
    """The same with every later link of the writer made right."""
    wire = rng.choice(log.sealed_records())
    wire["ca"] = "arn:aws:iam::123456789012:user/mallory"
    rechain(log.chain(wire["w"]))


def delete(log: Log, rng: Random) -> None:
    """A sealed record is gone."""
    log.records.remove(rng.choice(log.sealed_records()))


def delete_and_rechain(log: Log, rng: Random) -> None:
    """A sealed record is gone, and its writer's others are numbered and linked anew."""
    gone = rng.choice(log.sealed_records())
    log.records.remove(gone)
    chain = log.chain(gone["w"])
    for number, wire in enumerate(chain):
        wire["q"] = number
    rechain(chain)


def insert(log: Log, rng: Random) -> None:
    """A record of a writer that never was, in a time that is sealed."""
    writer = codec.base64url(rng.randbytes(12))
    forged = record(rng, writer=writer, call=0, at=START + timedelta(seconds=rng.uniform(0, 600))) | {"q": 0}
    codec.seal(forged)
    log.records.append(forged)


def insert_into_chain(log: Log, rng: Random) -> None:
    """A record between two sealed ones, with everything after it numbered and linked anew."""
    sealed = {(wire["w"], wire["q"]) for wire in log.sealed_records()}
    before = rng.choice([wire for wire in log.sealed_records() if (wire["w"], wire["q"] + 1) in sealed])
    at = datetime.fromisoformat(before["t0"])
    forged = record(rng, writer=before["w"], call=1000, at=at) | {"q": before["q"] + 1}
    for wire in log.chain(before["w"]):
        wire["q"] += wire["q"] > before["q"]
    log.records.append(forged)
    rechain(log.chain(before["w"]))


def swap(log: Log, rng: Random) -> None:
    """Two sealed records of a writer change places, numbers and links."""
    chain: list[Wire] = []
    while len(chain) < 2:
        writer = rng.choice(log.sealed_records())["w"]
        chain = [wire for wire in log.sealed_records() if wire["w"] == writer]
    first, second = rng.sample(chain, 2)
    first["q"], second["q"] = second["q"], first["q"]
    rechain(log.chain(writer))


def backdate(log: Log, rng: Random) -> None:
    """A sealed record says it was made an hour earlier; hashes and links are right."""
    wire = rng.choice(log.sealed_records())
    for name in ("t0", "t1"):
        if name in wire:
            wire[name] = stamp(datetime.fromisoformat(wire[name]) - timedelta(hours=1))
    rechain(log.chain(wire["w"]))


def truncate(log: Log, rng: Random) -> None:
    """The end of a writer's sealed chain is gone."""
    wire = rng.choice(log.sealed_records())
    for each in log.chain(wire["w"]):
        if each["q"] >= wire["q"]:
            log.records.remove(each)


def replay(log: Log, rng: Random) -> None:
    """A sealed record is replaced by a copy of another writer's call."""
    target = rng.choice(log.sealed_records())
    source = rng.choice([wire for wire in log.sealed_records() if wire["w"] != target["w"]])
    kept = {name: target[name] for name in ("w", "q")}
    target.clear()
    target |= source | kept
    rechain(log.chain(kept["w"]))


def forge_checkpoint(log: Log, rng: Random) -> None:
    """The last checkpoint is signed anew by another key of the same name, over a trail that was changed."""
    modify_and_rechain(log, rng)
    forger = FileSigner(name=NAME, key=Ed25519PrivateKey.from_private_bytes(rng.randbytes(32)))
    position = rng.randrange(len(log.sealed))
    checkpoint = Checkpoint.parse(log.sealed[position].note.split("\n\n")[0] + "\n")
    root = Peaks().extended([rng.randbytes(32)]).root
    log.sealed[position] = replace(log.sealed[position], note=signed(replace(checkpoint, root=root).to_text(), forger))


def edit_checkpoint(log: Log, rng: Random) -> None:
    """A checkpoint's contents, peaks or text are changed by one character."""
    position = rng.randrange(len(log.sealed))
    sealed = log.sealed[position]
    match rng.randrange(3):
        case 0:
            lines = sealed.contents.splitlines(keepends=True)
            lines.pop(rng.randrange(len(lines)))
            log.sealed[position] = replace(sealed, contents="".join(lines))
        case 1:
            log.sealed[position] = replace(sealed, peaks=(rng.randbytes(32), *sealed.peaks[1:]))
        case _:
            digits = [place for place, char in enumerate(sealed.note) if char.isdigit() and place > len(NAME)]
            place = rng.choice(digits)
            digit = str((int(sealed.note[place]) + rng.randrange(1, 10)) % 10)
            note = sealed.note[:place] + digit + sealed.note[place + 1 :]
            log.sealed[position] = Sealed(note=note, contents=sealed.contents, peaks=sealed.peaks)


def drop_checkpoint(log: Log, rng: Random) -> None:
    """A checkpoint that is not the last is gone."""
    log.sealed.pop(rng.randrange(len(log.sealed) - 1))


def roll_back(log: Log, rng: Random) -> None:
    """The last checkpoints are gone together with the records they sealed: found by who has seen the last one."""
    keep = rng.randrange(1, len(log.sealed))
    del log.sealed[keep:], log.opened[keep:]
    sealed = log.sealed_records()
    log.records = [wire for wire in log.records if wire in sealed]


def alternative_history(log: Log, rng: Random) -> None:
    """The whole trail is made up anew, sealed by the owner of the table with a key of his own."""
    other = make_log(Random(rng.random()))
    log.records, log.sealed, log.opened = other.records, [], []
    seal_now(log)
    forger = FileSigner(name=NAME, key=Ed25519PrivateKey.from_private_bytes(rng.randbytes(32)))
    for position, sealed in enumerate(log.sealed):
        text = sealed.note.split("\n\n")[0] + "\n"
        log.sealed[position] = replace(sealed, note=signed(text, forger))


ATTACKS: dict[str, Attack] = {
    "modify a field": modify,
    "modify, hash again": modify_and_hash,
    "modify, rechain": modify_and_rechain,
    "delete": delete,
    "delete, renumber, rechain": delete_and_rechain,
    "insert, new writer": insert,
    "insert into a chain, rechain": insert_into_chain,
    "swap sequence, rechain": swap,
    "backdate, rechain": backdate,
    "truncate a sealed tail": truncate,
    "replay another writer's record": replay,
    "forge a checkpoint": forge_checkpoint,
    "edit a checkpoint": edit_checkpoint,
    "drop a checkpoint": drop_checkpoint,
    "roll back": roll_back,
    "make up another history": alternative_history,
}
