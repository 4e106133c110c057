"""A shadow: a version that gets copies of calls, and how its answers compare with those that callers got."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from mlfn.audit.record import Status
from mlfn.errors import UsageError
from mlfn.shadowing import SAME, is_copied
from mlfn_engine.releases.canary import FAILED, judge, seen
from mlfn_engine.releases.history import ShiftKind

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from mlfn.audit.record import AuditRecord
    from mlfn_engine.releases.canary import Judgement
    from mlfn_engine.releases.history import Shift

_ANSWERED = frozenset({Status.OK, Status.ERROR})
"""How calls end that are copied: a refused one is the caller's doing, and a killed environment copies nothing."""
_NEVER = "9999"
_SHARE = re.compile(r"(\d{1,3})%?")
_NUMBERS = re.compile(r"\d+ of \d+ values differ, \d+ of them numbers, by at most (\S+) %")
EXAMPLES = 5
"""Pairs that are not equal, shown."""
WAIT = timedelta(minutes=2)
"""A copy waits a minute at most before it runs."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Shadow:
    """Which version of a function gets copies, of how many calls, since when."""

    function: str
    version: str
    percent: int
    since: str
    until: str | None = None
    """When it ended; None: it goes on."""


def parse_share(text: str) -> int:
    """A share as people type it, `20%`, in per cent.

    Raises:
        UsageError: it is none.
    """
    found = _SHARE.fullmatch(text)
    if not found or not 1 <= int(found[1]) <= 100:
        raise UsageError(f"{text!r} is no share of the calls.", hint="Write 20% (1 to 100 %).")
    return int(found[1])


def share_text(percent: int) -> str:
    """What an entry of the release log says of a shadow's share."""
    return f"copies of {percent} % of the calls"


def shadow_of(history: Iterable[Shift], function: str) -> Shadow | None:
    """The newest shadow of a function, by the release log, newest entry first; under way or ended."""
    until: str | None = None
    for shift in history:
        if not any(move.function == function for move in shift.moves):
            continue
        if shift.kind is ShiftKind.SHADOW_END:
            until = shift.at
        elif shift.kind is ShiftKind.SHADOW:
            (move,) = (each for each in shift.moves if each.function == function)
            percent = int(next(iter(re.findall(r"\d+", shift.reason or "")), "0"))
            return Shadow(function=function, version=move.to, percent=percent, since=shift.at, until=until)
    return None


@dataclass(frozen=True, slots=True, kw_only=True)
class Pair:
    """A call that a caller has the answer of, and its copy."""

    live: AuditRecord
    copy: AuditRecord

    @property
    def outcome(self) -> str:
        """How the two ended, beside each other."""
        live, copy = self.live.status == Status.OK, self.copy.status == Status.OK
        if self.copy.status == Status.REJECTED:
            return REFUSED
        if live and copy:
            return EQUAL if self._is_equal() else DIFFERENT
        return ONLY_SHADOW_FAILED if live else ONLY_LIVE_FAILED if copy else BOTH_FAILED

    @property
    def distance(self) -> float | None:
        """How far apart numbers in the two answers are at most, as a part of the larger; None if none differ."""
        found = _NUMBERS.fullmatch(self.copy.summary or "")
        return float(found[1]) / 100 if found else None

    def _is_equal(self) -> bool:
        live, copy = self.live, self.copy
        return copy.summary == SAME or (live.output_digest, live.data_key) == (copy.output_digest, copy.data_key)


EQUAL, DIFFERENT, REFUSED = "equal", "different", "refused"
ONLY_SHADOW_FAILED, ONLY_LIVE_FAILED, BOTH_FAILED = "only the shadow failed", "only live failed", "both failed"
OUTCOMES = (EQUAL, DIFFERENT, ONLY_SHADOW_FAILED, ONLY_LIVE_FAILED, BOTH_FAILED, REFUSED)


