"""A year of calls: which partitions there are, and the records of each, by seeded chance."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cached_property
from hashlib import sha256
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING, Any

from mlfn.audit import codec
from mlfn.audit.item import shrink, to_item
from mlfn.audit.keys import directory_key, directory_sort, model_key
from mlfn_audit.query import timestamp

if TYPE_CHECKING:
    from collections.abc import Iterator

SEED = 20261126
START = datetime(2026, 1, 1, tzinfo=UTC)
DAYS = 365
MODELS = ("reviews.sentiment", "reviews.ocr", "pricing.quote", "pricing.step")
BUSY, STEPS = MODELS[0], MODELS[3]
BURST = (START + timedelta(days=200, hours=9), 4, 0.1)
"""A burst of calls of the first model: when, for how many hours, and which share of all records."""
ACCOUNT = "123456789012"
SPARSE = f"arn:aws:iam::{ACCOUNT}:user/auditor"
"""A caller who calls once in three days."""
LONG_RUN = f"arn:aws:states:eu-central-1:{ACCOUNT}:execution:pricing-prod-Bulk:{'b' * 36}"
"""A run with 2,000 steps (or as many as the first hour of the burst has calls)."""
POPULAR = sha256(b"the same again").digest()
"""An input that one call in twenty has."""
INPUTS, CALLERS, LONGEST_RUN, STEPS_OF_RUN = 20_000, 50, 2_000, 5
FAR = 2 * 10**9
GOLDEN = Path(__file__).parents[2] / "tests/golden/audit/completed.json"

Item = dict[str, dict[str, Any]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Partition:
    """An hour of a model."""

    model: str
    hour: datetime
    count: int

    @property
    def version(self) -> str:
        """A new one each month."""
        return sha256(f"{self.model}{self.function_version}".encode()).hexdigest()[:12]

    @property
    def function_version(self) -> int:
        """Of Lambda."""
        return (self.hour - START).days // 30 + 1

    @property
    def stamp(self) -> str:
        """The hour as keys have it."""
        return self.hour.strftime("%Y%m%dT%H")

    @property
    def key(self) -> str:
        """Its key in the table."""
        return model_key(self.model, self.version, self.stamp, 0)

    @property
    def writer(self) -> str:
        """The one environment that wrote it."""
        return codec.base64url(sha256(self.key.encode()).digest()[:12])


@dataclass(frozen=True)
class Year:
    """The calls of a year."""

    count: int

    @cached_property
    def partitions(self) -> list[Partition]:
        """Every hour that has calls, in order."""
        hours = [(START + timedelta(hours=hour), model) for hour in range(DAYS * 24) for model in MODELS]
        spread = (self.count - self._burst) / len(hours)
        return [
            Partition(model=model, hour=hour, count=count)
            for number, (hour, model) in enumerate(hours)
            if (count := int((number + 1) * spread) - int(number * spread) + self._in_burst(model, hour))
        ]

    @property
    def _burst(self) -> int:
        return int(self.count * BURST[2]) // BURST[1] * BURST[1]

    def _in_burst(self, model: str, hour: datetime) -> int:
        first, hours, _ = BURST
        return self._burst // hours if model == BUSY and first <= hour < first + timedelta(hours=hours) else 0


def directory(part: Partition) -> Item:
    """The directory's entry that leads to a partition."""
    entry = directory_sort(part.stamp, part.version, str(part.function_version), 0)
    return {"pk": {"S": directory_key(part.model)}, "sk": {"S": entry}, "x": {"N": str(FAR)}}


def root(model: str) -> Item:
    """The list of models' entry."""
    return {"pk": {"S": "B#"}, "sk": {"S": model}}


def records(part: Partition) -> Iterator[Item]:
    """The records of an hour, in the order of their sort keys: one chain."""
    rng = Random(f"{SEED}{part.key}")  # noqa: S311 - seeded, for the same trail each time
    previous: str | None = None
    for number, at in enumerate(sorted(rng.sample(range(3_600_000_000), part.count))):
        wire = _wire(part, number, part.hour + timedelta(microseconds=at), rng)
        if previous is not None:
            wire["p"] = previous
        shrink(wire)
        codec.seal(wire)
        previous = wire["h"]
        yield to_item(wire)


def head(part: Partition) -> Item:
    """How far a partition's writer is sealed."""
    return {"pk": {"S": f"W#{part.writer}"}, "sk": {"S": "head"}, "q": {"N": str(part.count)}, "x": {"N": str(FAR)}}


def checkpoint(number: int, hour: str) -> Item:
    """A checkpoint as the table has it."""
    return {"pk": {"S": f"K#{hour}"}, "sk": {"S": f"{number:010}"}, "note": {"S": "n" * 700}, "x": {"N": str(FAR)}}


def _wire(part: Partition, number: int, at: datetime, rng: Random) -> codec.Wire:
    invocation = f"{rng.getrandbits(128):032x}"
    attempt = f"{part.writer}:{number}"
    wire: codec.Wire = _TEMPLATE | {
        "iv": f"{invocation[:8]}-{invocation[8:12]}-{invocation[12:16]}-{invocation[16:20]}-{invocation[20:]}",
        "at": attempt,
        "t0": timestamp(at),
        "t1": timestamp(at + timedelta(milliseconds=rng.randrange(1, 900))),
        "m": part.model,
        "mv": part.version,
        "fv": str(part.function_version),
        "ca": _caller(part, number, rng),
        "ih": codec.base64url(_input(rng)),
        "oh": codec.base64url(rng.randbytes(32)),
        "w": part.writer,
        "q": number,
        "x": FAR,
    }
    if run := _run(part, number):
        wire["ex"] = run
    wire["id"] = codec.event_id(wire["iv"], attempt, "completed")
    return wire


def _caller(part: Partition, number: int, rng: Random) -> str:
    sparse = number == 0 and part.model == BUSY and part.hour.hour == 10 and (part.hour - START).days % 3 == 0
    return SPARSE if sparse else f"arn:aws:iam::{ACCOUNT}:user/caller-{int(CALLERS * rng.random() ** 2)}"


def _input(rng: Random) -> bytes:
    return POPULAR if rng.random() < 0.05 else sha256(b"%d" % rng.randrange(INPUTS)).digest()


def _run(part: Partition, number: int) -> str | None:
    if part.model == STEPS:
        return run_of(part, number // STEPS_OF_RUN)
    return LONG_RUN if part.model == BUSY and part.hour == BURST[0] and number < LONGEST_RUN else None


def run_of(part: Partition, number: int) -> str:
    """A run of the pipeline whose steps are the fourth model's calls."""
    return f"arn:aws:states:eu-central-1:{ACCOUNT}:execution:pricing-prod-QuoteSync:{part.stamp}-{number}"


_TEMPLATE: codec.Wire = json.loads(GOLDEN.read_text())["record"]
