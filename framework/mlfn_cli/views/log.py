"""A function's log as people read it: what the model printed, and of the rest what tells how its calls ended."""

from __future__ import annotations

import json
from typing import Any

_OWN = ('{"mlfn_audit":', '{"mlfn_writer":')
"""Lines of the audit trail, which `mlfn audit` shows: one of a call is longer than what most models print."""
_TOLD_LATER = ("platform.start", "platform.runtimeDone", "platform.initStart", "platform.initRuntimeDone")
"""Lambda's lines of what its report sums up."""


def readable(message: str) -> str | None:
    """A log line for people; None if it says nothing to them."""
    text = message.rstrip()
    if text.startswith(_OWN):
        return None
    told = _platform(text)
    if told is None:
        return text
    if told["type"] in _TOLD_LATER:
        return None
    return _report(told["record"]) if told["type"] == "platform.report" else text


def _platform(text: str) -> dict[str, Any] | None:
    """A line of Lambda's own, or None."""
    if not text.startswith("{"):
        return None
    try:
        told = json.loads(text)
    except ValueError:
        return None
    record = isinstance(told, dict) and str(told.get("type", "")).startswith("platform.") and told.get("record")
    return told if isinstance(record, dict) else None


def _report(record: dict[str, Any]) -> str:
    numbers = record.get("metrics", {})
    parts = [f"{numbers['durationMs']:,.1f} ms" if "durationMs" in numbers else "", _memory(numbers)]
    if "initDurationMs" in numbers:
        parts.append(f"started in {numbers['initDurationMs']:,.0f} ms")
    status = record.get("status", "success")
    ended = "" if status == "success" else f" {status} ({record.get('errorType', 'unknown')})"
    return f"── call {str(record.get('requestId', ''))[:8]}{ended}: {', '.join(filter(None, parts))}"


def _memory(numbers: dict[str, Any]) -> str:
    if "maxMemoryUsedMB" not in numbers:
        return ""
    return f"{numbers['maxMemoryUsedMB']} of {numbers.get('memorySizeMB', '?')} MB"
