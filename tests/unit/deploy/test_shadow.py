"""What is concluded from a shadow's copies and the calls that they are copies of."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from mlfn.audit.codec import base64url, seal
from mlfn.audit.record import AuditRecord
from mlfn.errors import UsageError
from mlfn.runtime.comparing import compared
from mlfn.shadowing import is_copied
from mlfn_engine.releases.canary import Verdict
from mlfn_engine.releases.history import Move, Shift, ShiftKind, who_moved
from mlfn_engine.releases.shadow import OUTCOMES, Shadow, parse_share, report_on, shadow_of, share_text

LATER = datetime(2026, 11, 27, 12, tzinfo=UTC)
SHADOW = Shadow(function="price", version="2", percent=100, since="2026-11-27T09:00:00.000000Z")


def record(number: int, *, copy: bool = False, **fields: Any) -> AuditRecord:
    """The end of call `number`, or of its copy."""
    wire: dict[str, Any] = {
        "v": 1,
        "id": f"{'copy' if copy else 'live'}-{number}",
        "ph": "completed",
        "st": "ok",
        "iv": f"{'copy' if copy else 'call'}-{number}",
        "at": f"w:{number}",
        "t0": f"2026-11-27T10:{number // 60 % 60:02}:{number % 60:02}.000000Z",
        "m": "shop.price",
        "mv": "0123456789ab",
        "fv": "2" if copy else "1",
        "qa": "shadow" if copy else "live",
        "pt": "shadow" if copy else "direct",
        "du": 2_000 if copy else 1_000,
        "oh": base64url(bytes([number % 256]) * 32),
        "w": "w",
        "x": 1,
    }
    wire |= {"pa": [f"live-{number}"]} if copy else {}
    wire |= fields
    seal(wire)
    return AuditRecord.from_wire({name: value for name, value in wire.items() if value is not None})


def pairs(count: int, **fields: Any) -> list[AuditRecord]:
    return [each for number in range(count) for each in (record(number), record(number, copy=True, **fields))]


def shift(kind: ShiftKind, at: str, to: str, function: str = "price", reason: str | None = None) -> Shift:
    moves = (Move(function=function, source="1", to=to),)
    return Shift(at=at, kind=kind, by="jane", revision=None, moves=moves, reason=reason)


def test_a_share_is_a_number_of_per_cent() -> None:
    assert [parse_share(text) for text in ("20%", "1%", "100", "100%")] == [20, 1, 100, 100]


@pytest.mark.parametrize("text", ["0%", "101%", "-1%", "20%:5m", "", "%", "0.5%"])
def test_anything_else_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match="is no share"):
        parse_share(text)


def test_the_newest_shadow_is_the_one_that_the_release_log_begins_last() -> None:
    history = (
        shift(ShiftKind.SHADOW_END, "2026-11-27T11:00", "3"),
        shift(ShiftKind.PROMOTE, "2026-11-27T10:59", "3"),
        shift(ShiftKind.SHADOW, "2026-11-27T10:00", "3", reason=share_text(25)),
        shift(ShiftKind.SHADOW, "2026-11-27T09:00", "9", function="mood", reason=share_text(5)),
        shift(ShiftKind.SHADOW, "2026-11-27T08:00", "2", reason=share_text(50)),
    )

    found = shadow_of(history, "price")

    assert found == Shadow(
        function="price", version="3", percent=25, since="2026-11-27T10:00", until="2026-11-27T11:00"
    )
    assert shadow_of(history, "quote") is None
    assert who_moved(history, "price")["3"].kind is ShiftKind.PROMOTE
    assert "2" not in who_moved(history, "price")


def test_equal_answers_are_equal_by_their_digests() -> None:
    report = report_on(SHADOW, pairs(30), LATER)

    assert (report.live_calls, report.chosen, report.pairs, report.lost, report.waiting) == (30, 30, 30, 0, 0)
    assert report.outcomes["equal"] == 30
    assert (report.live.p50_ms, report.copies.p95_ms) == (1.0, 2.0)
    assert report.examples == ()
    assert report.judgement.verdict is Verdict.GOOD


def test_each_way_in_which_a_pair_can_end_is_counted() -> None:
    told = compared("100", b"110", discreet=False)
    failed: dict[str, Any] = {"ph": "error", "st": "error", "oh": None, "er": "KeyError"}
    records = [
        *(record(0), record(0, copy=True)),
        *(record(1), record(1, copy=True, oh=base64url(b"?" * 32), os=told)),
        *(record(2), record(2, copy=True, **failed)),
        *(record(3, **failed), record(3, copy=True)),
        *(record(4, **failed), record(4, copy=True, **failed)),
        *(record(5), record(5, copy=True, ph="rejected", st="rejected", oh=None, er="ContractError")),
    ]

    report = report_on(SHADOW, records, LATER)

    assert report.outcomes == dict.fromkeys(OUTCOMES, 1)
    assert report.distances == (0.0909,)
    assert report.errors == {"KeyError": 2, "ContractError": 1}
    assert [pair.live.id for pair in report.examples] == ["live-5", "live-4", "live-3", "live-2", "live-1"]


def test_answers_that_say_the_same_in_other_bytes_are_equal() -> None:
    told = compared('{"a":1}', b'{"a":1.0}', discreet=False)

    report = report_on(SHADOW, pairs(1, oh=base64url(b"?" * 32), os=told), LATER)

    assert report.outcomes["equal"] == 1


def test_digests_under_different_keys_prove_nothing() -> None:
    assert report_on(SHADOW, pairs(1, hk="0123456789abcdef"), LATER).outcomes["different"] == 1


def test_calls_without_a_copy_are_lost_once_it_should_have_ended() -> None:
    records = [record(number) for number in range(10)]
    soon = datetime(2026, 11, 27, 10, 0, 30, tzinfo=UTC)

    assert (report_on(SHADOW, records, LATER).lost, report_on(SHADOW, records, LATER).waiting) == (10, 0)
    assert (report_on(SHADOW, records, soon).lost, report_on(SHADOW, records, soon).waiting) == (0, 10)


def test_only_the_share_is_expected_to_be_copied() -> None:
    part = Shadow(function="price", version="2", percent=30, since=SHADOW.since)
    wanted = sum(is_copied(f"call-{number}", 30) for number in range(200))

    report = report_on(part, [record(number) for number in range(200)], LATER)

    assert (report.live_calls, report.chosen) == (200, wanted)
    assert 30 <= wanted <= 90


def test_what_the_shadow_answers_itself_and_what_came_later_is_no_live_call() -> None:
    ended = Shadow(function="price", version="2", percent=100, since=SHADOW.since, until="2026-11-27T10:00:05.000000Z")
    records = [record(number) for number in range(10)] + [
        record(3, fv="2", id="own"),
        record(4, st="rejected", id="no"),
    ]

    assert report_on(ended, records, LATER).live_calls == 5


def test_a_shadow_that_fails_more_often_is_what_a_canary_would_roll_back() -> None:
    report = report_on(SHADOW, pairs(30, ph="error", st="error", oh=None, er="KeyError"), LATER)

    assert report.judgement.verdict is Verdict.BAD
    assert report.copies.failed == 30


def test_without_calls_there_is_nothing_to_say() -> None:
    report = report_on(SHADOW, [], LATER)

    assert (report.pairs, report.live.p50_ms, report.judgement.verdict) == (0, None, Verdict.UNDECIDED)
