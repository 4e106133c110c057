"""Documents by the beginning of their keys."""

from __future__ import annotations

import pytest

from mlfn_localstack.store import Store, following

LAST = "\U0010ffff"
KEYS = ["", "a", "a/", "a/1", "a/2", "a0", "b", "\ud7ff", "\ue000", "\ue000x", "ü", LAST, LAST + "x", "z" + LAST + "1"]


@pytest.mark.parametrize("prefix", ["", "a", "a/", "b", "\ud7ff", "\ue000", LAST, "z" + LAST, "none"])
def test_all_that_begin_so_are_found_in_order(prefix: str) -> None:
    documents = Store().documents("k")
    for key in KEYS:
        documents.put(key, key)

    found = [key for key, _ in documents.items(prefix)]

    assert found == sorted(key for key in KEYS if key.startswith(prefix))


def test_others_are_not_even_looked_at() -> None:
    assert following("a/") == "a0"
    assert following("\ud7ff") == "\ue000"
    assert following("z" + LAST) == "{"
