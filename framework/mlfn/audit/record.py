"""The audit record in readable form: who called which version of a model, when, on which data, with what result."""

from __future__ import annotations

import binascii
from binascii import a2b_base64
from dataclasses import dataclass, fields
from enum import IntEnum, StrEnum
from typing import TYPE_CHECKING, Any, Self

from mlfn.audit import codec
from mlfn.audit.item import KEYS, restore, to_item
from mlfn.shadowing import SHADOW

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mlfn.audit.codec import Wire
    from mlfn.audit.item import Item


class Phase(StrEnum):
    """What a record says happened."""

    DISPATCHED = "dispatched"
    STARTED = "started"
    COMPLETED = "completed"
    ERROR = "error"
    REJECTED = "rejected"
    ABANDONED = "abandoned"
    NOTE = "note"


END_PHASES = frozenset({Phase.COMPLETED, Phase.ERROR, Phase.REJECTED, Phase.ABANDONED})


class Status(StrEnum):
    """How an attempt ended."""

    OK = "ok"
    ERROR = "error"
    REJECTED = "rejected"
    TIMEOUT = "timeout"
    OOM = "oom"
    KILLED = "killed"


class CallerType(StrEnum):
    """What kind of principal a caller is."""

    IAM_USER = "iam_user"
    IAM_ROLE = "iam_role"
    FEDERATED = "federated"
    JWT_SUBJECT = "jwt_subject"
    API_KEY = "api_key"
    AWS_SERVICE = "aws_service"
    PIPELINE = "pipeline"
    ANONYMOUS = "anonymous"
    UNKNOWN = "unknown"


class Assurance(IntEnum):
    """How sure the record is of its caller."""

    CLAIMED = 0
    ASSERTED = 1
    """By an AWS service, not a person."""
    AUTHENTICATED = 2
    """By the gateway that called us."""
    CONFIRMED = 3
    """Afterwards, or cryptographically in the call."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditRecord:
    """One phase of one attempt of one call. docs/audit-record.md says where each field comes from."""

    schema: int = codec.SCHEMA
    id: str
    phase: Phase
    invocation: str
    attempt: str
    started_at: str
    ended_at: str | None = None
    duration_us: int | None = None
    deadline_ms: int | None = None
    model: str
    version: str
    artifact: bytes | None = None
    image: bytes | None = None
    function: str | None = None
    function_version: str | None = None
    alias: str | None = None
    path: str | None = None
    caller: str | None = None
    caller_type: str | None = None
    assurance: int | None = None
    source_ip: str | None = None
    user_agent: str | None = None
    api_id: str | None = None
    gateway_request: str | None = None
    trace: str | None = None
    execution: str | None = None
    state: str | None = None
    retry: int | None = None
    redrive: int | None = None
    parents: tuple[str, ...] | None = None
    input_digest: bytes | None = None
    input_bytes: int | None = None
    input_schema: bytes | None = None
    data: tuple[str, ...] | None = None
    output_digest: bytes | None = None
    output_bytes: int | None = None
    summary: str | None = None
    status: str | None = None
    error: str | None = None
    stack_digest: bytes | None = None
    capture: str | None = None
    payload: str | None = None
    cold_start: bool | None = None
    memory_mb: int | None = None
    data_key: str | None = None
    sketch: bytes | None = None
    writer: str
    sequence: int | None = None
    previous: bytes | None = None
    digest: bytes
    expires_at: int
    shards: int | None = None

    @property
    def is_copy(self) -> bool:
        """Whether it tells of a copy that a shadow got of a call, and not of a call that somebody made."""
        return self.path == SHADOW

    @property
    def is_call(self) -> bool:
        """Whether it tells of a call that somebody made: of no copy, and not of the question where to put an input."""
        return not self.is_copy and self.summary != codec.ASKED

    def to_wire(self) -> Wire:
        """The record as a dict of JSON values."""
        values = {short: getattr(self, long) for long, short in SHORT_NAMES.items()}
        return {short: _plain(value) for short, value in values.items() if value is not None}

    @classmethod
    def from_wire(cls, wire: Mapping[str, Any]) -> Self:
        """The record that a dict of JSON values holds; fields of a later schema are not lost silently: ValueError."""
        if unknown := sorted(set(wire) - _LONG_NAMES.keys()):
            raise ValueError(f"unknown fields: {', '.join(unknown)}")
        values = {_LONG_NAMES[short]: _rich(short, value) for short, value in wire.items()}
        return cls(**values)

    def to_bytes(self) -> bytes:
        """The canonical bytes, `h` among them."""
        return codec.canonical(self.to_wire())

    @classmethod
    def from_bytes(cls, data: bytes) -> Self:
        """The record that canonical bytes stand for.

        Raises:
            ValueError: they are not canonical, or not a record.
        """
        return cls.from_wire(codec.parse(data))

    def to_item(self) -> Item:
        """The record as a DynamoDB item."""
        return to_item(self.to_wire())

    @classmethod
    def from_item(cls, item: Mapping[str, Mapping[str, Any]]) -> Self:
        """The record in a DynamoDB item, as boto3's client or the wire gives it.

        Raises:
            ValueError: it holds what no record does.
        """
        try:
            values = {
                short: value["S"] if "S" in value and short not in codec.BINARY else _from_attribute(short, value)
                for short, value in item.items()
                if short not in KEYS
            }
            restore(values, item)
            values["ph"] = Phase(values["ph"])
            return cls(**{_LONG_NAMES[short]: value for short, value in values.items()})
        except (KeyError, TypeError, binascii.Error) as error:
            raise ValueError(f"not a record's item: {error!r}") from error

    def is_intact(self) -> bool:
        """Whether the record's hash is the hash of its content."""
        return codec.is_sealed(self.to_wire())


