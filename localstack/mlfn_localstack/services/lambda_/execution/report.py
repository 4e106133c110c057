"""The lines Lambda itself writes into a function's log: START, END, REPORT, or their JSON form."""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Protocol


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """What one invocation took."""

    request_id: str
    duration_ms: float
    memory_mb: int
    peak_mb: int
    init_ms: float | None
    status: str
    error_type: str

    @property
    def billed_ms(self) -> int:
        """The duration that would be billed; since August 2025 Lambda bills the init phase of every function."""
        return math.ceil(self.duration_ms + (self.init_ms or 0.0))


class LogFormat(Protocol):
    """How platform lines are written."""

    def start(self, request_id: str, version: str) -> str:
        """The line before an invocation."""

    def end(self, report: Report) -> tuple[str, ...]:
        """The lines after it."""

    def fault(self, request_id: str, message: str) -> str:
        """A line on what the platform had to do, such as ending a task."""

    def init_timed_out(self, duration_ms: float) -> str:
        """A line on an init phase that took too long."""


_LEVELS = ("DEBUG", "INFO", "WARN")


def _now() -> str:
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "Z"


class TextFormat:
    """Lambda's plain text lines."""

    def start(self, request_id: str, version: str) -> str:
        """START"""
        return f"START RequestId: {request_id} Version: {version}\n"

    def end(self, report: Report) -> tuple[str, ...]:
        """END and REPORT"""
        parts = [
            f"REPORT RequestId: {report.request_id}",
            f"Duration: {report.duration_ms:.2f} ms",
            f"Billed Duration: {report.billed_ms} ms",
            f"Memory Size: {report.memory_mb} MB",
            f"Max Memory Used: {report.peak_mb} MB",
        ]
        if report.init_ms is not None:
            parts.append(f"Init Duration: {report.init_ms:.2f} ms")
        if report.status == "timeout":
            parts.append("Status: timeout")
        elif report.status == "error" and report.error_type.startswith(("Runtime.", "Function.")):
            parts += ["Status: error", f"Error Type: {report.error_type}"]
        return f"END RequestId: {report.request_id}\n", "\t".join(parts) + "\t\n"

    def fault(self, request_id: str, message: str) -> str:
        """A line with the time in front."""
        return f"{_now()} {request_id} {message}\n"

    def init_timed_out(self, duration_ms: float) -> str:
        """INIT_REPORT"""
        return f"INIT_REPORT Init Duration: {duration_ms:.2f} ms\tPhase: init\tStatus: timeout\n"


class JsonFormat:
    """Lambda's JSON system log events (schema of the Telemetry API), those of the function's level and above.

    https://docs.aws.amazon.com/lambda/latest/dg/monitoring-cloudwatchlogs-log-level.html#monitoring-cloudwatchlogs-log-level-mapping
    """

    def __init__(self, level: str = "INFO") -> None:
        self._level = _LEVELS.index(level)

    def start(self, request_id: str, version: str) -> str:
        """platform.start"""
        return self._event("INFO", "platform.start", {"requestId": request_id, "version": version})

    def end(self, report: Report) -> tuple[str, ...]:
        """platform.runtimeDone (of a success only for who debugs) and platform.report"""
        done, whole = ("DEBUG", "INFO") if report.status == "success" else ("WARN", "WARN")
        outcome = {"requestId": report.request_id, "status": report.status}
        if report.error_type:
            outcome["errorType"] = report.error_type
        duration = {"durationMs": round(report.duration_ms, 3)}
        lines = (
            self._event(done, "platform.runtimeDone", {**outcome, "metrics": duration}),
            self._event(whole, "platform.report", {**outcome, "metrics": _metrics(report)}),
        )
        return tuple(filter(None, lines))

    def fault(self, request_id: str, message: str) -> str:
        """Nothing: the report says it."""
        return ""

    def init_timed_out(self, duration_ms: float) -> str:
        """platform.initReport"""
        record = {
            "initializationType": "on-demand",
            "phase": "init",
            "status": "timeout",
            "metrics": {"durationMs": round(duration_ms, 3)},
        }
        return self._event("WARN", "platform.initReport", record)

    def _event(self, level: str, kind: str, record: Any) -> str:
        if _LEVELS.index(level) < self._level:
            return ""
        return json.dumps({"time": _now(), "type": kind, "record": record}, separators=(",", ":")) + "\n"


def _metrics(report: Report) -> dict[str, Any]:
    metrics: dict[str, Any] = {
        "durationMs": round(report.duration_ms, 3),
        "billedDurationMs": report.billed_ms,
        "memorySizeMB": report.memory_mb,
        "maxMemoryUsedMB": report.peak_mb,
    }
    return metrics if report.init_ms is None else {**metrics, "initDurationMs": round(report.init_ms, 3)}