@dataclass(frozen=True, slots=True, kw_only=True)
class Side:
    """The calls of one side of all pairs."""

    failed: int
    p50_ms: float | None
    p95_ms: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ShadowReport:
    """How a shadow does."""

    shadow: Shadow
    live_calls: int
    """Calls that were answered, or failed in the model, since the shadow began."""
    chosen: int
    """Those of them that were to be copied."""
    pairs: int
    """Those of them whose copy has come to an end."""
    waiting: int
    """Those of them whose copy may still be on its way."""
    outcomes: Mapping[str, int]
    live: Side
    copies: Side
    distances: tuple[float, ...]
    """Of pairs with numbers that differ, how far they do at most, in order."""
    errors: Mapping[str, int]
    """What the shadow failed with, by type, and how often."""
    examples: tuple[Pair, ...]
    """The newest pairs that are not equal."""
    judgement: Judgement
    """What a canary would conclude of the same calls."""

    @property
    def lost(self) -> int:
        """Calls that were to be copied, and of whose copy nothing is known, although it should have ended."""
        return self.chosen - self.pairs - self.waiting


def report_on(shadow: Shadow, records: Iterable[AuditRecord], now: datetime) -> ShadowReport:
    """What the records of a model's calls and copies, by the end of each, say of its shadow."""
    live, copies = _by_side(shadow, records)
    pairs = [Pair(live=live[parent], copy=copy) for parent, copy in copies if parent in live]
    pairs.sort(key=lambda pair: pair.live.started_at)
    paired = {pair.live.id for pair in pairs}
    missing = [each for each in live.values() if each.id not in paired and is_copied(each.invocation, shadow.percent)]
    waiting = sum(now - datetime.fromisoformat(each.started_at) < WAIT for each in missing)
    unequal = [pair for pair in pairs if pair.outcome != EQUAL]
    outcomes = Counter(pair.outcome for pair in pairs)
    return ShadowReport(
        shadow=shadow,
        live_calls=len(live),
        chosen=len(paired) + len(missing),
        pairs=len(pairs),
        waiting=waiting,
        outcomes={name: outcomes[name] for name in OUTCOMES},
        live=_side([pair.live for pair in pairs]),
        copies=_side([pair.copy for pair in pairs]),
        distances=tuple(sorted(pair.distance for pair in pairs if pair.distance is not None)),
        errors=Counter(pair.copy.error or str(pair.copy.status) for pair in pairs if pair.copy.status != Status.OK),
        examples=tuple(unequal[: -EXAMPLES - 1 : -1]),
        judgement=judge(seen(pair.copy for pair in pairs), seen(pair.live for pair in pairs), at_end=True),
    )


def _by_side(
    shadow: Shadow, records: Iterable[AuditRecord]
) -> tuple[dict[str, AuditRecord], list[tuple[str, AuditRecord]]]:
    """Live calls by their records' ids, and copies, each with the id of the record that it is a copy of."""
    live: dict[str, AuditRecord] = {}
    copies: list[tuple[str, AuditRecord]] = []
    for record in records:
        if record.status is None:
            continue
        is_ours = record.function_version == shadow.version
        is_answered = record.status in _ANSWERED and record.started_at < (shadow.until or _NEVER)
        if record.is_call and not is_ours and is_answered:
            live[record.id] = record
        elif record.is_copy and is_ours and record.parents:
            copies.append((record.parents[0], record))
    return live, copies


def _side(records: Sequence[AuditRecord]) -> Side:
    times = sorted(record.duration_us / 1000 for record in records if record.duration_us is not None)
    return Side(
        failed=sum(record.status in FAILED for record in records),
        p50_ms=quantile(times, 0.5),
        p95_ms=quantile(times, 0.95),
    )


def quantile(ordered: Sequence[float], share: float) -> float | None:
    """The value that so many of the others do not exceed; None without any."""
    return ordered[min(int(share * len(ordered)), len(ordered) - 1)] if ordered else None
