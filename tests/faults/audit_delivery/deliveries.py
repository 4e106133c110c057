"""R5: each record delivered up to five times, out of order, in batches cut anywhere, by several at once."""

from __future__ import annotations

import json
import time
from base64 import b32encode, urlsafe_b64encode
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from random import Random
from typing import Any

from tests.faults.audit_delivery.row import Row
from tests.faults.audit_delivery.storm import emulator_in
from tests.faults.audit_delivery.trail import TABLE, canonical_texts, create_table
from tests.faults.emulator.killable import REGION, KillableEmulator

from mlfn.audit.item import to_item
from mlfn.runtime.sinks import CollisionError
from mlfn.runtime.sinks.dynamodb import DynamoDBSink
from mlfn_audit.collecting.deposit import Deposit
from mlfn_audit.collecting.group_log import GroupLog
from mlfn_audit.collecting.log_lines import LogEvent
from mlfn_audit.collecting.settling import Settler
from mlfn_audit.platform.writer import write

FUNCTION = "faults-dev-echo"
GROUP = f"/aws/lambda/{FUNCTION}"
VERSION = "0123456789ab"
PER_WRITER = 250
DELIVERERS = 4
BY_ITSELF = 0.3
"""The share of records that the function puts itself, as well."""
_BEGAN = datetime(2026, 11, 26, 6, 0, tzinfo=UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """Records on their way: of one log stream, as a subscription delivers them, or from the function itself."""

    stream: str
    texts: tuple[str, ...]
    by_itself: bool = False


def deliver_often(folder: Path, *, records: int, seed: int) -> Row:
    """Deliver a set of records in every disorder; the table must be that set."""
    began = time.monotonic()
    rng = Random(seed)
    folder.mkdir()
    chains = {f"{number:032x}": list(chain(number)) for number in range(-(-records // PER_WRITER))}
    batches = [batch for stream, texts in chains.items() for batch in _batches(stream, texts, rng)]
    rng.shuffle(batches)
    with emulator_in(folder / "state") as emulator:
        create_table(emulator.client("dynamodb"))
        _announce(emulator, chains)
        with ThreadPoolExecutor(DELIVERERS) as pool:
            parts = [batches[each::DELIVERERS] for each in range(DELIVERERS)]
            collisions = sum(pool.map(lambda part: _deliver(emulator, part), parts))
        wrong: list[str] = []
        found = {_digest(text) for text in canonical_texts(emulator.client("dynamodb"), wrong)}
    sent = {_digest(text) for texts in chains.values() for text in texts}
    problems = [*wrong, *[f"{collisions} collisions"] * bool(collisions)]
    problems += [f"{len(sent - found)} records are missing"] * bool(sent - found)
    problems += [f"{len(found - sent)} records are not among those sent"] * bool(found - sent)
    return Row(
        id="R5",
        scenario="delivered 1 to 5 times, in any order",
        calls=len(sent),
        found=f"{sum(len(batch.texts) for batch in batches):,} deliveries in {len(batches):,} batches, "
        f"{len(found):,} records in the table, {collisions} collisions",
        took_s=time.monotonic() - began,
        problems=problems,
    )


def chain(number: int) -> Iterator[str]:
    """The canonical texts of one writer's records, made after docs/audit-record.md alone."""
    writer = _base64url(number.to_bytes(12, "big"))
    previous = None
    for sequence in range(PER_WRITER):
        moment = _BEGAN + timedelta(microseconds=1000 * (number * PER_WRITER + sequence))
        facts = {
            **({"v": 2, "sh": 4} if number % 3 == 2 else {"v": 1}),
            "iv": f"{number}-{sequence}",
            "at": f"{writer}:{sequence}",
            "t0": moment.strftime("%Y-%m-%dT%H:%M:%S.%fZ"),
            "m": "faults.echo",
            "mv": VERSION,
            "fn": FUNCTION,
            "fv": "1",
            "w": writer,
            "ca": f"jane-{number % 7}",
            "ct": "iam_user",
            "ih": _base64url(sha256(str(sequence).encode()).digest()),
            "ib": 3,
            "ph": "completed",
            "st": "ok",
            "x": int(moment.timestamp()) + 365 * 86_400,
            "q": sequence,
        } | ({} if previous is None else {"p": previous})
        facts["id"] = record_id(facts)
        previous = facts["h"] = _base64url(sha256(_canonical(facts).encode()).digest())
        yield _canonical(facts)


def _batches(stream: str, texts: list[str], rng: Random) -> Iterator[Batch]:
    """A stream's deliveries, cut into batches."""
    deliveries = [text for text in texts for _ in range(rng.randint(1, 5))]
    rng.shuffle(deliveries)
    while deliveries:
        size = rng.randint(1, 120)
        yield Batch(stream=stream, texts=tuple(deliveries[:size]))
        deliveries = deliveries[size:]
    for text in texts:
        if rng.random() < BY_ITSELF:
            yield Batch(stream=stream, texts=(text,), by_itself=True)


def _announce(emulator: KillableEmulator, chains: dict[str, list[str]]) -> None:
    """The head of each stream, without which no line is believed."""
    logs = emulator.client("logs")
    logs.create_log_group(logGroupName=GROUP)
    for stream, texts in chains.items():
        said = {"mlfn_writer": {"fv": "1", "m": "faults.echo", "w": json.loads(texts[0])["w"]}}
        logs.create_log_stream(logGroupName=GROUP, logStreamName=stream)
        event = {"timestamp": int(time.time() * 1000), "message": _canonical(said)}
        logs.put_log_events(logGroupName=GROUP, logStreamName=stream, logEvents=[event])


def _deliver(emulator: KillableEmulator, batches: list[Batch]) -> int:
    """Hand batches to the platform's writer, or put them as a function does; how many collisions that gave."""
    table = emulator.client("dynamodb")
    log = GroupLog(client=emulator.client("logs"), group=GROUP)
    deposit = Deposit(client=table, table=TABLE)
    settler = Settler(log=log, deposit=deposit, version_of=lambda *_: VERSION, model="faults.echo")
    put = _own_put(emulator)
    collisions = 0
    for batch in batches:
        if batch.by_itself:
            collisions += put(batch.texts[0])
            continue
        now_ms = int(time.time() * 1000)
        lines = [f'{{"mlfn_spool":{text}}}' for text in batch.texts]
        write(settler, [LogEvent(stream=batch.stream, time_ms=now_ms, message=line) for line in lines], now_ms=now_ms)
    tally = settler.tally
    return collisions + tally.collisions + tally.unbelieved + tally.damaged


def _own_put(emulator: KillableEmulator) -> Callable[[str], int]:
    key: dict[str, Any] = json.loads((emulator.state_dir / "credentials.json").read_text())
    sink = DynamoDBSink(
        {
            "MLFN_AUDIT_TABLE": TABLE,
            "AWS_ENDPOINT_URL": f"http://127.0.0.1:{emulator.port}",
            "AWS_REGION": REGION,
            "AWS_ACCESS_KEY_ID": key["access_key"],
            "AWS_SECRET_ACCESS_KEY": key["secret_key"],
        }
    )

    def put(text: str) -> int:
        try:
            sink.write(json.dumps(to_item(json.loads(text))), 30.0)
        except CollisionError:
            return 1
        return 0

    return put


def _canonical(facts: dict[str, Any]) -> str:
    return json.dumps(facts, ensure_ascii=False, separators=(",", ":"), sort_keys=True)


def record_id(facts: dict[str, Any]) -> str:
    """A record's id, by the specification."""
    digest = sha256(f"{facts['iv']}\n{facts['at']}\n{facts['ph']}".encode()).digest()
    return b32encode(digest).decode().lower()[:26]


def _digest(text: str) -> bytes:
    return sha256(text.encode()).digest()


def _base64url(data: bytes) -> str:
    return urlsafe_b64encode(data).decode().rstrip("=")
