"""One-byte changes of a request, and whether what is left still says the same."""

from __future__ import annotations

import base64
import binascii
import re
from dataclasses import dataclass
from random import Random

_SIGNED = re.compile(r"SignedHeaders=([^,\s]*)", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Mutation:
    """What was done where."""

    text: str
    raw: bytes


def mutate(raw: bytes, rng: Random) -> Mutation:
    """A request that differs in one byte."""
    position = rng.randrange(len(raw))
    kind = rng.choice(("bit", "replace", "delete", "insert", "repeat"))
    before, byte, after = raw[:position], raw[position : position + 1], raw[position + 1 :]
    match kind:
        case "bit":
            middle = bytes([byte[0] ^ (1 << rng.randrange(8))])
        case "replace":
            middle = bytes([(byte[0] + rng.randrange(1, 256)) % 256])
        case "delete":
            middle = b""
        case "insert":
            middle = byte + rng.randbytes(1)
        case _:
            middle = byte * 2
    return Mutation(text=f"{kind} at {position} ({byte!r} → {middle!r})", raw=before + middle + after)


def says_the_same(original: bytes, changed: bytes) -> bool:
    """Whether two requests agree in everything that a signature covers, read by rules of the tests' own."""
    return _meaning(original) == _meaning(changed)


def _meaning(raw: bytes) -> tuple[object, ...] | None:
    head, separator, rest = raw.partition(b"\r\n\r\n")
    lines = head.lstrip(b"\r\n").decode("latin-1").split("\r\n")
    parts = lines[0].split(" ")
    if not separator or len(parts) != 3:
        return None
    pairs = [
        (name.strip().lower(), " ".join(value.split())) for name, _, value in (x.partition(":") for x in lines[1:])
    ]
    headers = dict(pairs)
    authorization = headers.get("authorization", "")
    signed = _SIGNED.search(authorization)
    covered = sorted((name, value) for name, value in pairs if signed and name in signed[1].split(";"))
    length = headers.get("content-length", "0")
    body = rest[: int(length)] if length.isascii() and length.isdigit() else rest
    return (parts[0], _target(parts[1], "/s3/" in authorization), tuple(covered), _authorization(authorization), body)


def _target(target: str, is_s3: bool) -> object:
    """What is signed of a target: outside S3 a path without empty segments, and always a query without empty parts."""
    path, _, query = target.partition("?")
    return path if is_s3 else re.sub("/+", "/", path), sorted(part for part in query.split("&") if part)


def _authorization(text: str) -> object:
    kind, _, rest = text.partition(" ")
    if kind.lower() == "basic":
        try:
            return base64.b64decode(rest.encode("latin-1"))
        except binascii.Error:
            return None
    return kind, tuple(sorted(part.strip() for part in rest.split(",")))
