"""Inputs and answers that no call has room for: on their way to where they are kept, and from there."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING

from mlfn.client.blobs import held_to, sent_to
from mlfn.runtime.calls import KEPT, KEPT_BYTES

if TYPE_CHECKING:
    from collections.abc import Callable

LARGEST = 6 * 1024 * 1024
"""Bytes of a call's payload (https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html)."""
_AROUND = 64 * 1024
"""More than the gateway's event has beside the body."""
_ESCAPED = (b'"', b"\\", b"\n", b"\r", b"\t")


def fits_invoke(body: bytes) -> bool:
    """A direct call has room for a body."""
    return len(body) <= LARGEST


def fits_api(body: bytes) -> bool:
    """A call through the API has room for a body, which travels as a string inside the gateway's event."""
    room = LARGEST - _AROUND
    return len(body) * 2 <= room or len(body) + sum(body.count(each) for each in _ESCAPED) <= room


def in_place_of(asks: str, told: bytes) -> bytes:
    """What a direct call sends in the place of its input."""
    return b'{"mlfn":"' + asks.encode() + b'","input":' + told + b"}"


def placed(name: str, body: bytes, ask: Callable[[bytes], bytes]) -> bytes:
    """The reference to call with in the place of a body, which then lies where the callee `name` finds it.

    `ask` gives the callee's answer to an announcement.

    Raises:
        CallError: it could not be put there.
    """
    about = {"size": len(body), "digest": hashlib.sha256(body).hexdigest()}
    told = json.loads(ask(json.dumps(about).encode()))
    sent_to(name, told["upload"], body)
    return json.dumps(told["input"]).encode()


def followed(name: str, body: bytes) -> bytes:
    """A model's answer, from where it is kept if no call had room for it.

    Raises:
        CallError: it cannot be had.
    """
    if not body.startswith(KEPT_BYTES):
        return body
    kept = json.loads(body)[KEPT]
    return held_to(name, kept["url"], kept["digest"])
