"""The lines a function writes to its log: docs/audit-record.md §6."""

from __future__ import annotations

from mlfn.audit.codec import parse

TYPE_CHECKING = False
if TYPE_CHECKING:
    from mlfn.audit.codec import Wire

RECORD = b'{"mlfn_audit":'
"""A record at the moment it was made."""
SPOOL = b'{"mlfn_spool":'
"""A record that could not be put in the table in time: whoever reads the log puts it."""
COLLISION = b'{"mlfn_collision":'
"""A record whose place in the table is taken by another: an alarm."""


def line(kind: bytes, canonical: bytes) -> bytes:
    """A log line around a record's canonical bytes."""
    return kind + canonical + b"}\n"


def writer_line(writer: str, model: str, function_version: str) -> bytes:
    """What a writer says once, before its first call: lines of writers that did not are not believed."""
    return b'{"mlfn_writer":{"fv":"%b","m":"%b","w":"%b"}}\n' % (
        function_version.encode(),
        model.encode(),
        writer.encode(),
    )


def metric_line(name: str, model: str, stage: str, time_ms: int) -> bytes:
    """A count of one in CloudWatch's embedded metric format: of a model, and of the stage, which the alarm looks at."""
    return (
        b'{"_aws":{"CloudWatchMetrics":[{"Dimensions":[["Model"],["service"]],'
        b'"Metrics":[{"Name":"%(name)b","Unit":"Count"}],"Namespace":"mlfn"}],"Timestamp":%(time)d},'
        b'"Model":"%(model)b","service":"mlfn-audit-%(stage)b","%(name)b":1}\n'
        % {b"name": name.encode(), b"time": time_ms, b"model": model.encode(), b"stage": stage.encode()}
    )


def record_in(text: bytes) -> tuple[bytes, Wire] | None:
    """The kind of a log line and the record in it; None if the line holds no record.

    Raises:
        ValueError: it says it holds a record, but does not.
    """
    for kind in (RECORD, SPOOL, COLLISION):
        if text.startswith(kind):
            body = text.rstrip(b"\r\n")
            if not body.endswith(b"}}"):
                raise ValueError("a record's line was cut short")
            return kind, parse(body[len(kind) : -1])
    return None
