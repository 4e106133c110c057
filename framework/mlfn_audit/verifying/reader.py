"""The canonical bytes of a record, read by their specification (docs/audit-record.md §1 and §2)."""

from __future__ import annotations

import json
import re
from base64 import urlsafe_b64encode
from binascii import a2b_base64
from hashlib import sha256
from typing import Any, NamedTuple

TEXT, INTEGER, DIGEST, BYTES, BOOLEAN, LIST = "text", "integer", "digest", "bytes", "boolean", "list"
FIELDS = {
    **dict.fromkeys(("ai", "at", "ca", "ct", "er", "ex", "fn", "fv", "gr", "hk", "id", "ip", "iv", "m", "mv"), TEXT),
    **dict.fromkeys(("os", "pc", "ph", "pp", "pt", "qa", "sn", "st", "t0", "t1", "tp", "ua", "w"), TEXT),
    **dict.fromkeys(("cl", "dl", "du", "ib", "ms", "ob", "q", "rc", "rd", "sh", "v", "x"), INTEGER),
    **dict.fromkeys(("eh", "h", "ih", "im", "is", "ma", "oh", "p"), DIGEST),
    "sb": BYTES,
    "cs": BOOLEAN,
    **dict.fromkeys(("ds", "pa"), LIST),
}
REQUIRED = ("at", "h", "id", "iv", "m", "mv", "ph", "t0", "v", "w", "x")
SCHEMA, SHARDED_SCHEMA = 1, 2
"""Of records without and with `sh`."""
MOST_SHARDS = 64
PHASES = ("dispatched", "started", "completed", "error", "rejected", "abandoned", "note")

_STRING = r'"[^"\\\x00-\x1f]*+"'
_ANY = {
    TEXT: _STRING,
    # Fifteen digits are always below 2^53; what has more is read the slow way.
    INTEGER: r"(?:0|[1-9][0-9]{0,14}+)",
    DIGEST: r'"[A-Za-z0-9_-]{42}[AEIMQUYcgkosw048]"',
    # Without a possessive `?+`: before Python 3.11.4 it takes either alternative whether or not that fits.
    BYTES: r'"(?:[A-Za-z0-9_-]{4})*+(?:[A-Za-z0-9_-][AQgw]|[A-Za-z0-9_-]{2}[AEIMQUYcgkosw048])?"',
    BOOLEAN: "(?:true|false)",
    LIST: rf"\[(?:{_STRING}(?:,{_STRING})*+)?+\]",
}
_TIME = r'"([0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\.[0-9]{6}Z)"'
_WORD = r'"([^"\\\x00-\x1f]*+)"'
_TAKEN = {
    **dict.fromkeys(("at", "iv", "m"), _WORD),
    **dict.fromkeys(("h", "p"), r'"([A-Za-z0-9_-]{42}[AEIMQUYcgkosw048])"'),
    "id": '"([a-z2-7]{26})"',
    "ph": f'"({"|".join(PHASES)})"',
    "q": r"(0|[1-9][0-9]{0,14}+)",
    "sh": "(?P<sh>[2-9]|[1-5][0-9]|6[0-4])",
    "t0": _TIME,
    "t1": _TIME,
    "w": '"([A-Za-z0-9_-]{1,64}+)"',
    "x": r"(0|[1-9][0-9]{0,14}+)",
}
"""Fields that verification looks at."""


def _pattern() -> re.Pattern[str]:
    """One record without escapes in its strings: names in their order, each at most once, values of their kind."""
    parts = []
    for name in sorted(FIELDS):
        kind = f"(?(sh){SHARDED_SCHEMA}|{SCHEMA})" if name == "v" else _TAKEN.get(name) or _ANY[FIELDS[name]]
        part = f'"{name}":{kind}'
        # `x` is the last name and always there, so that every other field ends in a comma.
        parts.append(part if name == "x" else f"{part}," if name in REQUIRED else f"(?:{part},)?+")
    return re.compile(rf"\{{{''.join(parts)}\}}")


match_record = _pattern().fullmatch
"""The fast reader: groups are the fields of `Record`, in its order."""


class Record(NamedTuple):
    """What verification needs of a record."""

    at: str
    h: str
    id: str
    iv: str
    m: str
    p: str | None
    ph: str
    q: str | None
    sh: str | None
    t0: str
    t1: str | None
    w: str
    x: str


assert Record._fields == tuple(sorted(_TAKEN))  # noqa: S101 - the pattern's groups are read as a Record

