"""CloudEvents 1.0, one event a line, with the authcontext extension; the record itself is the event's data.

https://github.com/cloudevents/spec/blob/main/cloudevents/formats/json-format.md
https://github.com/cloudevents/spec/blob/main/cloudevents/extensions/authcontext.md
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from mlfn.audit.record import CallerType
from mlfn_audit.exporting.record import json_line
from mlfn_audit.exporting.trail import Kind

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from mlfn.audit.codec import Wire
    from mlfn_audit.exporting.trail import Entry, Origin

CHECKPOINT, EXPORT, DAMAGED = "mlfn.audit.checkpoint.v1", "mlfn.audit.export.v1", "mlfn.audit.damaged.v1"
"""Types of the events that are no records."""
AUTH_TYPES = {
    CallerType.IAM_USER: "user",
    CallerType.IAM_ROLE: "service_account",
    CallerType.FEDERATED: "user",
    CallerType.JWT_SUBJECT: "app_user",
    CallerType.API_KEY: "api_key",
    CallerType.AWS_SERVICE: "system",
    CallerType.PIPELINE: "system",
    CallerType.ANONYMOUS: "unauthenticated",
}
"""Types of callers in the extension's words."""
_OTHERS = {Kind.EXPORT: EXPORT, Kind.CHECKPOINT: CHECKPOINT, Kind.DAMAGED: DAMAGED}


def lines(entries: Iterable[Entry], origin: Origin) -> Iterator[bytes]:
    """An event an entry."""
    for number, entry in enumerate(entries):
        if entry.kind is Kind.RECORD:
            attributes = json.dumps(_record_attributes(entry.value), ensure_ascii=False, separators=(",", ":"))
            # The data stays byte for byte what was hashed.
            yield b'%b,"data":%b}\n' % (attributes[:-1].encode(), entry.text)
        else:
            yield json_line(_other(entry, origin, number))


def _record_attributes(wire: Wire) -> dict[str, Any]:
    claims = {"type": wire.get("ct"), "assurance": wire.get("cl")}
    told = {name: value for name, value in claims.items() if value is not None}
    return {
        "specversion": "1.0",
        "id": wire["id"],
        "source": wire["m"],
        "type": f"mlfn.invocation.{wire['ph']}.v1",
        "time": wire.get("t1", wire["t0"]),
        "subject": wire["iv"],
        "datacontenttype": "application/json",
        "authtype": AUTH_TYPES.get(wire.get("ct", ""), "unknown"),
        **({"authid": wire["ca"]} if "ca" in wire else {}),
        **({"authclaims": json.dumps(told, separators=(",", ":"))} if told else {}),
    }


def _other(entry: Entry, origin: Origin, number: int) -> dict[str, Any]:
    return {
        "specversion": "1.0",
        "id": f"{entry.kind}-{number}",
        "source": origin.name,
        "type": _OTHERS[entry.kind],
        "datacontenttype": "application/json",
        "data": entry.value,
    }
