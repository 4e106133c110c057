"""How two answers to the same call compare, without a word of what is in them."""

from __future__ import annotations

import sys

import pytest

from mlfn.runtime.comparing import DIFFERENT, compared
from mlfn.shadowing import ALONE, SAME


@pytest.mark.parametrize(
    ("live", "own", "told"),
    [
        ('{"a":1}', '{"a":1}', SAME),
        ('{"a":1,"b":2}', '{"b":2.0,"a":1}', SAME),
        (None, "1", ALONE),
        ('"calm"', '"happy"', "1 of 1 values differ"),
        ("100", "110", "1 of 1 values differ, 1 of them numbers, by at most 9.09 %"),
        ("0", "0.5", "1 of 1 values differ, 1 of them numbers, by at most 100 %"),
        ("-1", "1", "1 of 1 values differ, 1 of them numbers, by at most 200 %"),
        ("true", "1", "1 of 1 values differ"),
        ('{"a":"x","b":[1,2]}', '{"a":"y","b":[1,3]}', "2 of 3 values differ, 1 of them numbers, by at most 33.3 %"),
        ("[1,2]", "[1]", "1 of 2 values differ"),
        ('{"a":1}', "{}", "1 of 1 values differ"),
        ("null", "{}", "1 of 1 values differ"),
        ("[]", "[[]]", "1 of 1 values differ"),
    ],
)
def test_answers_are_compared_value_by_value(live: str | None, own: str, told: str) -> None:
    assert compared(live, own.encode(), discreet=False) == told


def test_what_is_nested_too_deeply_to_be_gone_through_is_another_answer() -> None:
    limit = sys.getrecursionlimit()
    sys.setrecursionlimit(1000)  # libraries raise it
    try:
        assert compared("[" * 5000 + "]" * 5000, b"[]", discreet=False) == DIFFERENT
    finally:
        sys.setrecursionlimit(limit)


def test_of_sensitive_answers_it_is_only_said_whether_they_differ() -> None:
    assert compared("100", b"110", discreet=True) == DIFFERENT
    assert compared("100", b"100.0", discreet=True) == SAME


def test_no_value_and_no_name_is_told() -> None:
    told = compared('{"jane": 4711}', b'{"jane": 4712}', discreet=False)

    assert "jane" not in told
    assert "471" not in told
