"""Which error a Retry or Catch handles, and how long a retry waits."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from mlfn_localstack.services.stepfunctions.asl.failure import StateError
from mlfn_localstack.services.stepfunctions.asl.recovery import find_catcher, matches, next_delay


@pytest.mark.parametrize(
    ("error", "names", "expected"),
    [
        ("Custom", ["Custom"], True),
        ("Custom", ["Other", "Custom"], True),
        ("Custom", ["States.TaskFailed"], True),
        ("Custom", ["States.ALL"], True),
        ("States.Timeout", ["States.TaskFailed"], False),
        ("States.Timeout", ["States.ALL"], True),
        ("States.DataLimitExceeded", ["States.ALL"], True),
        ("States.Runtime", ["States.ALL"], False),
        ("States.Runtime", ["States.Runtime"], False),
        ("Lambda.Unknown", ["Lambda"], False),
    ],
)
def test_error_names_match(error: str, names: list[str], *, expected: bool) -> None:
    assert matches(StateError(error), names) is expected


def delays(retrier: Mapping[str, object], count: int) -> list[float | None]:
    state, counts = {"Retry": [{"ErrorEquals": ["States.ALL"], **retrier}]}, [0]
    return [next_delay(state, StateError("E"), counts) for _ in range(count)]


def test_the_defaults_are_three_attempts_from_one_second_doubling() -> None:
    assert delays({}, 4) == [1.0, 2.0, 4.0, None]


def test_a_delay_grows_up_to_its_maximum() -> None:
    retrier = {"IntervalSeconds": 3, "BackoffRate": 10, "MaxDelaySeconds": 50, "MaxAttempts": 9}

    assert delays(retrier, 4) == [3.0, 30.0, 50.0, 50.0]


def test_no_attempts_is_no_retry() -> None:
    assert delays({"MaxAttempts": 0}, 1) == [None]


def test_a_huge_backoff_does_not_overflow() -> None:
    assert delays({"BackoffRate": 1e300, "MaxAttempts": 3, "MaxDelaySeconds": 7}, 3)[2] == 7.0


def test_full_jitter_draws_from_zero_to_the_delay() -> None:
    state = {"Retry": [{"ErrorEquals": ["States.ALL"], "IntervalSeconds": 8, "JitterStrategy": "FULL"}]}

    assert next_delay(state, StateError("E"), [0], uniform=lambda low, high: low + high / 2) == 4.0


def test_each_retrier_counts_for_itself() -> None:
    state = {"Retry": [{"ErrorEquals": ["A"], "MaxAttempts": 1}, {"ErrorEquals": ["States.ALL"], "MaxAttempts": 1}]}
    counts = [0, 0]

    outcomes = [next_delay(state, StateError(error), counts) for error in ("A", "B", "A", "B")]

    assert outcomes == [1.0, 1.0, None, None]


def test_the_first_catcher_that_matches_catches() -> None:
    state = {"Catch": [{"ErrorEquals": ["A"], "Next": "X"}, {"ErrorEquals": ["States.ALL"], "Next": "Y"}]}

    found = [find_catcher(state, StateError(error)) for error in ("A", "B")]

    assert [(position, catcher["Next"]) for position, catcher in filter(None, found)] == [(0, "X"), (1, "Y")]
