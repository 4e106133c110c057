"""What a pipeline looks into stays inline; how much room that leaves each answer."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pytest

from mlfn import model, pipeline
from mlfn_engine.pipelines.travelling import merged


@pytest.mark.parametrize(
    ("one", "other", "both"),
    [
        ({}, {"a": {}}, {"a": {}}),
        ({"a": {}}, {"a": True, "b": {}}, {"a": True, "b": {}}),
        ([{}], [{"a": {}}], [{"a": {}}]),
        ({}, [{}], [{}]),
        ({"a": {}}, True, True),
        ({"a": {}}, [{}], True),
    ],
    ids=["nothing and a key", "keys", "items", "nothing and items", "all of it", "an object or a list"],
)
def test_what_stays_for_two_uses_is_what_stays_for_both(one: Any, other: Any, both: Any) -> None:
    assert merged(one, other) == both == merged(other, one)


@dataclass
class Page:
    text: str
    words: list[str]
    score: float
    title: str | None = None


@model
def read(name: str) -> Page:
    return Page(text=name, words=[name, name], score=0.5)


@model
def rate(text: str) -> str:
    return text


@pipeline
def passing(name: str) -> str:
    return rate(rate(name))


@pipeline
def comparing(name: str) -> str:
    page = read(name)
    if page.score > 0.4 and page.title is None and page.text == "a":
        return rate(page.text)
    return name


@pipeline
def looping(name: str) -> list[str]:
    page = read(name)
    return [rate(rate(word)) for word in page.words]


@pipeline
def copying(name: str) -> list[dict[str, str]]:
    text = rate(name)
    return [{"text": text, "word": rate(word)} for word in read(name).words]


@pipeline
def gathering(name: str) -> list[str]:
    return [rate(name), rate(name), rate(name), rate(name)]


def told(machine: Any, value: Any) -> list[dict[str, Any]]:
    """What the machine tells each call about how its answer may travel."""
    machine.run(value)
    return [{name: call[name] for name in ("room", "inline") if name in call} for call in machine.calls]


def test_an_answer_that_is_passed_on_whole_may_travel_as_it_likes(compile_machine: Any) -> None:
    assert told(compile_machine(passing, rate), "a") == [{}, {}]


def test_of_what_is_compared_only_what_could_be_equal_or_in_order_stays(compile_machine: Any) -> None:
    machine = compile_machine(comparing, read, rate)

    assert told(machine, "a")[0] == {"inline": {"score": True, "text": {}, "title": {}}}


def test_the_answers_of_a_loop_share_the_room_of_one(compile_machine: Any) -> None:
    machine = compile_machine(looping, read, rate)

    assert told(machine, "a") == [{"inline": {"words": [{}]}}, *[{"room": 98_304}] * 4]


def test_what_every_iteration_passes_on_travels_as_a_reference(compile_machine: Any) -> None:
    machine = compile_machine(copying, read, rate)

    assert told(machine, "a")[0] == {"room": 0}


def test_answers_that_come_together_have_less_room(compile_machine: Any) -> None:
    machine = compile_machine(gathering, rate)

    assert told(machine, "a") == [{"room": 49_152}] * 4
