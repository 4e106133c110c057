"""A canary: a share of the calls for the new version, and the judgement of how it does beside the old one."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, field
from enum import StrEnum
from statistics import median
from typing import TYPE_CHECKING

from mlfn.errors import UsageError
from mlfn_engine.releases.significance import different, larger, more_often, stability_index

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from mlfn.audit.record import AuditRecord

_CANARY = re.compile(r"(\d{1,2})%:(\d+)([smh])")
_SECONDS = {"s": 1, "m": 60, "h": 3600}
MIN_CALLS = 20
"""Of the new version, before anything is concluded from them."""
ON_THE_WAY, AT_THE_END = 0.0003, 0.003
"""How unlikely a difference must be by chance: looking again and again finds chance sooner or later."""
MORE_ERRORS = 0.01
SLOWER, SLOWER_MS = 1.5, 2.0
"""A median this many times the old one, and this many milliseconds more, is worse; less is not worth a rollback."""
SHIFTED = 0.25
FAILED = frozenset({"error", "timeout", "oom", "killed"})
"""What is the model's doing; `rejected` is the caller's."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Canary:
    """How much of the traffic, for how long."""

    percent: int
    window_s: float


def parse_canary(text: str) -> Canary:
    """A canary as people type it: `10%:15m`.

    Raises:
        UsageError: it is none.
    """
    found = _CANARY.fullmatch(text)
    if not found or not int(found[1]) or not int(found[2]):
        raise UsageError(f"{text!r} is no canary.", hint="Write a share and a time: 10%:15m (1 to 99 %; s, m, h).")
    return Canary(percent=int(found[1]), window_s=int(found[2]) * _SECONDS[found[3]])


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """What the audit trail says of one version."""

    calls: int
    errors: int
    durations_ms: tuple[float, ...]
    bins: tuple[Mapping[int, int], ...] = field(default=())
    """For each feature of the calls' sketches, how often each bin."""


def seen(ends: Iterable[AuditRecord]) -> Seen:
    """What calls that have ended say, by the record of each one's end; those refused do not count."""
    counted = [record for record in ends if record.status in FAILED or record.status == "ok"]
    sketches = [record.sketch for record in counted if record.sketch]
    width = max(map(len, sketches), default=0)
    return Seen(
        calls=len(counted),
        errors=sum(record.status in FAILED for record in counted),
        durations_ms=tuple(record.duration_us / 1000 for record in counted if record.duration_us is not None),
        bins=tuple(Counter(sketch[at] for sketch in sketches if at < len(sketch)) for at in range(width)),
    )


class Verdict(StrEnum):
    """What is concluded."""

    GOOD = "good"
    BAD = "bad"
    UNDECIDED = "undecided"


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgement:
    """A verdict and what it rests on, in words."""

    verdict: Verdict
    reasons: tuple[str, ...]


def judge(new: Seen, old: Seen, *, at_end: bool) -> Judgement:
    """How the new version does beside the old one."""
    if new.calls < MIN_CALLS:
        return Judgement(verdict=Verdict.UNDECIDED, reasons=(f"{new.calls} of {MIN_CALLS} calls",))
    chance = AT_THE_END if at_end else ON_THE_WAY
    reasons = tuple(filter(None, (_errors(new, old, chance), _latency(new, old, chance), _shift(new, old, chance))))
    if reasons:
        return Judgement(verdict=Verdict.BAD, reasons=reasons)
    rates = f"{new.errors} of {new.calls} calls failed, {old.errors} of {old.calls} of the old version's"
    return Judgement(verdict=Verdict.GOOD if at_end else Verdict.UNDECIDED, reasons=(rates,))


def _errors(new: Seen, old: Seen, chance: float) -> str:
    rate, was = new.errors / new.calls, old.errors / old.calls if old.calls else 0.0
    # without calls of the old version there is nothing to compare with: then half of the new one's must fail
    worse = more_often(new.errors, new.calls, old.errors, old.calls) < chance if old.calls else rate >= 0.5
    return (
        f"{rate:.1%} of its calls fail, {was:.1%} of the old version's" if worse and rate - was >= MORE_ERRORS else ""
    )


def _latency(new: Seen, old: Seen, chance: float) -> str:
    if not new.durations_ms or not old.durations_ms:
        return ""
    now, was = median(new.durations_ms), median(old.durations_ms)
    is_worse = now > was * SLOWER and now - was > SLOWER_MS and larger(new.durations_ms, old.durations_ms) < chance
    return f"it takes {now:.1f} ms, the old version {was:.1f} ms (medians)" if is_worse else ""


def _shift(new: Seen, old: Seen, chance: float) -> str:
    indexes = [
        (stability_index(counts, base), at)
        for at, (counts, base) in enumerate(zip(new.bins, old.bins, strict=False))
        if min(sum(counts.values()), sum(base.values())) >= MIN_CALLS and different(counts, base) < chance
    ]
    worst, at = max(indexes, default=(0.0, 0))
    if worst <= SHIFTED:
        return ""
    return f"its data or predictions differ (feature {at + 1} of the sketch, stability index {worst:.2f})"
