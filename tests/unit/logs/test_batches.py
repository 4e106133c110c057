"""What one call of PutLogEvents is given."""

from __future__ import annotations

from collections import deque

from mlfn_localstack.log_batches import next_batch


def test_a_batch_ends_before_it_is_too_large() -> None:
    events = deque((moment, "x" * 400_000) for moment in range(3))

    assert [len(next_batch(events)) for _ in range(3)] == [2, 1, 0]


def test_a_batch_ends_after_a_day() -> None:
    events = deque([(0, "start"), (86_400_000, "in time"), (86_400_001, "later")])

    assert [[each["message"] for each in next_batch(events)] for _ in range(2)] == [["start", "in time"], ["later"]]
