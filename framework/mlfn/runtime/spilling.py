"""Values too large to travel between states: parts of them are kept elsewhere, and references travel instead."""

from __future__ import annotations

from mlfn.jsontext import decode, encode
from mlfn.runtime.calls import MARK, MARK_BYTES
from mlfn.runtime.refusal import CONTRACT, TOO_LARGE, Refusal

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import Any

    Keep = Callable[[list[bytes]], list[str]]
    """Keeps JSON texts; gives a reference to each."""
    Fetch = Callable[[list[str]], list[bytes]]
    """The JSON texts that references refer to."""
    Plan = Any
    """What a state machine looks into: true, a value that must stay; an object, its keys; a list of one, its items;
    an empty object, nothing."""

SMALLEST = 128
"""A reference is about as long: what is shorter stays."""
_REFERENCE = 96
_LARGEST = 240_000
"""Of the 262,144 bytes that travel between states, what is left for a value
(https://docs.aws.amazon.com/step-functions/latest/dg/service-quotas.html)."""


class _Kept:
    """A part that is to be kept elsewhere; `reference` is filled in when all are known."""

    __slots__ = ("reference", "text")

    def __init__(self, text: bytes) -> None:
        self.text = text
        self.reference = "?" * _REFERENCE


def weight(text: bytes) -> int:
    """The bytes of a JSON text as a string inside another one, as tasks get it."""
    return len(text) + text.count(b'"') + text.count(b"\\")


def spilled(body: bytes, room: int, plan: Plan, keep: Keep, *, smallest: int = SMALLEST) -> bytes:
    """A JSON text of at most `room` bytes with references in the place of large parts; a small one as it is.

    Raises:
        Refusal: it has a reserved key, or too much of it has to stay.
    """
    if MARK_BYTES in body and _is_marked(decode(body.decode())):
        raise Refusal(CONTRACT, f"The key {MARK!r} is reserved.", status=500)
    if weight(body) <= max(room, smallest):
        return body
    parts: list[_Kept] = []
    value = _Cut(parts, smallest).fitted(decode(body.decode()), plan or {}, room)
    _check(weight(encode(_with_references(value)).encode()))
    for part, reference in zip(parts, keep([each.text for each in parts]), strict=True):
        part.reference = reference
    return encode(_with_references(value)).encode()


def resolved(body: bytes, fetch: Fetch) -> bytes:
    """A JSON text with what its references refer to."""
    if MARK_BYTES not in body:
        return body
    value = decode(body.decode())
    references = list(dict.fromkeys(_references(value)))
    if not references:
        return body
    texts = dict(zip(references, fetch(references), strict=True))
    return encode(_filled_in(value, {name: decode(text.decode()) for name, text in texts.items()})).encode()


def refuse_marks(body: bytes) -> None:
    """Turn away a caller's body with a key that only references have, however it is written.

    Raises:
        Refusal: it has one.
    """
    if (MARK.encode() in body or b"\\u" in body) and _is_marked(decode(body.decode())):
        raise Refusal(CONTRACT, f"The key {MARK!r} is reserved.")


def _check(size: int) -> None:
    if size > _LARGEST:
        message = f"{size:,} bytes of the value have to travel between states, which take {_LARGEST:,}."
        raise Refusal(TOO_LARGE, f"{message} Loop over fewer items, or compare smaller values.", status=500)


class _Cut:
    """Cuts large parts out of a value."""

    def __init__(self, parts: list[_Kept], smallest: int) -> None:
        self._parts = parts
        self._smallest = smallest

    def fitted(self, value: Any, plan: Plan, room: int) -> Any:
        text = encode(value).encode()
        if weight(text) <= max(room, self._smallest) or plan is True:
            return value
        if isinstance(value, list) and isinstance(plan, list):
            share = room // max(len(value), 1)
            return [self.fitted(each, plan[0], share) for each in value]
        if isinstance(value, dict) and isinstance(plan, dict) and plan:
            return self._object(value, plan, room)
        part = _Kept(text)
        self._parts.append(part)
        return part

    def _object(self, value: dict[str, Any], plan: dict[str, Plan], room: int) -> dict[str, Any]:
        """What has to stay comes first, then the small: each may take its share of what is left."""
        sizes = {key: weight(encode(each).encode()) for key, each in value.items()}
        order = sorted(value, key=lambda key: (not plan.get(key), sizes[key]))
        made: dict[str, Any] = {}
        for number, key in enumerate(order):
            share = room // (len(order) - number)
            made[key] = self.fitted(value[key], plan.get(key, {}), share)
            room -= min(sizes[key], max(share, self._smallest))
        return {key: made[key] for key in value}


def _with_references(value: Any) -> Any:
    if isinstance(value, _Kept):
        return {MARK: value.reference}
    if isinstance(value, dict):
        return {key: _with_references(each) for key, each in value.items()}
    return [_with_references(each) for each in value] if isinstance(value, list) else value


def _references(value: Any) -> Iterator[str]:
    if isinstance(value, dict) and isinstance(value.get(MARK), str):
        yield value[MARK]
    for each in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from _references(each)


def _filled_in(value: Any, found: dict[str, Any]) -> Any:
    if isinstance(value, list):
        return [_filled_in(each, found) for each in value]
    if not isinstance(value, dict):
        return value
    rest = {key: _filled_in(each, found) for key, each in value.items() if key != MARK}
    if not isinstance(value.get(MARK), str):
        return rest
    whole = found[value[MARK]]
    # A state machine merges a reference with the defaults of what it refers to; what is there comes first.
    return {**rest, **whole} if isinstance(whole, dict) else whole


def _is_marked(value: Any) -> bool:
    if isinstance(value, dict):
        return MARK in value or any(map(_is_marked, value.values()))
    return isinstance(value, list) and any(map(_is_marked, value))
