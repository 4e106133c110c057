"""Which moves of traffic wait for an approval, and what one is of."""

from __future__ import annotations

from dataclasses import replace

import pytest

from mlfn_engine.releases.history import EMERGENCY, FunctionVersions, Move, Shift, ShiftKind, Version
from mlfn_engine.releases.promotions import goes_back, moves_digest, moves_shown


def move(source: str | None, to: str) -> Move:
    return Move(function="mood", source=source, to=to)


def shift(kind: ShiftKind, source: str | None, to: str) -> Shift:
    return Shift(at="t", kind=kind, by="arn:aws:iam::000000000000:user/jane", revision=None, moves=(move(source, to),))


HISTORY = (
    shift(ShiftKind.DEPLOY, "1", "3"),
    shift(ShiftKind.ROLLBACK, "2", "1"),
    shift(ShiftKind.CANARY, "1", "2"),
    shift(ShiftKind.DEPLOY, None, "1"),
)


@pytest.mark.parametrize(
    ("source", "to", "is_return"),
    [
        pytest.param("3", "1", True, id="to what answered before"),
        pytest.param("1", "3", False, id="to what is newer"),
        pytest.param("4", "4", True, id="to the end of a canary"),
        pytest.param(None, "1", False, id="from nothing"),
        pytest.param("4", "9", False, id="to what never answered"),
    ],
)
def test_the_way_back_is_to_an_older_version_that_answered(source: str | None, to: str, is_return: bool) -> None:
    assert goes_back(move(source, to), HISTORY) is is_return


def test_a_version_that_was_a_canary_only_has_not_answered() -> None:
    only_a_canary = (shift(ShiftKind.DEPLOY, "1", "3"), shift(ShiftKind.CANARY, "1", "2"))

    assert not goes_back(move("3", "2"), only_a_canary)


def test_without_a_log_the_number_decides() -> None:
    assert goes_back(move("3", "2"), ())
    assert not goes_back(move("2", "3"), ())


def test_an_approval_is_of_where_traffic_is_where_it_goes_and_which_code_that_is() -> None:
    versions = tuple(
        Version(number=number, image="abc", digest=f"{number}0" * 32, published_at="t") for number in (1, 2)
    )
    mood = FunctionVersions(function="mood", versions=versions, answering="1", held_below="2")
    other_code = replace(mood, versions=(versions[0], replace(versions[1], digest="ff" * 32)))
    digests = {
        moves_digest(moves_shown("shop", stage, "aws", [(moved, function)]))
        for stage, moved, function in (
            ("prod", move("1", "2"), mood),
            ("dev", move("1", "2"), mood),
            ("prod", move("3", "2"), mood),
            ("prod", move("1", "2"), other_code),
            ("prod", move("1", "2"), replace(mood, canary="2", percent=10)),
        )
    }

    assert len(digests) == 5


def test_the_release_log_tells_an_emergency() -> None:
    went_back = replace(shift(ShiftKind.ROLLBACK, "2", "1"), reason=EMERGENCY)

    assert Shift.from_json(went_back.to_json()).is_emergency
    assert not HISTORY[0].is_emergency
