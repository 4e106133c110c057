"""Tokens of lists in pages."""

from __future__ import annotations

import pytest

from mlfn_localstack.page_tokens import place_of


@pytest.mark.parametrize(("token", "place"), [(None, 0), ("", 0), ("0", 0), ("100", 100)])
def test_a_token_of_ours_is_a_place(token: str | None, place: int) -> None:
    assert place_of(token) == place


@pytest.mark.parametrize("token", ["-1", "a", "²", "٣", "1e3", pytest.param("9" * 4301, id="long")])
def test_any_other_token_is_none(token: str) -> None:
    assert place_of(token) is None
