"""What an API's access log says of calls that our code never saw: refused by the gateway, or not answered."""

from __future__ import annotations

import json
from collections import Counter
from typing import TYPE_CHECKING, Any

from mlfn.audit.codec import fit
from mlfn.audit.record import Assurance, CallerType, Phase, Status
from mlfn_audit.platform.derived import PLATFORM, platform_wire, sealed_phase, stamp

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from mlfn.audit.codec import Wire

GROUP_PREFIX = "/aws/vendedlogs/apis/"
MINUTE_MS = 60_000
_NONE = "-"
"""What the gateway writes for a variable that has no value."""
Line = dict[str, Any]


def access_lines(messages: Iterable[str]) -> Iterator[Line]:
    """The requests in an access log of the form that the app's template gives it."""
    for message in messages:
        try:
            line = json.loads(message)
            int(line["requestTimeEpoch"]), line["requestId"], line["status"], line["routeKey"]
        except (ValueError, KeyError, TypeError, RecursionError):
            continue
        yield line


def refusals(lines: Iterable[Line], app: str) -> list[Wire]:
    """Requests that the gateway refused: one `rejected` record for each minute, route and status, however many.

    Nobody can flood the table by being refused: `er` says how many there were, caller and address are there if all
    had the same.
    """
    groups: dict[tuple[int, str, str], list[Line]] = {}
    for line in lines:
        if _refused(line) and (name := _routed(line)):
            minute = int(line["requestTimeEpoch"]) // MINUTE_MS * MINUTE_MS
            groups.setdefault((minute, name, str(line["status"])), []).append(line)
    return [_refusal(key, group, app) for key, group in sorted(groups.items())]


def dispatches(lines: Iterable[Line], app: str) -> list[Wire]:
    """Requests that went to a function which did not answer: one `dispatched` record each, by Lambda's request id."""
    return [_dispatch(line, name, app) for line in lines if _unanswered(line) and (name := _routed(line))]


def _refused(line: Line) -> bool:
    return not _is_set(line, "integrationRequestId") and str(line["status"]) >= "400"


def _unanswered(line: Line) -> bool:
    """`integrationStatus` is what the function's own answer says."""
    return _is_set(line, "integrationRequestId") and not _is_set(line, "integrationStatus")


def _is_set(line: Line, name: str) -> bool:
    return str(line.get(name, _NONE)) != _NONE


def _routed(line: Line) -> str | None:
    """The model or pipeline that a request's route is of; None where no route fits."""
    path = str(line["routeKey"]).rpartition(" ")[2].split("/")
    return path[2] if len(path) >= 3 and path[1] in ("models", "pipelines") else None


def _refusal(key: tuple[int, str, str], group: list[Line], app: str) -> Wire:
    minute, name, status = key
    api = str(group[0].get("apiId", _NONE))
    kinds = Counter(str(line.get("error", _NONE)) for line in group)
    kind = max(kinds, key=lambda each: (kinds[each], each))
    wire = platform_wire(
        {
            "iv": fit(f"{api}:{minute // MINUTE_MS}:{status}:{name}", 40),
            "t0": stamp(minute),
            "t1": stamp(minute + MINUTE_MS),
            "m": f"{app}.{name}",
            "st": str(Status.REJECTED),
            "er": fit(f"{status} {kind} x{len(group)}" if kind != _NONE else f"{status} x{len(group)}", 64),
            "ai": fit(api, 32),
        }
    )
    return sealed_phase(wire | _who(group), Phase.REJECTED)


def _dispatch(line: Line, name: str, app: str) -> Wire:
    wire = platform_wire(
        {
            "iv": fit(str(line["integrationRequestId"]), 40),
            "t0": stamp(int(line["requestTimeEpoch"])),
            "m": f"{app}.{name}",
            "ai": fit(str(line.get("apiId", _NONE)), 32),
            "gr": fit(str(line["requestId"]), 48),
        }
    )
    return sealed_phase(wire | _who([line]), Phase.DISPATCHED)


def _who(group: list[Line]) -> Wire:
    """Caller and address, if all of a group have the same."""
    callers = {str(line.get("caller", _NONE)) for line in group}
    addresses = {str(line.get("sourceIp", _NONE)) for line in group}
    wire: Wire = {"w": PLATFORM, "ct": str(CallerType.UNKNOWN)}
    if len(callers) == 1 and (caller := callers.pop()) != _NONE:
        kind = CallerType.IAM_USER if ":user/" in caller else CallerType.IAM_ROLE
        wire |= {"ca": fit(caller, 192), "ct": str(kind), "cl": int(Assurance.AUTHENTICATED), "pt": "http_iam"}
    if len(addresses) == 1 and (address := addresses.pop()) != _NONE:
        wire["ip"] = fit(address, 45)
    return wire
