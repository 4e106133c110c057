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

    __slots__ = ("_after", "_take", "_template")

    def __init__(self, constants: Mapping[str, str], names: Sequence[str]) -> None:
        places = {name: text.replace("%", "%%") for name, text in constants.items()}
        places |= {name: '"%s"' if name in QUOTED else "%s" for name in names}
        self._template = "{" + ",".join([f'"{name}":{places[name]}' for name in sorted(places)]) + "}"
        self._take = itemgetter(*[names.index(name) for name in sorted(names)])
        self._after = f',"{min([name for name in places if name > "h"])}":'.encode()
        """What `h` is followed by, and nothing before it: inside a text, quotes are escaped."""

    def seal(self, values: Sequence[object]) -> tuple[str, bytes]:
        """A record's hash and its canonical bytes, from the values of its own fields (at least two) in their order.

        A value is a whole number or JSON text, without quotes if it is one of `QUOTED`.
        """
        data = (self._template % self._take(values)).encode()
        own, place = digest(data), data.index(self._after)
        return own, b"".join((data[:place], b',"h":"', own.encode(), b'"', data[place:]))


def json_text(value: Any) -> str:
    """A field's value as JSON text."""
    kind = type(value)
    if kind is str:
        return encode_text(value)
    return str(value) if kind is int else encode(value)
