"""Where records go: name -> `module:class`, imported on demand."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Protocol

    class AuditSink(Protocol):
        """A table that keeps an item for good, once."""

        def write(self, item: str, timeout_s: float) -> None:
            """Return once the item, given as DynamoDB's JSON, is durable; writing it again changes nothing.

            Raises:
                SinkUnavailableError: it may or may not be durable; writing it again settles that.
                CollisionError: another item has its key.
            """


SINKS = {
    "dynamodb": "mlfn.runtime.sinks.dynamodb:DynamoDBSink",
    "memory": "mlfn.runtime.sinks.memory:MemorySink",
}


class SinkUnavailableError(Exception):
    """The table did not take an item in time."""


class CollisionError(Exception):
    """The table holds another item under this key."""


def open_sink(environ: Mapping[str, str]) -> AuditSink | None:
    """The sink an environment asks for: `MLFN_AUDIT_SINK` (default dynamodb, which needs `MLFN_AUDIT_TABLE`)."""
    name = environ.get("MLFN_AUDIT_SINK") or ("dynamodb" if environ.get("MLFN_AUDIT_TABLE") else "")
    if not name:
        return None
    module, _, attribute = SINKS.get(name, name).partition(":")
    __import__(module)
    from sys import modules  # noqa: PLC0415 - importlib costs a cold start 2 ms

    sink: AuditSink = getattr(modules[module], attribute)(environ)
    return sink
