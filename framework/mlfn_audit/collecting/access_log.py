"""What an API's access log says of calls that our code never saw: refused by the gateway, or not answered."""

from __future__ import annotations

import json
from collections import Counter
from typing import TYPE_CHECKING, Any

from mlfn.audit.codec import fit
from mlfn.audit.record import Assurance, CallerType, Phase, Status
from mlfn_audit.collecting.derived import platform_wire, sealed_phase, stamp

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from mlfn.audit.codec import Wire

GROUP_PREFIX = "/aws/vendedlogs/apis/"
INGRESS_KEY = "mlfn-ingress"
"""The front door of an app's pipelines, among its functions."""
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


def asked_function(line: Line) -> str | None:
    """The function, by its name inside the app, that a request reached which leaves no record; None: it leaves one."""
    if not _is_set(line, "integrationRequestId") or not is_asking(str(line["routeKey"]), str(line["status"])):
        return None
    path = _segments(str(line["routeKey"]))
    return path[1] if path[:1] == ["models"] else INGRESS_KEY


def is_asking(route: str, status: str) -> bool:
    """Whether requests on a route are no calls: how a run is, the content of a blob, approvals that are none."""
    path = _segments(route)
    return route.startswith("GET ") or path[2:3] == ["blobs"] or (path[:1] == ["approvals"] and status == "404")


def _segments(route: str) -> list[str]:
    return route.rpartition(" ")[2].split("/")[1:]


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
    reason = status if kind == _NONE else f"{status} {kind}"
    facts = {"iv": f"{api}:{minute // MINUTE_MS}:{status}:{name}", "m": f"{app}.{name}", "ai": fit(api, 32)}
    return refused(minute, facts | _who(group), f"{reason} x{len(group)}")


def refused(minute_ms: int, facts: Wire, reason: str) -> Wire:
    """The `rejected` record of all calls of a minute that were refused alike; `facts` has at least `iv` and `m`."""
    times = {"t0": stamp(minute_ms), "t1": stamp(minute_ms + MINUTE_MS)}
    own = {"iv": fit(facts["iv"], 40), "st": str(Status.REJECTED), "er": fit(reason, 64)}
    return sealed_phase(platform_wire({**facts, **times, **own}), Phase.REJECTED)


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
    callers = {str(line.get("caller", _NONE)) for line in group} - {_NONE}
    unsigned = any(not _is_set(line, "caller") for line in group)
    who = one_of(set() if unsigned else callers, {str(line.get("sourceIp", _NONE)) for line in group} - {_NONE})
    return who | ({"cl": int(Assurance.AUTHENTICATED), "pt": "http_iam"} if "ca" in who else {})


def one_of(callers: set[str], addresses: set[str]) -> Wire:
    """Caller and address of a group of calls, if all have the same."""
    wire: Wire = {"ct": str(CallerType.UNKNOWN)}
    if len(callers) == 1:
        caller = callers.pop()
        kind = CallerType.IAM_USER if ":user/" in caller else CallerType.IAM_ROLE
        wire |= {"ca": fit(caller, 192), "ct": str(kind)}
    if len(addresses) == 1:
        wire["ip"] = fit(addresses.pop(), 45)
    return wire
