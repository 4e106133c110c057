"""Requests of one turn of the loop are answered together, each with its own answer."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from mlfn_localstack.cohort import Cohort
from mlfn_localstack.http import FAILED, HttpRequest, HttpResponse, ready_now

if TYPE_CHECKING:
    from collections.abc import Awaitable, Sequence


def asked(path: str) -> HttpRequest:
    return HttpRequest(method="GET", raw_path=path, raw_query="", headers=(), body=b"", client="127.0.0.1")


class Handler:
    """Answers each request with its path, and remembers which came together."""

    def __init__(self) -> None:
        self.turns: list[list[str]] = []

    def __call__(self, requests: Sequence[HttpRequest]) -> list[Awaitable[HttpResponse]]:
        self.turns.append([request.raw_path for request in requests])
        return [ready_now(HttpResponse(status=200, body=request.raw_path.encode())) for request in requests]


async def answers_of(cohort: Cohort, paths: Sequence[str]) -> list[HttpResponse]:
    """What those get who ask in one turn, in their order."""
    taken: list[tuple[int, Awaitable[HttpResponse]]] = []
    for place, path in enumerate(paths):
        cohort.join(asked(path), lambda answer, place=place: taken.append((place, answer)))  # type: ignore[misc] # mypy cannot infer a lambda with a default
    await asyncio.sleep(0)
    assert [place for place, _ in taken] == list(range(len(paths)))
    return [await answer for _, answer in taken]


def test_what_is_asked_in_one_turn_is_answered_together() -> None:
    handler = Handler()

    answers = asyncio.run(answers_of(Cohort(handler), ["/a", "/b", "/c"]))

    assert handler.turns == [["/a", "/b", "/c"]]
    assert [answer.body for answer in answers] == [b"/a", b"/b", b"/c"]


def test_a_crowd_is_answered_in_parts_and_in_order() -> None:
    handler = Handler()
    paths = [f"/{number}" for number in range(200)]

    answers = asyncio.run(answers_of(Cohort(handler), paths))

    assert [path for turn in handler.turns for path in turn] == paths
    assert max(len(turn) for turn in handler.turns) == 64
    assert [answer.body.decode() for answer in answers] == paths


def test_what_is_asked_while_others_are_answered_has_its_own_turn() -> None:
    handler = Handler()
    cohort = Cohort(handler)

    async def ask_again() -> list[list[str]]:
        cohort.join(asked("/first"), lambda _: cohort.join(asked("/second"), lambda _: None))
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        return handler.turns

    assert asyncio.run(ask_again()) == [["/first"], ["/second"]]


def test_everybody_hears_of_a_mistake_of_ours() -> None:
    def fail(_: Sequence[HttpRequest]) -> list[Awaitable[HttpResponse]]:
        raise RuntimeError("a mistake")

    assert asyncio.run(answers_of(Cohort(fail), ["/a", "/b"])) == [FAILED, FAILED]
