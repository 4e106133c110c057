"""Records on the quick: their canonical bytes (docs/audit-record.md §2) with everything an environment never changes
already in place, so that a call fills in what is its own."""

from __future__ import annotations

from _operator import itemgetter  # `operator` itself is Python on top of it

from mlfn.audit.codec import digest
from mlfn.jsontext import encode, encode_text

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import Any

QUOTED = frozenset({"at", "id", "ih", "oh", "p", "t0", "t1"})
"""Fields of a call whose values need no escaping: a form sets them in quotes."""


class Form:
    """Records of one kind: those with the same fields, and the same values in the constant ones."""

    __slots__ = ("_after", "_before", "_take_after", "_take_before")

    def __init__(self, constants: Mapping[str, str], names: Sequence[str]) -> None:
        places = {name: text.replace("%", "%%") for name, text in constants.items()}
        places |= {name: '"%s"' if name in QUOTED else "%s" for name in names}
        first, last = [name for name in sorted(places) if name < "h"], [name for name in sorted(places) if name > "h"]
        self._before = "{" + ",".join([f'"{name}":{places[name]}' for name in first])
        self._after = "".join([f',"{name}":{places[name]}' for name in last]) + "}"
        self._take_before = itemgetter(*[names.index(name) for name in first if name in names])
        self._take_after = itemgetter(*[names.index(name) for name in last if name in names])

    def seal(self, values: Sequence[object]) -> tuple[str, bytes]:
        """A record's hash and its canonical bytes, from its own fields' values in the order of their names.

        Values are whole numbers or JSON text, those of `QUOTED` without quotes; at least two lie on each side of `h`.
        """
        start, end = self._before % self._take_before(values), self._after % self._take_after(values)
        own = digest((start + end).encode())
        return own, f'{start},"h":"{own}"{end}'.encode()


def json_text(value: Any) -> str:
    """A field's value as JSON text."""
    kind = type(value)
    if kind is str:
        return encode_text(value)
    return str(value) if kind is int else encode(value)