# bytes.translate takes a fifth of the time of str.translate
_TO_BASE64 = bytes.maketrans(b"-_", b"+/")
_TO_DIGITS = bytes.maketrans(b"abcdefghijklmnopqrstuvwxyz234567", b"0123456789abcdefghijklmnopqrstuv")


def digest_bytes(text: str) -> bytes:
    """The 32 bytes of a digest as records have it."""
    return a2b_base64(text.encode().translate(_TO_BASE64) + b"=")


def read(text: str) -> tuple[Record, bytes]:
    """The record that canonical text is, and its hash.

    Raises:
        ValueError: it is not canonical, holds what the specification does not know, or its hash or id is not its own.
    """
    match = match_record(text)
    record = Record(*match.groups()) if match else _slowly(text)
    own = digest_bytes(record.h)
    # A quotation mark inside a string is escaped: this can only be the field itself.
    if sha256(text.replace(f',"h":"{record.h}"', "", 1).encode()).digest() != own:
        raise ValueError("its content is not what its hash says")
    named = sha256(f"{record.iv}\n{record.at}\n{record.ph}".encode()).digest()
    # 26 digits of base32 are the first 130 bits.
    if int(record.id.encode().translate(_TO_DIGITS), 32) != int.from_bytes(named[:17]) >> 6:
        raise ValueError("its id is not that of its invocation, attempt and phase")
    return record, own


def check_fields(wire: dict[str, Any]) -> None:
    """Refuse what has not the fields of a record, each of its kind.

    Raises:
        ValueError: which is missing, unknown or not what it should be.
    """
    if unknown := sorted(wire.keys() - FIELDS.keys()):
        raise ValueError(f"unknown fields: {', '.join(unknown)}")
    if missing := [name for name in REQUIRED if name not in wire]:
        raise ValueError(f"without {', '.join(missing)}")
    for name, value in wire.items():
        if not _is_kind(FIELDS[name], value) or not _is_taken(name, value):
            raise ValueError(f"{name} is not what it should be")
    if wire["v"] != (SHARDED_SCHEMA if "sh" in wire else SCHEMA):
        raise ValueError("v is not what it should be")


def _slowly(text: str) -> Record:
    """The same for any canonical text, and why it is not one."""
    try:
        wire = json.loads(text, object_pairs_hook=_object, parse_float=_refuse, parse_constant=_refuse)
    except RecursionError:
        raise ValueError("it nests too deeply") from None
    if not isinstance(wire, dict):
        raise ValueError("it is not an object")
    if json.dumps(wire, ensure_ascii=False, separators=(",", ":"), sort_keys=True) != text:
        raise ValueError("it is not in canonical form")
    check_fields(wire)
    values = {name: wire.get(name) for name in Record._fields}
    return Record(**{name: None if value is None else str(value) for name, value in values.items()})  # type: ignore[arg-type]  # the required ones are there


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    names = dict(pairs)
    if len(names) != len(pairs):
        raise ValueError("a name is there twice")
    return names


def _refuse(text: str) -> float:
    raise ValueError(f"{text} is no value of a record")


def _is_kind(kind: str, value: Any) -> bool:
    match kind:
        case "text":
            return isinstance(value, str)
        case "integer":
            return isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 2**53
        case "boolean":
            return isinstance(value, bool)
        case "list":
            return isinstance(value, list) and all(isinstance(part, str) for part in value)
        case _:
            return isinstance(value, str) and _is_base64url(value, 32 if kind == DIGEST else None)


def _is_base64url(text: str, size: int | None) -> bool:
    if not re.fullmatch("[A-Za-z0-9_-]*", text) or len(text) % 4 == 1:
        return False
    data = a2b_base64(text.encode().translate(_TO_BASE64) + b"=" * (-len(text) % 4))
    # Bits that stand for nothing must be zero: one text for one value.
    return (size is None or len(data) == size) and _base64url(data) == text


def _base64url(data: bytes) -> str:

    return urlsafe_b64encode(data).decode().rstrip("=")


def _is_taken(name: str, value: Any) -> bool:
    pattern = {"id": "[a-z2-7]{26}", "w": "[A-Za-z0-9_-]{1,64}", "t0": _TIME[1:-1], "t1": _TIME[1:-1]}.get(name)
    if name == "ph":
        return value in PHASES
    if name == "sh":
        return 1 < int(value) <= MOST_SHARDS
    return pattern is None or re.fullmatch(pattern, value) is not None
