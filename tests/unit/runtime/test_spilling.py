"""Values that do not fit between states: which parts travel as references, and that all come back."""

from __future__ import annotations

import json
from typing import Any

import pytest

from mlfn.runtime.calls import MARK
from mlfn.runtime.refusal import Refusal
from mlfn.runtime.spilling import refuse_marks, resolved, spilled


class Shelf:
    """Keeps texts under numbers."""

    def __init__(self) -> None:
        self.texts: list[bytes] = []

    def keep(self, texts: list[bytes]) -> list[str]:
        first = len(self.texts)
        self.texts += texts
        return [str(first + number) for number in range(len(texts))]

    def fetch(self, references: list[str]) -> list[bytes]:
        return [self.texts[int(each)] for each in references]

    def cut(self, value: Any, room: int, plan: Any = None) -> Any:
        return json.loads(spilled(json.dumps(value).encode(), room, plan, self.keep))

    def whole(self, value: Any) -> Any:
        return json.loads(resolved(json.dumps(value).encode(), self.fetch))


@pytest.fixture
def shelf() -> Shelf:
    return Shelf()


LONG = "x" * 1000


def test_a_small_value_travels_as_it_is(shelf: Shelf) -> None:
    assert spilled(b'{"a": 1}', 1000, None, shelf.keep) == b'{"a": 1}'


def test_a_value_nobody_looks_into_travels_as_one_reference(shelf: Shelf) -> None:
    assert shelf.cut({"a": LONG, "b": LONG}, 500) == {MARK: "0"}
    assert len(shelf.texts) == 1


def test_of_an_object_whose_keys_are_taken_the_large_ones_are_kept(shelf: Shelf) -> None:
    value = {"image": LONG, "score": 0.5, "title": "a"}

    assert shelf.cut(value, 500, {"score": {}}) == {"image": {MARK: "0"}, "score": 0.5, "title": "a"}


def test_what_is_compared_stays_and_the_rest_makes_room(shelf: Shelf) -> None:
    value = {"text": LONG, "title": "t" * 600}

    assert shelf.cut(value, 1200, {"text": True}) == {"text": LONG, "title": {MARK: "0"}}


def test_items_of_a_list_that_is_looped_over_share_its_room(shelf: Shelf) -> None:
    value = {"pages": [LONG, "short", LONG]}

    assert shelf.cut(value, 600, {"pages": [{}]}) == {"pages": [{MARK: "0"}, "short", {MARK: "1"}]}


def test_what_is_shorter_than_a_reference_stays_however_little_room_there_is(shelf: Shelf) -> None:
    assert shelf.cut("x" * 100, 0) == "x" * 100


@pytest.mark.parametrize(
    ("value", "plan"),
    [(None, {"a": {}}), (LONG, {"a": {}}), ({"a": LONG}, [{}]), ([LONG], {"a": True})],
    ids=["null", "text for an object", "object for a list", "list for an object"],
)
def test_a_value_of_another_kind_than_is_looked_into_comes_back(shelf: Shelf, value: Any, plan: Any) -> None:
    assert shelf.whole(shelf.cut(value, 100, plan)) == value


@pytest.mark.parametrize("room", [0, 200, 1500, 4000])
@pytest.mark.parametrize("plan", [None, {"a": True}, {"a": {"b": {}}, "c": [{"d": {}}]}], ids=["any", "stay", "deep"])
def test_all_parts_come_back_as_they_were(shelf: Shelf, room: int, plan: Any) -> None:
    value = {"a": {"b": LONG, "e": 1.5}, "c": [{"d": LONG, "f": None}, {"d": "é" * 300}], "g": [[], {}, '\\"'] * 50}

    assert shelf.whole(shelf.cut(value, room, plan)) == value


def test_defaults_that_a_machine_merged_into_a_reference_give_way(shelf: Shelf) -> None:
    cut = shelf.cut({"text": LONG, "language": "de"}, 0)

    assert shelf.whole({**cut, "language": "en", "kind": 1}) == {"text": LONG, "language": "de", "kind": 1}


def test_what_was_kept_is_never_taken_for_a_reference(shelf: Shelf) -> None:
    shelf.texts.append(json.dumps({MARK: "0"}).encode())

    assert shelf.whole({"a": {MARK: "0"}}) == {"a": {MARK: "0"}}


def test_a_result_with_the_reserved_key_is_refused(shelf: Shelf) -> None:
    with pytest.raises(Refusal, match="reserved"):
        shelf.cut({"a": [{MARK: "0"}]}, 10_000)


def test_a_text_that_says_the_reserved_key_is_a_text(shelf: Shelf) -> None:
    assert shelf.cut([MARK], 10_000) == [MARK]


@pytest.mark.parametrize("body", [b'{"mlfn:spilled": "0"}', b'[{"mlfn\\u003aspilled": "0"}]'], ids=["plain", "escaped"])
def test_a_caller_cannot_send_a_reference(body: bytes) -> None:
    with pytest.raises(Refusal, match="reserved"):
        refuse_marks(body)


def test_too_much_that_has_to_stay_is_refused(shelf: Shelf) -> None:
    with pytest.raises(Refusal, match="have to travel between states"):
        shelf.cut({"text": "x" * 300_000}, 1000, {"text": True})
