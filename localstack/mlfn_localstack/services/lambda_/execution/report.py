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

    def end(self, report: Report) -> str:
        """The line or lines after it."""

    def fault(self, request_id: str, message: str) -> str:
        """A line on what the platform had to do, such as ending a task."""


def _now() -> str:
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "Z"


class TextFormat:
    """Lambda's plain text lines."""

    def start(self, request_id: str, version: str) -> str:
        """START"""
        return f"START RequestId: {request_id} Version: {version}\n"

    def end(self, report: Report) -> str:
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
        return f"END RequestId: {report.request_id}\n" + "\t".join(parts) + "\t\n"

    def fault(self, request_id: str, message: str) -> str:
        """A line with the time in front."""
        return f"{_now()} {request_id} {message}\n"


class JsonFormat:
    """Lambda's JSON system log events (schema of the Telemetry API)."""

    def start(self, request_id: str, version: str) -> str:
        """platform.start"""
        return _event("platform.start", {"requestId": request_id, "version": version})

    def end(self, report: Report) -> str:
        """platform.report"""
        metrics: dict[str, Any] = {
            "durationMs": round(report.duration_ms, 3),
            "billedDurationMs": report.billed_ms,
            "memorySizeMB": report.memory_mb,
            "maxMemoryUsedMB": report.peak_mb,
        }
        if report.init_ms is not None:
            metrics["initDurationMs"] = round(report.init_ms, 3)
        record = {"requestId": report.request_id, "metrics": metrics, "status": report.status}
        if report.error_type:
            record["errorType"] = report.error_type
        return _event("platform.report", record)

    def fault(self, request_id: str, message: str) -> str:
        """platform.fault"""
        return _event("platform.fault", f"RequestId: {request_id} {message}")


def _event(kind: str, record: Any) -> str:
    return json.dumps({"time": _now(), "type": kind, "record": record}, separators=(",", ":")) + "\n"
