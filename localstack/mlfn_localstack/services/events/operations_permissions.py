"""PutPermission and RemovePermission: the policies of event buses."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from mlfn_localstack.auth.policy import PolicySyntaxError, parse_policy
from mlfn_localstack.service import ServiceError
from mlfn_localstack.services.events.errors import validation
from mlfn_localstack.services.events.model import bus_name_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mlfn_localstack.service import Operation, Params, RequestContext, Result
    from mlfn_localstack.services.events.model import Bus, EventsState

_ANYBODY = "*"
_REQUIRED = ("Action", "Principal", "StatementId")


class PermissionOperations:
    """Who else may send events to a bus."""

    def __init__(self, state: EventsState) -> None:
        self._state = state

    def operations(self) -> Mapping[str, Operation]:
        """By name."""
        return {"PutPermission": self.put, "RemovePermission": self.remove}

    async def put(self, _context: RequestContext, params: Params) -> Result:
        """Nothing, once the bus has the statement, or the policy that is given whole."""
        bus = self._state.bus(bus_name_of(params.get("EventBusName")))
        if params.get("Policy"):
            self._write(bus, _checked(params["Policy"]))
            return {}
        missing = [name for name in _REQUIRED if not params.get(name)]
        if missing:
            raise validation(f"Parameter {missing[0]} must be specified.")
        kept = [each for each in _statements(bus) if each.get("Sid") != params["StatementId"]]
        self._write(bus, _policy([*kept, _statement(bus, params)]))
        return {}

    async def remove(self, _context: RequestContext, params: Params) -> Result:
        """Nothing, once the statement, or every one, is gone."""
        bus = self._state.bus(bus_name_of(params.get("EventBusName")))
        if params.get("RemoveAllPermissions"):
            self._write(bus, None)
            return {}
        kept = [each for each in _statements(bus) if each.get("Sid") != params.get("StatementId")]
        if len(kept) == len(_statements(bus)):
            raise ServiceError("ResourceNotFoundException", "Statement with the provided id does not exist.")
        self._write(bus, _policy(kept) if kept else None)
        return {}

    def _write(self, bus: Bus, policy: str | None) -> None:
        without = {name: value for name, value in bus.items() if name != "Policy"}
        changed = without | {"LastModifiedTime": self._state.clock()}
        self._state.put_bus(changed if policy is None else changed | {"Policy": policy})


def _statements(bus: Bus) -> list[dict[str, Any]]:
    found = json.loads(bus.get("Policy", "{}")).get("Statement", [])
    return found if isinstance(found, list) else [found]


def _policy(statements: list[dict[str, Any]]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": statements}, separators=(",", ":"))


def _statement(bus: Bus, params: Params) -> dict[str, Any]:
    principal, condition = params["Principal"], params.get("Condition")
    statement = {
        "Sid": params["StatementId"],
        "Effect": "Allow",
        "Principal": _ANYBODY if principal == _ANYBODY else {"AWS": f"arn:aws:iam::{principal}:root"},
        "Action": params["Action"],
        "Resource": bus["Arn"],
    }
    if condition:
        statement["Condition"] = {condition["Type"]: {condition["Key"]: condition["Value"]}}
    return statement


def _checked(text: str) -> str:
    try:
        parse_policy(text)
    except PolicySyntaxError as error:
        raise validation(f"Parameter Policy is not valid. Reason: {error}") from error
    return text
