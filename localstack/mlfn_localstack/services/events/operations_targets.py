"""PutTargets, RemoveTargets, ListTargetsByRule."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlfn_localstack.services.events.errors import limit_exceeded
from mlfn_localstack.services.events.operations_rules import check_unmanaged
from mlfn_localstack.services.events.paging import page
from mlfn_localstack.services.events.targets import check_target

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mlfn_localstack.service import Operation, Params, RequestContext, Result
    from mlfn_localstack.services.events.model import EventsState, Rule

MAX_TARGETS = 5


class TargetOperations:
    """Where a rule's events go."""

    def __init__(self, state: EventsState) -> None:
        self._state = state

    def operations(self) -> Mapping[str, Operation]:
        """By name."""
        return {"PutTargets": self.put, "RemoveTargets": self.remove, "ListTargetsByRule": self.list}

    async def put(self, _context: RequestContext, params: Params) -> Result:
        """Nothing failed, once the targets are added, or replaced by their ids."""
        rule = self._rule(params)
        check_unmanaged(rule)
        for target in params["Targets"]:
            check_target(target)
        targets = {target["Id"]: target for target in [*rule["Targets"], *params["Targets"]]}
        if len(targets) > MAX_TARGETS:
            raise limit_exceeded()
        self._state.put_rule(rule | {"Targets": list(targets.values())})
        return {"FailedEntryCount": 0, "FailedEntries": []}

    async def remove(self, _context: RequestContext, params: Params) -> Result:
        """Those that were not there."""
        rule = self._rule(params)
        check_unmanaged(rule, params)
        known = {target["Id"] for target in rule["Targets"]}
        kept = [target for target in rule["Targets"] if target["Id"] not in params["Ids"]]
        self._state.put_rule(rule | {"Targets": kept})
        failed = [
            {
                "TargetId": name,
                "ErrorCode": "ResourceNotFoundException",
                "ErrorMessage": f"Rule {rule['Name']} does not have a target with the Id {name}.",
            }
            for name in params["Ids"]
            if name not in known
        ]
        return {"FailedEntryCount": len(failed), "FailedEntries": failed}

    async def list(self, _context: RequestContext, params: Params) -> Result:
        """A rule's targets."""
        return page(self._rule(params)["Targets"], params, "Targets")

    def _rule(self, params: Params) -> Rule:
        return self._state.rule(self._state.bus_name(params), params["Rule"])
