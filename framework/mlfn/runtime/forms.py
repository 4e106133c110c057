"""Records on the quick: their canonical bytes (docs/audit-record.md §2) with everything an environment never changes
already in place, so that a call fills in what is its own."""

from __future__ import annotations

from _operator import itemgetter  # `operator` itself is Python on top of it

from mlfn.audit.codec import digest
from mlfn.jsontext import encode, encode_text

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from typing import Any

    Texts = dict[str, str]
    """Fields by name, each as JSON text."""


class Form:
    """Records of one kind: those with the same fields, and the same values in the constant ones."""

    __slots__ = ("_after", "_before", "_take_after", "_take_before")

    def __init__(self, constants: Mapping[str, str], names: Iterable[str]) -> None:
        own = {**constants, **dict.fromkeys(names, "")}
        filled = sorted(names)
        first, last = [name for name in sorted(own) if name < "h"], [name for name in sorted(own) if name > "h"]
        places = {name: "%s" if name in filled else constants[name].replace("%", "%%") for name in own}
        self._before = "{" + ",".join([f'"{name}":{places[name]}' for name in first])
        self._after = "".join([f',"{name}":{places[name]}' for name in last]) + "}"
        self._take_before = itemgetter(*[name for name in filled if name < "h"])
        self._take_after = itemgetter(*[name for name in filled if name > "h"])

    def seal(self, texts: Texts) -> tuple[str, bytes]:
        """A record's hash and its canonical bytes; at least two of its own fields lie on each side of `h`."""
        start, end = self._before % self._take_before(texts), self._after % self._take_after(texts)
        own = digest((start + end).encode())
        return own, f'{start},"h":"{own}"{end}'.encode()


def json_text(value: Any) -> str:
    """A field's value as JSON text."""
    kind = type(value)
    if kind is str:
        return encode_text(value)
    return str(value) if kind is int else encode(value)