SHORT_NAMES = {
    "schema": "v",
    "id": "id",
    "phase": "ph",
    "invocation": "iv",
    "attempt": "at",
    "started_at": "t0",
    "ended_at": "t1",
    "duration_us": "du",
    "deadline_ms": "dl",
    "model": "m",
    "version": "mv",
    "artifact": "ma",
    "image": "im",
    "function": "fn",
    "function_version": "fv",
    "alias": "qa",
    "path": "pt",
    "caller": "ca",
    "caller_type": "ct",
    "assurance": "cl",
    "source_ip": "ip",
    "user_agent": "ua",
    "api_id": "ai",
    "gateway_request": "gr",
    "trace": "tp",
    "execution": "ex",
    "state": "sn",
    "retry": "rc",
    "redrive": "rd",
    "parents": "pa",
    "input_digest": "ih",
    "input_bytes": "ib",
    "input_schema": "is",
    "data": "ds",
    "output_digest": "oh",
    "output_bytes": "ob",
    "summary": "os",
    "status": "st",
    "error": "er",
    "stack_digest": "eh",
    "capture": "pc",
    "payload": "pp",
    "cold_start": "cs",
    "memory_mb": "ms",
    "data_key": "hk",
    "sketch": "sb",
    "writer": "w",
    "sequence": "q",
    "previous": "p",
    "digest": "h",
    "expires_at": "x",
    "shards": "sh",
}
"""Readable name -> field name on the wire, in the table and in the specification."""
_LONG_NAMES = {short: long for long, short in SHORT_NAMES.items()}
assert set(SHORT_NAMES) == {field.name for field in fields(AuditRecord)}  # noqa: S101  # a slip here would lose a field


def _plain(value: Any) -> Any:
    if isinstance(value, bytes):
        return codec.base64url(value)
    return list(value) if isinstance(value, tuple) else value


def _from_attribute(short: str, attribute: Mapping[str, Any]) -> Any:
    ((kind, value),) = attribute.items()
    if (kind == "B") != (short in codec.BINARY):
        raise ValueError(f"{short} is of type {kind}")
    match kind:
        case "S" | "BOOL":
            return value
        case "N":
            return int(value)
        case "B":
            return value if isinstance(value, bytes) else a2b_base64(value)
        case "L":
            return tuple([part["S"] for part in value])
        case _:
            raise ValueError(f"{short} is of type {kind}")


def _rich(short: str, value: Any) -> Any:
    if short in codec.BINARY:
        return codec.base64url_bytes(value)
    if short == "ph":
        return Phase(value)
    return tuple(value) if isinstance(value, list) else value
