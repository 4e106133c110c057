"""A function's log, line by line: what Lambda says of a call, what a writer says of itself, and its records."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from mlfn.audit.lines import record_in
from mlfn.audit.record import Status
from mlfn_audit.verifying.reader import check_fields

if TYPE_CHECKING:
    from collections.abc import Iterable

    from mlfn.audit.codec import Wire

_START = re.compile(r"START RequestId: (\S+) Version: (\S+)")
_REPORT = re.compile(r"REPORT RequestId: (\S+)\t")
_FIELD = re.compile(r"\t([A-Z][A-Za-z ]+): ([^\t]+)")
_WRITER = '{"mlfn_writer":{'
_OUT_OF_MEMORY = "Runtime.OutOfMemory"
_LONGEST_NAMES = 200
"""Characters of a model's name and version: a key of the table has 2,048 bytes at most."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LogEvent:
    """A line of a log group."""

    stream: str
    time_ms: int
    message: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Start:
    """Lambda handed a call to an environment."""

    request: str
    version: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """Lambda says that a call is over."""

    request: str
    status: str
    """`success`, `error`, `failure` or `timeout`."""
    error_type: str
    """The function's own word if it told of its failure, `Runtime.…` if its process ended."""
    duration_ms: float
    memory_mb: int
    peak_mb: int

    @property
    def ends_process(self) -> bool:
        """Whether the next call gets a new process, which announces itself anew."""
        if self.status in ("error", "failure"):
            return not self.error_type or self.error_type.startswith("Runtime.")
        return self.status == "timeout"

    @property
    def cause(self) -> Status:
        """Why a call that said nothing more came to its end."""
        if self.status == "timeout":
            return Status.TIMEOUT
        full = 0 < self.memory_mb <= self.peak_mb
        if self.error_type == _OUT_OF_MEMORY or (self.status == "error" and full):
            return Status.OOM
        return Status.KILLED


@dataclass(frozen=True, slots=True, kw_only=True)
class Announcement:
    """A writer's first words."""

    writer: str
    model: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """A record as a line holds it, believed or not."""

    wire: Wire
    event: LogEvent

    @property
    def attempt(self) -> tuple[str, str]:
        """Of which attempt of which call."""
        return self.wire["iv"], self.wire["at"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Over:
    """A call that is over, as far as its stream's lines say."""

    report: Report
    event: LogEvent
    start: Start | None = None
    start_event: LogEvent | None = None
    told: bool = True
    """Whether a line with a record came between start and report."""


@dataclass(slots=True, kw_only=True)
class Window:
    """What the lines of some time say."""

    records: list[Told] = field(default_factory=list)
    over: dict[tuple[str, str], Over] = field(default_factory=dict)
    """By stream and request id."""
    silent: list[tuple[Start, LogEvent]] = field(default_factory=list)
    """Calls that have begun and of which nothing more is told here."""
    damaged: int = 0
    """Lines that begin like a record and are none."""


def platform_line(message: str) -> Start | Report | None:
    """What Lambda says in a line of its own, in either log format; None for every other line."""
    if message.startswith("{") and '"platform.' in message[:200]:
        return _system_event(message)
    if found := _START.match(message):
        return Start(request=found[1], version=found[2])
    return _text_report(message) if message.startswith("REPORT ") else None


def announcement(message: str) -> Announcement | None:
    """The announcement in a line, if it is one."""
    if not message.startswith(_WRITER):
        return None
    try:
        said = json.loads(message)["mlfn_writer"]
    except (ValueError, RecursionError):
        return None
    writer, model = said.get("w"), said.get("m")
    if not isinstance(writer, str) or not isinstance(model, str):
        return None
    return Announcement(writer=writer, model=model)


def announced(events: Iterable[LogEvent]) -> dict[str, Announcement]:
    """The writers of a stream that is read from its head, by name.

    A process announces itself before it takes a call. What looks like an announcement later on is what a model
    printed, and may be what its caller sent; so may a line that looks like one of Lambda's, if it does not fit the
    call that is under way.
    """
    found: dict[str, Announcement] = {}
    running, fresh = "", True
    for event in events:
        match platform_line(event.message):
            case Start(request=request):
                running = running or request
            case Report(request=request) as report if request == running:
                running, fresh = "", fresh or report.ends_process
            case None if fresh and (said := announcement(event.message)):
                found[said.writer], fresh = said, False
            case _:
                continue
    return found


def read_window(events: Iterable[LogEvent]) -> Window:
    """The records and the ends of calls in these events, which may begin anywhere in their streams."""
    window = Window()
    running: dict[str, tuple[Start, LogEvent]] = {}
    told: set[str] = set()
    for event in events:
        match platform_line(event.message):
            case Start() as start:
                running.setdefault(event.stream, (start, event))
            case Report() as report:
                began = running.get(event.stream)
                if began is None or began[0].request == report.request:
                    running.pop(event.stream, None)
                    window.over[event.stream, report.request] = _over(report, event, began, told)
            case _:
                if (record := _record(event, window)) is not None:
                    window.records.append(record)
                    told.add(record.wire["iv"])
    window.silent = [began for began in running.values() if began[0].request not in told]
    return window


def _over(report: Report, event: LogEvent, began: tuple[Start, LogEvent] | None, told: set[str]) -> Over:
    if began is None:
        return Over(report=report, event=event)
    return Over(report=report, event=event, start=began[0], start_event=began[1], told=report.request in told)


def _record(event: LogEvent, window: Window) -> Told | None:
    if not event.message.startswith('{"mlfn_'):
        return None
    try:
        found = record_in(event.message.encode())
        if found is None:
            return None
        wire = found[1]
        check_fields(wire)
        if len(wire["m"]) + len(wire["mv"]) > _LONGEST_NAMES:
            raise ValueError("no model has such a name")
    except (ValueError, RecursionError):
        window.damaged += 1
        return None
    return Told(wire=wire, event=event)


def _system_event(message: str) -> Start | Report | None:
    try:
        event = json.loads(message)
        record = event["record"]
        match event["type"]:
            case "platform.start":
                return Start(request=record["requestId"], version=record.get("version", ""))
            case "platform.report":
                return _json_report(record)
    except (ValueError, KeyError, TypeError, RecursionError):
        pass  # somebody printed what looks like one of Lambda's
    return None


def _json_report(record: dict[str, Any]) -> Report:
    metrics = record["metrics"]
    return Report(
        request=record["requestId"],
        status=record["status"],
        error_type=record.get("errorType", ""),
        duration_ms=float(metrics["durationMs"]),
        memory_mb=int(metrics.get("memorySizeMB", 0)),
        peak_mb=int(metrics.get("maxMemoryUsedMB", 0)),
    )


def _text_report(message: str) -> Report | None:
    request = _REPORT.match(message)
    if request is None:
        return None
    fields = {name: value.strip() for name, value in _FIELD.findall(message.rstrip())}
    try:
        return Report(
            request=request[1],
            status=fields.get("Status", "success"),
            error_type=fields.get("Error Type", ""),
            duration_ms=float(fields["Duration"].removesuffix(" ms")),
            memory_mb=int(fields.get("Memory Size", "0").removesuffix(" MB")),
            peak_mb=int(fields.get("Max Memory Used", "0").removesuffix(" MB")),
        )
    except (KeyError, ValueError):
        return None
