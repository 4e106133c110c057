"""OpenTelemetry logs as OTLP JSON, one LogsData a line; the body is the record's canonical text.

https://opentelemetry.io/docs/specs/otel/protocol/file-exporter/ (one signal a file, so that all phases are log records)
https://opentelemetry.io/docs/specs/semconv/faas/aws-lambda/
"""

from __future__ import annotations

from datetime import datetime
from hashlib import sha256
from typing import TYPE_CHECKING, Any

from mlfn.audit.record import Phase
from mlfn_audit.exporting.record import json_line
from mlfn_audit.exporting.trail import Kind

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from mlfn.audit.codec import Wire
    from mlfn_audit.exporting.trail import Entry, Origin

INFO, WARN, ERROR = (9, "INFO"), (13, "WARN"), (17, "ERROR")
_SEVERITIES = {Phase.REJECTED: WARN, Phase.ERROR: ERROR, Phase.ABANDONED: ERROR}
_MESSAGES = frozenset({"sqs", "eventbridge"})
_MB = 1024 * 1024


def lines(entries: Iterable[Entry], origin: Origin) -> Iterator[bytes]:
    """A log record for each record; what else a trail holds has no place there."""
    for entry in entries:
        if entry.kind is Kind.RECORD:
            yield json_line(_logs(entry.value, entry.text.decode(), origin))


def _logs(wire: Wire, text: str, origin: Origin) -> dict[str, Any]:
    resource = {"attributes": _attributes(_resource(wire, origin))}
    scope = {"name": "mlfn", "version": str(wire["v"])}
    return {"resourceLogs": [{"resource": resource, "scopeLogs": [{"scope": scope, "logRecords": [_log(wire, text)]}]}]}


def _log(wire: Wire, text: str) -> dict[str, Any]:
    number, name = _SEVERITIES.get(wire["ph"], INFO)
    time = _nanoseconds(wire.get("t1") or wire["t0"])
    return {
        "timeUnixNano": time,
        "observedTimeUnixNano": time,
        "severityNumber": number,
        "severityText": name,
        "eventName": f"mlfn.invocation.{wire['ph']}",
        "body": {"stringValue": text},
        "attributes": _attributes(_call(wire)),
        "traceId": trace_id(wire),
        "spanId": sha256(f"{wire['iv']}\n{wire['at']}".encode()).hexdigest()[:16],
    }


def _resource(wire: Wire, origin: Origin) -> dict[str, Any]:
    function, version = wire.get("fn"), wire.get("fv")
    arn = f"arn:{origin.partition}:lambda:{origin.region}:{origin.account}:function:{function}:{version}"
    return {
        "service.name": wire["m"],
        "service.version": wire["mv"],
        "cloud.provider": "aws",
        "cloud.platform": "aws_lambda",
        "cloud.region": origin.region,
        "cloud.account.id": origin.account,
        "cloud.resource_id": arn if function and version else None,
        "faas.name": function,
        "faas.version": version,
        "faas.instance": wire["w"],
        "faas.max_memory": wire["ms"] * _MB if "ms" in wire else None,
    }


def _call(wire: Wire) -> dict[str, Any]:
    return {
        "faas.invocation_id": wire["iv"],
        "faas.trigger": _trigger(wire.get("pt", "")),
        "faas.coldstart": wire.get("cs"),
        "error.type": wire.get("er"),
        "client.address": wire.get("ip"),
        "user_agent.original": wire.get("ua"),
        "user.id": wire.get("ca"),
        "mlfn.record.id": wire["id"],
        "mlfn.status": wire.get("st"),
        "mlfn.caller.type": wire.get("ct"),
        "mlfn.caller.assurance": wire.get("cl"),
        "mlfn.duration_us": wire.get("du"),
        "mlfn.execution": wire.get("ex"),
        "mlfn.state": wire.get("sn"),
        "mlfn.parents": wire.get("pa"),
    }


def trace_id(wire: Wire) -> str:
    """X-Ray's trace, if it is one; else that of the pipeline's run or of the invocation."""
    match wire.get("tp", "").split("-"):
        case ["1", seconds, rest] if len(seconds) == 8 and len(rest) == 24 and _is_hex(seconds + rest):
            return f"{seconds}{rest}".lower()
        case _:
            return sha256((wire.get("ex") or wire["iv"]).encode()).hexdigest()[:32]


def _is_hex(text: str) -> bool:
    return all(char in "0123456789abcdefABCDEF" for char in text) and set(text) != {"0"}


def _trigger(path: str) -> str:
    if path.startswith(("http_", "rest_", "url_")):
        return "http"
    return "pubsub" if path in _MESSAGES else "other"


def _attributes(values: dict[str, Any]) -> list[dict[str, Any]]:
    return [{"key": name, "value": _value(value)} for name, value in values.items() if value is not None]


def _value(value: Any) -> dict[str, Any]:
    if isinstance(value, bool):
        return {"boolValue": value}
    if isinstance(value, int):
        return {"intValue": str(value)}  # 64 bits do not fit into every JSON reader's number
    if isinstance(value, list):
        return {"arrayValue": {"values": [_value(each) for each in value]}}
    return {"stringValue": value}


def _nanoseconds(time: str) -> str:
    moment = datetime.fromisoformat(time)
    return f"{int(moment.replace(microsecond=0).timestamp())}{moment.microsecond:06}000"
