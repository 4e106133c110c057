"""What AWS itself wrote down: CloudTrail's `Invoke` events, and the requests in an API's access log."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from mlfn_audit.collecting.access_log import access_lines

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

GATEWAY = "apigateway.amazonaws.com"
STATES = "states.amazonaws.com"
_NONE = "-"
"""What the gateway writes for a variable that has no value."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Invocation:
    """One `Invoke` as CloudTrail saw it."""

    request: str
    """Lambda's request id: a record's invocation."""
    function: str
    at: datetime
    principal: str
    """The caller's ARN; empty for a service."""
    principal_type: str
    service: str
    """The service that called, for itself or with somebody's role; empty for direct callers."""
    refused: bool
    """Lambda did not run it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class GatewayCall:
    """One request that the API passed on to a function."""

    request: str
    """The gateway's request id."""
    invocation: str
    """Lambda's."""
    at: datetime
    caller: str
    """Who signed; empty for holders of tokens and for everybody."""
    route: str
    status: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """Everything that was written down, by request; None where nothing was there to be read."""

    invocations: Mapping[str, Invocation] | None
    gateway: Mapping[str, GatewayCall] | None


def invocations(events: Iterable[Mapping[str, Any]], prefix: str) -> Iterator[Invocation]:
    """The `Invoke` events of functions whose names begin so; what is no event is passed over."""
    for event in events:
        if event.get("eventSource") != "lambda.amazonaws.com" or not str(event.get("eventName")).startswith("Invoke"):
            continue
        try:
            function = str(event["resources"][0]["ARN"]).split(":")[6]
            at = datetime.strptime(event["eventTime"], "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC)
            request = str(event["requestID"])
        except (KeyError, IndexError, TypeError, ValueError):
            continue
        if function.startswith(prefix):
            yield _invocation(event, function, at, request)


def _invocation(event: Mapping[str, Any], function: str, at: datetime, request: str) -> Invocation:
    identity = event.get("userIdentity") or {}
    source = str(event.get("sourceIPAddress") or "")
    service = str(identity.get("invokedBy") or (source if source.endswith(".amazonaws.com") else ""))
    return Invocation(
        request=request,
        function=function,
        at=at,
        principal=str(identity.get("arn") or ""),
        principal_type=_TYPES.get(str(identity.get("type")), "unknown"),
        service=service,
        refused="errorCode" in event,
    )


_TYPES = {
    "AssumedRole": "iam_role",
    "FederatedUser": "federated",
    "IAMUser": "iam_user",
    "Role": "iam_role",
    "Root": "iam_user",
    "AWSService": "aws_service",
}
"""`userIdentity.type` in a record's words."""


def gateway_calls(messages: Iterable[str]) -> Iterator[GatewayCall]:
    """The requests in an access log that reached a function; what is no line of the template's form is passed over."""
    for line in access_lines(messages):
        invocation = str(line.get("integrationRequestId", _NONE))
        if invocation == _NONE:
            continue
        caller = str(line.get("caller", _NONE))
        yield GatewayCall(
            request=str(line["requestId"]),
            invocation=invocation,
            at=datetime.fromtimestamp(int(line["requestTimeEpoch"]) / 1000, UTC),
            caller="" if caller == _NONE else caller,
            route=str(line["routeKey"]),
            status=str(line["status"]),
        )


def is_same(one: str, other: str) -> bool:
    """Whether two ARNs mean the same principal: a role and a session of it do."""
    return one == other or _role(one) == _role(other) != ""


def _role(arn: str) -> str:
    """`<account>/<role>` of a role or one of its sessions; empty for anybody else."""
    parts = arn.split(":", 5)
    if len(parts) < 6:
        return ""
    kind, _, rest = parts[5].partition("/")
    name = rest.partition("/")[0] if kind == "assumed-role" else rest.rpartition("/")[2] if kind == "role" else ""
    return f"{parts[4]}/{name}" if name else ""
