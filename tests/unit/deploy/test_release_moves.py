"""Which moves a rollback and a promotion are made of."""

from __future__ import annotations

import pytest

from mlfn.errors import DeployError, UsageError
from mlfn_engine.releases.history import FunctionVersions, Move, Shift, ShiftKind, Version, who_moved
from mlfn_engine.releases.moves import promotion_moves, rollback_moves

JANE = "arn:aws:iam::000000000000:user/jane"


def function(key: str, *numbers: int, answering: int) -> FunctionVersions:
    versions = tuple(
        Version(
            number=number, image=f"{number}{'abcdef' * 2}"[:12], digest="00" * 32, published_at="2026-11-23T10:00:00"
        )
        for number in numbers
    )
    return FunctionVersions(function=key, versions=versions, answering=str(answering), held_below=None)


def shift(kind: ShiftKind, *moves: tuple[str, str | None, str]) -> Shift:
    made = tuple(Move(function=key, source=source, to=to) for key, source, to in moves)
    return Shift(at="2026-11-23T10:00:00.000000Z", kind=kind, by=JANE, revision="abc", moves=made)


def test_a_rollback_undoes_all_moves_of_the_last_deploy() -> None:
    functions = (function("read", 1, 2, answering=2), function("rate", 4, 5, answering=5))
    history = (shift(ShiftKind.DEPLOY, ("read", "1", "2"), ("rate", "4", "5")),)

    moves = rollback_moves(functions, history, function=None, to=None)

    assert moves == (Move(function="read", source="2", to="1"), Move(function="rate", source="5", to="4"))


def test_a_second_rollback_goes_one_deploy_further_back() -> None:
    history = (
        shift(ShiftKind.ROLLBACK, ("read", "3", "2")),
        shift(ShiftKind.DEPLOY, ("read", "2", "3")),
        shift(ShiftKind.DEPLOY, ("read", "1", "2")),
    )

    moves = rollback_moves((function("read", 1, 2, 3, answering=2),), history, function=None, to=None)

    assert moves == (Move(function="read", source="2", to="1"),)


def test_a_rollback_of_one_model_leaves_the_others() -> None:
    functions = (function("read", 1, 2, answering=2), function("rate", 4, 5, answering=5))
    history = (shift(ShiftKind.DEPLOY, ("read", "1", "2"), ("rate", "4", "5")),)

    assert rollback_moves(functions, history, function="rate", to=None) == (Move(function="rate", source="5", to="4"),)


def test_a_rollback_goes_to_what_answered_before_not_to_the_next_lower_number() -> None:
    history = (shift(ShiftKind.DEPLOY, ("read", "1", "3")),)

    moves = rollback_moves((function("read", 1, 2, 3, answering=3),), history, function="read", to=None)

    assert moves == (Move(function="read", source="3", to="1"),)


def test_without_a_log_the_next_older_version_is_taken() -> None:
    assert rollback_moves((function("read", 1, 2, 4, answering=4),), (), function="read", to=None) == (
        Move(function="read", source="4", to="2"),
    )


def test_a_deploy_whose_old_version_is_gone_cannot_be_undone() -> None:
    history = (shift(ShiftKind.DEPLOY, ("read", "1", "2")),)

    with pytest.raises(DeployError, match="nothing to roll back to"):
        rollback_moves((function("read", 2, answering=2),), history, function=None, to=None)


def test_a_first_version_has_none_before_it() -> None:
    with pytest.raises(DeployError, match="read has no version before 1"):
        rollback_moves((function("read", 1, answering=1),), (), function="read", to=None)


def test_a_version_is_named_by_number_or_by_its_image() -> None:
    functions = (function("read", 1, 2, answering=2),)

    assert promotion_moves(functions, "read", "1") == promotion_moves(functions, "read", "1abc")


def test_promoting_what_answers_is_nothing_to_do() -> None:
    assert promotion_moves((function("read", 1, 2, answering=2),), "read", "2") == ()


@pytest.mark.parametrize(
    ("model", "version", "told"),
    [
        ("write", "1", "There is no deployed model 'write'"),
        ("read", "9", "read has no version '9'"),
        ("read", "bad0", "read has no version 'bad0'"),
    ],
)
def test_what_does_not_exist_is_named(model: str, version: str, told: str) -> None:
    with pytest.raises(UsageError, match=told):
        promotion_moves((function("read", 1, 2, answering=2),), model, version)


def test_a_version_of_all_models_at_once_is_refused() -> None:
    with pytest.raises(UsageError, match="--to is a version of one model"):
        rollback_moves((function("read", 1, answering=1),), (), function=None, to="1")


def test_the_newest_entry_says_who_put_a_version_to_work() -> None:
    promoted = shift(ShiftKind.PROMOTE, ("read", "2", "1"))
    history = (promoted, shift(ShiftKind.DEPLOY, ("read", "1", "2")), shift(ShiftKind.DEPLOY, ("read", None, "1")))

    assert who_moved(history, "read")["1"] is promoted


def test_an_entry_is_read_back_as_it_was_kept() -> None:
    entry = shift(ShiftKind.ROLLBACK, ("read", "2", "1"), ("rate", None, "5"))

    assert Shift.from_json(entry.to_json()) == entry
