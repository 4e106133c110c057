"""Wildcards: what they match, and that nothing makes them slow."""

from __future__ import annotations

import fnmatch
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlfn_localstack.globs import compile_glob


@given(st.text("ab*?", max_size=12), st.text("abc", max_size=12))
def test_they_match_what_the_shell_matches(pattern: str, text: str) -> None:
    assert bool(compile_glob(pattern).fullmatch(text)) == fnmatch.fnmatchcase(text, pattern)


@pytest.mark.parametrize(("pattern", "text"), [("a?c", "a?c"), ("[ab]*", "[ab]c"), ("a.*", "a.\n")])
def test_what_means_something_elsewhere_is_itself(pattern: str, text: str) -> None:
    assert compile_glob(pattern, question_mark=False).fullmatch(text)


def test_many_stars_are_matched_at_once() -> None:
    started = time.perf_counter()

    assert not compile_glob("*a" * 60 + "*b").fullmatch("a" * 20_000)
    assert time.perf_counter() - started < 0.5
