"""What a table is: its keys, indexes, stream and settings."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any


class StreamView(StrEnum):
    """What a stream record shows of a change."""

    KEYS_ONLY = "KEYS_ONLY"
    NEW_IMAGE = "NEW_IMAGE"
    OLD_IMAGE = "OLD_IMAGE"
    NEW_AND_OLD_IMAGES = "NEW_AND_OLD_IMAGES"


class ProjectionType(StrEnum):
    """Which attributes an index holds."""

    ALL = "ALL"
    KEYS_ONLY = "KEYS_ONLY"
    INCLUDE = "INCLUDE"


@dataclass(frozen=True, slots=True, kw_only=True)
class Key:
    """One key attribute and its type: S, N or B."""

    name: str
    kind: str


@dataclass(frozen=True, slots=True, kw_only=True)
class KeySchema:
    """The partition key and, perhaps, the sort key."""

    hash: Key
    range: Key | None = None

    @property
    def keys(self) -> tuple[Key, ...]:
        """The key attributes, partition key first."""
        return (self.hash,) if self.range is None else (self.hash, self.range)

    @property
    def names(self) -> tuple[str, ...]:
        """The key attributes' names, partition key first."""
        return tuple(key.name for key in self.keys)


@dataclass(frozen=True, slots=True, kw_only=True)
class Throughput:
    """Provisioned capacity, zero when billed per request, and when it was changed last."""

    read: int = 0
    write: int = 0
    increased_at: float | None = None
    decreased_at: float | None = None
    decreases: int = 0
    """How often it was decreased on the day of the last time."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Units:
    """Units a second that are allowed at most, or held ready; None where nothing was said."""

    read: int | None = None
    write: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Index:
    """A secondary index; `number` tells its rows apart from those of the table's other indexes."""

    name: str
    number: int
    local: bool
    schema: KeySchema
    projection: ProjectionType
    include: tuple[str, ...] = ()
    throughput: Throughput = Throughput()
    limit: Units = Units()
    warm: Units = Units()

    def projected(self, table: KeySchema) -> frozenset[str] | None:
        """The names of the attributes it holds; None means all."""
        if self.projection is ProjectionType.ALL:
            return None
        return frozenset((*table.names, *self.schema.names, *self.include))


@dataclass(frozen=True, slots=True, kw_only=True)
class Stream:
    """A table's stream, named by the time it was enabled."""

    label: str
    view: StreamView


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """A table; `id` marks its rows in the store."""

    id: int
    uuid: str
    name: str
    arn: str
    created_at: float
    schema: KeySchema
    indexes: tuple[Index, ...] = ()
    on_demand: bool = False
    on_demand_since: float | None = None
    throughput: Throughput = Throughput()
    limit: Units = Units()
    """What it may take at most when billed per request."""
    warm: Units = Units()
    """What it was once made ready to take at once, which never becomes less."""
    table_class: str | None = None
    table_class_since: float | None = None
    stream: Stream | None = None
    last_stream: Stream | None = None
    ttl_attribute: str | None = None
    deletion_protection: bool = False
    encryption: dict[str, Any] | None = None
    backups: bool = False
    recovery_days: int = 35
    tags: tuple[tuple[str, str], ...] = ()
    policy: str | None = None
    policy_revision: str | None = None
    next_index: int = 1

    @property
    def stream_arn(self) -> str | None:
        """The ARN of the newest stream, which outlives its being disabled."""
        stream = self.stream or self.last_stream
        return f"{self.arn}/stream/{stream.label}" if stream else None

    def index(self, name: str) -> Index | None:
        """An index by its name."""
        return next((index for index in self.indexes if index.name == name), None)

    @property
    def local_indexes(self) -> tuple[Index, ...]:
        """The local secondary indexes."""
        return tuple(index for index in self.indexes if index.local)

    @property
    def global_indexes(self) -> tuple[Index, ...]:
        """The global secondary indexes."""
        return tuple(index for index in self.indexes if not index.local)


def to_document(table: Table) -> dict[str, Any]:
    """The table as JSON, for the store."""
    return asdict(table)


def from_document(document: dict[str, Any]) -> Table:
    """The table that `to_document` was given."""
    values = {
        **document,
        "schema": _schema(document["schema"]),
        "indexes": tuple(map(_index, document["indexes"])),
        **_capacity(document),
        "stream": _stream(document["stream"]),
        "last_stream": _stream(document["last_stream"]),
        "tags": tuple((key, value) for key, value in document["tags"]),
    }
    return Table(**values)


def _schema(document: dict[str, Any]) -> KeySchema:
    sort = document["range"]
    return KeySchema(hash=Key(**document["hash"]), range=Key(**sort) if sort else None)


def _index(document: dict[str, Any]) -> Index:
    values = {
        **document,
        "schema": _schema(document["schema"]),
        "projection": ProjectionType(document["projection"]),
        "include": tuple(document["include"]),
        **_capacity(document),
    }
    return Index(**values)


def _capacity(document: dict[str, Any]) -> dict[str, Any]:
    units = {name: Units(**document.get(name, {})) for name in ("limit", "warm")}
    return {"throughput": Throughput(**document["throughput"]), **units}


def _stream(document: dict[str, Any] | None) -> Stream | None:
    return Stream(label=document["label"], view=StreamView(document["view"])) if document else None
