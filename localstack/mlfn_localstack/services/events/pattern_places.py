"""Where in its text a pattern is wrong, as the parser that AWS uses (Jackson) tells it."""

from __future__ import annotations

import contextlib
import json
from enum import StrEnum
from typing import TYPE_CHECKING

from mlfn_localstack.json_refusals import at

if TYPE_CHECKING:
    from collections.abc import Iterator

Step = str | int
"""A member's name, or an element's index."""
_DECODER = json.JSONDecoder()


class Point(StrEnum):
    """How far the parser has come when it finds the mistake."""

    FIRST = "first"
    """The value's first token: of a text its opening quote, since texts are read only when they are needed."""
    READ = "read"
    """The whole value, which is a text."""
    END = "end"
    """The closing bracket of the value."""
    NOWHERE = "nowhere"
    """The parser does not tell."""


class PatternError(Exception):
    """Something that is no event pattern, and where: path and point are of the value at fault."""

    def __init__(self, message: str, *path: Step, point: Point = Point.FIRST, in_list: bool = False) -> None:
        super().__init__(message)
        self.path = list(path)
        self.point = point
        self.in_list = in_list
        """Whether the parser tells the place twice: once for the element, once for the list that it is in."""

    def told(self, text: str, source: str) -> str:
        """What is wrong, and where in this text; the source is what AWS calls it."""
        if self.point is Point.NOWHERE:
            return str(self)
        return str(self) + at(text[: self._offset(text)], 1, source) * (2 if self.in_list else 1)

    def _offset(self, text: str) -> int:
        start = _start(text, self.path)
        if self.point is Point.FIRST and text[start] in '"[{':
            return start + 1
        return _end(text, start)


@contextlib.contextmanager
def within(step: Step) -> Iterator[None]:
    """Says of errors inside that they are in this member or element."""
    try:
        yield
    except PatternError as error:
        error.path.insert(0, step)
        raise


def _start(text: str, path: list[Step]) -> int:
    """Where a value begins in a JSON text."""
    here = _skipped(text, 0)
    for step in path:
        here = _element(text, here, step) if isinstance(step, int) else _member(text, here, step)
    return here


def _element(text: str, start: int, index: int) -> int:
    here = _skipped(text, start + 1)
    for _ in range(index):
        here = _skipped(text, _skipped(text, _end(text, here)) + 1)
    return here


def _member(text: str, start: int, name: str) -> int:
    """Where the value of a member begins; of several with the same name the last counts."""
    here, found = start, start
    while text[here] != "}":
        here = _skipped(text, here + 1)
        if text[here] == "}":
            break
        key, end = _DECODER.raw_decode(text, here)
        here = _skipped(text, _skipped(text, end) + 1)
        found = here if key == name else found
        here = _skipped(text, _end(text, here))
    return found


def _end(text: str, start: int) -> int:
    end: int = _DECODER.raw_decode(text, start)[1]
    return end


def _skipped(text: str, here: int) -> int:
    while here < len(text) and text[here] in " \t\r\n":
        here += 1
    return here
