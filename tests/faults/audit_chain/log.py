"""Generated trails: several writers, strict and standard calls, late records, filled gaps, several checkpoints."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from mlfn.audit import codec
from mlfn_audit.checkpoint import OpenedCheckpoint, Sealed
from mlfn_audit.sealing import Fact, Head, State, seal, select
from mlfn_audit.signing import FileSigner

Wire = dict[str, Any]
START = datetime(2026, 11, 23, 6, 0, tzinfo=UTC)
NAME = "mlfn-audit-test.eu-central-1.123456789012"
SIGNER = FileSigner(name=NAME, key=Ed25519PrivateKey.from_private_bytes(bytes(range(32))))
RETENTION_S = 365 * 86_400


@dataclass(slots=True)
class Log:
    """A trail as an attacker finds it: records and sealed checkpoints."""

    records: list[Wire] = field(default_factory=list)
    sealed: list[Sealed] = field(default_factory=list)
    opened: list[OpenedCheckpoint] = field(default_factory=list)
    """What the checkpoints say."""
    now: datetime = START

    def sealed_records(self) -> list[Wire]:
        """The chained records that a checkpoint has sealed."""
        ends = {run.writer: run.last for each in self.opened for run in each.contents.runs}
        return [wire for wire in self.records if wire.get("q", 1 << 60) <= ends.get(wire["w"], -1)]

    def lines(self) -> list[bytes]:
        """The exported file."""
        checkpoints = [{"mlfn_checkpoint": each.to_json()} for each in self.sealed]
        documents = [json.dumps(each, ensure_ascii=False).encode() + b"\n" for each in checkpoints]
        return documents + [b'{"mlfn_audit":%b}\n' % codec.canonical(wire) for wire in self.records]

    def chain(self, writer: str) -> list[Wire]:
        """A writer's records in the order of their numbers."""
        return sorted(
            (wire for wire in self.records if wire["w"] == writer and "q" in wire), key=lambda wire: wire["q"]
        )


def stamp(moment: datetime) -> str:
    """A moment as records write it."""
    return moment.strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def fact(wire: Wire) -> Fact:
    """What sealing needs of a record."""
    return Fact(
        id=wire["id"],
        writer=wire["w"],
        sequence=wire.get("q"),
        digest=wire["h"],
        made_at=wire.get("t1") or wire["t0"],
        expires_at=wire["x"],
    )


def record(rng: Random, *, writer: str, call: int, at: datetime, phase: str = "completed") -> Wire:
    """A sealed record without a place in a chain yet."""
    wire: Wire = {
        "v": 1,
        "ph": phase,
        "iv": f"{rng.getrandbits(128):032x}",
        "at": f"{writer}:{call}",
        "t0": stamp(at),
        "m": f"shop.{rng.choice(['price', 'mood'])}",
        "mv": "0123456789ab",
        "ma": codec.base64url(rng.randbytes(32)),
        "fn": "shop-dev-price",
        "fv": "3",
        "ca": f"arn:aws:iam::123456789012:user/{rng.choice(['jane', 'john', 'zoë'])}",
        "cl": 2,
        "cs": call == 0,
        "ih": codec.base64url(rng.randbytes(32)),
        "ib": rng.randrange(1 << 20),
        "x": int(at.timestamp()) + RETENTION_S,
        "w": writer,
    }
    if phase == "completed":
        wire |= {"t1": stamp(at + timedelta(milliseconds=20)), "du": 20_000, "st": "ok", "ob": 9}
        wire |= {"oh": codec.base64url(rng.randbytes(32))}
    wire["id"] = codec.event_id(wire["iv"], wire["at"], phase)
    return wire


def rechain(chain: list[Wire]) -> None:
    """Give the records of a writer new links and hashes, as somebody who owns the table can."""
    previous = None
    for wire in chain:
        wire.pop("p", None)
        if previous is not None:
            wire["p"] = previous
        codec.seal(wire)
        previous = wire["h"]


def written(rng: Random, writer: str, calls: int, minutes: int) -> list[Wire]:
    """The records of one environment."""
    times = sorted(START + timedelta(seconds=rng.uniform(0, minutes * 60)) for _ in range(calls))
    strict = rng.random() < 0.3
    chain: list[Wire] = []
    for call, at in enumerate(times):
        completed = record(rng, writer=writer, call=call, at=at)
        if strict:
            started = {**completed, "ph": "started"}
            for name in ("t1", "du", "st", "ob", "oh"):
                del started[name]
            started["id"] = codec.event_id(started["iv"], started["at"], "started")
            chain.append(started)
        chain.append(completed)
    for sequence, wire in enumerate(chain):
        wire["q"] = sequence
    rechain(chain)
    return chain


def make_log(rng: Random, *, writers: int = 5, calls: int = 12, minutes: int = 40, tail: bool = True) -> Log:
    """A clean trail: sealed every five minutes; the last minutes are not sealed if there is a `tail`."""
    log = Log()
    arrivals: list[tuple[str, Wire]] = []
    for _ in range(writers):
        writer = codec.base64url(rng.randbytes(12))
        for wire in written(rng, writer, rng.randrange(2, calls + 1), minutes):
            # One in twenty records is put a while after it was made.
            delay = timedelta(seconds=rng.uniform(60, 900) if rng.random() < 0.05 else rng.uniform(0, 1))
            made = datetime.fromisoformat(wire.get("t1") or wire["t0"])
            arrivals.append((stamp(made + delay), wire))
        if rng.random() < 0.4:
            at = START + timedelta(seconds=rng.uniform(0, minutes * 60))
            abandoned = record(rng, writer=writer, call=999, at=at, phase="abandoned") | {"st": "timeout"}
            codec.seal(abandoned)
            arrivals.append((stamp(at + timedelta(seconds=30)), abandoned))
    arrivals.sort(key=lambda each: each[0])
    end = minutes - 5 if tail else minutes + 20
    for minute in range(5, end + 1, 5):
        log.now = START + timedelta(minutes=minute)
        log.records = [wire for when, wire in arrivals if when <= stamp(log.now)]
        seal_now(log)
    log.now = START + timedelta(minutes=max(minutes, end))
    log.records = [wire for when, wire in arrivals if when <= stamp(log.now)]
    if tail:
        rng.shuffle(log.records)
    return log


def seal_now(log: Log) -> None:
    """Seal what is there, as the sealer does."""
    heads: dict[str, Head] = {}
    for each in log.opened:
        for run in each.contents.runs:
            heads[run.writer] = heads.get(run.writer, Head()).with_run(run.first, run.last)
    loose = frozenset(each.id for checkpoint in log.opened for each in checkpoint.contents.loose)
    previous = log.opened[-1] if log.opened else None
    state = State(previous=previous, heads=heads, loose=loose)
    selection = select([fact(wire) for wire in log.records], state, give_up_before="")
    if selection.facts:
        sealed = seal(selection, previous, SIGNER, now=stamp(log.now))
        log.sealed.append(sealed)
        log.opened.append(sealed.opened(SIGNER.public_key))
