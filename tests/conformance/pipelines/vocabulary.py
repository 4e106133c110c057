"""The models that generated pipelines call; each tells its calls, and fails by its input alone."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from mlfn import Timeout, model
from mlfn.steps import TOOK_TOO_LONG

CALLS: list[str] = []
"""What was called, with which input, since it was last cleared."""
FAILURES: Counter[int] = Counter()
"""How often `flaky` has failed, by place."""


class Busy(Exception):  # noqa: N818 - as users name theirs
    pass


class VeryBusy(Busy):
    pass


class Odd(ValueError):  # noqa: N818 - as users name theirs
    pass


@dataclass
class Item:
    n: int
    text: str
    tags: list[str] = field(default_factory=list)
    note: str | None = None


def forget() -> None:
    """Begin a run."""
    CALLS.clear()
    FAILURES.clear()


def _tell(*call: Any) -> None:
    CALLS.append(repr(call))


@model
def double(n: int) -> int:
    _tell("double", n)
    return n * 2


@model
def label(text: str, n: int = 7) -> str:
    _tell("label", text, n)
    return f"{text}:{n}"


@model
def expand(item: Item) -> list[Item]:
    _tell("expand", item)
    return [Item(n=item.n + i, text=item.text * i, tags=item.tags[i:]) for i in range(abs(item.n) % 4)]


@model
def first(items: list[Item]) -> Item:
    _tell("first", items)
    return items[0] if items else Item(n=-1, text="none")


@model
def words(text: str) -> list[str]:
    _tell("words", text)
    return text.split(" ")


@model
def count(texts: list[str]) -> int:
    _tell("count", texts)
    return len(texts)


@model
def note_of(item: Item) -> str | None:
    _tell("note_of", item)
    return item.note or (item.text if item.n % 2 else None)


@model
def echo(value: Any) -> Any:
    _tell("echo")
    return value


@model
def fussy(n: int) -> int:
    """The one that fails where others run at the same time: always with the same error."""
    _tell("fussy", n)
    if n % 3 == 0:
        raise Busy("busy")
    return n


@model
def picky(text: str) -> str:
    _tell("picky", text)
    if "b" in text:
        raise VeryBusy(f'{{very}} busy with "{text}"')
    if len(text) % 2:
        raise Odd(f"odd: {text}")
    return text.upper()


@model
def slow(n: int) -> int:
    _tell("slow", n)
    if n % 4 == 1:
        raise Timeout(TOOK_TOO_LONG)
    return n


@model
def flaky(n: int, place: int) -> int:
    _tell("flaky", n, place)
    if FAILURES[place] < abs(n) % 4:
        FAILURES[place] += 1
        raise (VeryBusy if n % 2 else Busy)(f"failure {FAILURES[place]}")
    return n


MODELS = (double, label, expand, first, words, count, note_of, echo, fussy, picky, slow, flaky)
