"""The canonical bytes of a record, its hash and its id: docs/audit-record.md §2.

Works on the wire form, a dict of JSON values with binary fields as base64url text: what a function needs to write
records, and nothing else. `mlfn.audit.record` has the readable form; it is not imported in a function, since
`dataclasses` alone costs 10 ms of a cold start.
"""

from __future__ import annotations

from binascii import a2b_base64, b2a_base64

from mlfn.audit.keys import MOST_SHARDS
from mlfn.jsontext import decoder, encode, encode_sorted, encode_text
from mlfn.sha256 import sha256

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    Wire = dict[str, Any]
    _Half = tuple[str, tuple[str, ...]]
    _Plan = tuple[_Half, _Half]

SCHEMA = 1
SHARDED_SCHEMA = 2
"""Of records with `sh`, which is all that schema 1 does not have."""
ASKED = "asked where to put its input"
"""The summary of a record of the question where to put an input: that is no call of the model."""
BINARY = frozenset({"eh", "h", "ih", "im", "is", "ma", "oh", "p", "sb"})
"""Fields whose wire form is base64url text of bytes."""
LARGEST_INTEGER = 2**53 - 1
LARGEST_LINE = 4096
"""PIPE_BUF on Linux: a write to a pipe up to this size is not interleaved with another."""

_TO_BASE32 = bytes.maketrans(bytes(range(32)), b"abcdefghijklmnopqrstuvwxyz234567")
_HALVINGS = tuple(
    [
        (5 << step, sum([((1 << (5 << step)) - 1) << at for at in range(0, 256, 16 << step)]), 8 << step)
        for step in (4, 3, 2, 1, 0)
    ]
)
"""How wide the halves of each group are, where the lower ones lie, and how far apart the halves belong."""
_plans: dict[tuple[str, ...], _Plan] = {}
_TO_URL = bytes.maketrans(b"+/", b"-_")


def base64url(data: bytes) -> str:
    """Base64url without padding (RFC 4648 §5)."""
    return b2a_base64(data, newline=False).translate(_TO_URL, b"=").decode("ascii")


def base64url_bytes(text: str) -> bytes:
    """The bytes that base64url text without padding stands for."""
    return a2b_base64(base64_of(text))


def base64_of(text: str) -> str:
    """Padded base64 (DynamoDB's form) of base64url text."""
    return text.replace("-", "+").replace("_", "/") + "=" * (-len(text) % 4)


def hex_digest(text: str) -> str:
    """A hexadecimal digest as base64url."""
    return base64url(bytes.fromhex(text))


def digest(data: bytes) -> str:
    """The SHA-256 of `data`, as base64url."""
    # Four times a call: without `base64url` in between.
    return b2a_base64(sha256(data), newline=False).translate(_TO_URL, b"=").decode("ascii")


def event_id(invocation: str, attempt: str, phase: str) -> str:
    """The id of one phase of one attempt: the same whenever it is derived again, so that redelivery changes nothing."""
    bits = int.from_bytes(sha256(f"{invocation}\n{attempt}\n{phase}".encode())[:20], "big")
    # Base32: halved until each group of five bits has a byte of its own. All groups move at once, and no character is
    # looked up: after a pause, a third of the time that takes.
    for width, lower, apart in _HALVINGS:
        bits = bits & lower | (bits >> width & lower) << apart
    return bits.to_bytes(32, "big").translate(_TO_BASE32)[:26].decode("ascii")


def canonical(wire: Wire) -> bytes:
    """The canonical bytes of a record: RFC 8785 for what a record may hold."""
    return encode_sorted(wire).encode()


def seal(wire: Wire) -> bytes:
    """Set `h`, the SHA-256 of the canonical bytes without it, and give the canonical bytes with it."""
    wire.pop("h", None)
    names = tuple(wire)
    before, after = _plans.get(names) or _plan(names)
    # Records of one kind have the same fields, so that their names are sorted and joined only once.
    start, end = _filled(before, wire), _filled(after, wire)
    wire["h"] = own = digest((start + end).encode())
    return f'{start},"h":"{own}"{end}'.encode()


def _plan(names: tuple[str, ...]) -> _Plan:
    """The names up to `h` and after it, each with the text to fill their values in."""
    if len(_plans) > 64:
        _plans.clear()
    first, last = sorted([name for name in names if name < "h"]), sorted([name for name in names if name > "h"])
    before = "{" + ",".join([f'"{name}":%s' for name in first])
    after = "".join([f',"{name}":%s' for name in last]) + "}"
    _plans[names] = plan = ((before, tuple(first)), (after, tuple(last)))
    return plan


def _filled(half: _Half, wire: Wire) -> str:
    template, names = half
    values: list[Any] = []
    for name in names:
        value = wire[name]
        kind = type(value)
        # `%s` writes an integer as JSON does.
        values.append(encode_text(value) if kind is str else value if kind is int else encode(value))
    return template % tuple(values)


def is_sealed(wire: Wire) -> bool:
    """Whether `h` is the hash of the rest."""
    rest = {name: value for name, value in wire.items() if name != "h"}
    return wire.get("h") == digest(canonical(rest))


def parse(data: bytes) -> Wire:
    """The record that canonical bytes stand for.

    Raises:
        ValueError: these are not the canonical bytes of a record.
    """
    wire = _decode(data.decode("utf-8"))
    if not isinstance(wire, dict) or canonical(wire) != data:
        raise ValueError("not in canonical form")
    for name, value in wire.items():
        _check(name, value)
    return wire


def fit(text: str, limit: int) -> str:
    """`text` in at most `limit` bytes: cut text ends in `~` and 16 hex digits of the SHA-256 of the whole.

    Control characters and lone surrogates become `?`.
    """
    if not (text.isascii() and text.isprintable()):
        text = "".join(["?" if char < " " or char == "\x7f" or "\ud800" <= char <= "\udfff" else char for char in text])
    data = text.encode()
    if len(data) <= limit:
        return text
    return data[: limit - 17].decode("utf-8", "ignore") + "~" + sha256(data).hex()[:16]


def _no_float(text: str) -> float:
    raise ValueError(f"{text}: a record holds no floats")


_decode = decoder(parse_float=_no_float)


def _check(name: str, value: object) -> None:
    if name in BINARY:
        if not isinstance(value, str) or base64url(base64url_bytes(value)) != value:
            raise ValueError(f"{name} is not base64url")
    elif isinstance(value, int):
        if not 0 <= value <= LARGEST_INTEGER or (name == "sh" and not 1 < value <= MOST_SHARDS):
            raise ValueError(f"{name} is out of range")
    elif not isinstance(value, str) and not (isinstance(value, list) and all(isinstance(part, str) for part in value)):
        raise ValueError(f"{name} is neither text, a whole number, true, false nor a list of texts")
