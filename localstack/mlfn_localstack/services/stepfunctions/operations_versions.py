"""Published versions of state machines, and aliases that share traffic between them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from mlfn_localstack.services.stepfunctions.arns import base_of, qualifier_of, require_arn
from mlfn_localstack.services.stepfunctions.description import present
from mlfn_localstack.services.stepfunctions.errors import conflict, constraint, reference_missing, validation
from mlfn_localstack.services.stepfunctions.model import moment
from mlfn_localstack.services.stepfunctions.paging import slice_page

if TYPE_CHECKING:
    from mlfn_localstack.service import Operation, Params, RequestContext, Result
    from mlfn_localstack.services.stepfunctions.state import State

_ALIAS = re.compile(r"(?=.*[a-zA-Z_\-.])[a-zA-Z0-9_\-.]+")


class VersionOperations:
    """Operations on versions and aliases."""

    def __init__(self, state: State) -> None:
        self._state = state
        self._aliases = state.machines.aliases

    def operations(self) -> dict[str, Operation]:
        """The operations by API name."""
        return {
            "PublishStateMachineVersion": self.publish,
            "ListStateMachineVersions": self.list_versions,
            "DeleteStateMachineVersion": self.delete_version,
            "CreateStateMachineAlias": self.create_alias,
            "UpdateStateMachineAlias": self.update_alias,
            "DescribeStateMachineAlias": self.describe_alias,
            "ListStateMachineAliases": self.list_aliases,
            "DeleteStateMachineAlias": self.delete_alias,
        }

    async def publish(self, context: RequestContext, params: Params) -> Result:
        """Publish the current revision; the version of it, if it was published before."""
        machine = self._state.require_machine(params["stateMachineArn"])
        current = machine.revision or "INITIAL"
        if params.get("revisionId") not in {None, current}:
            raise conflict(
                f"Failed to publish the State Machine version for revision {params['revisionId']}."
                f" The current State Machine revision is {current}."
            )
        version = self._state.publish(machine, params.get("description"))
        return {"stateMachineVersionArn": version.arn, "creationDate": moment(version.created)}

    async def list_versions(self, context: RequestContext, params: Params) -> Result:
        """Versions, newest first."""
        machine = self._state.require_machine(params["stateMachineArn"])
        versions = [
            {"stateMachineVersionArn": version.arn, "creationDate": moment(version.created)}
            for version in self._state.machines.versions(machine.arn)
        ]
        return slice_page(versions, params, "stateMachineVersions")

    async def delete_version(self, context: RequestContext, params: Params) -> Result:
        """Delete a version that no alias refers to."""
        arn = require_arn(params["stateMachineVersionArn"], "stateMachine")
        users = [alias for alias, body in self._aliases.items(f"{base_of(arn)}:") if arn in _versions(body["routing"])]
        if users:
            names = ", ".join(alias.rsplit(":", 1)[1] for alias in users)
            raise conflict(
                "Version to be deleted must not be referenced by an alias."
                f" Current list of aliases referencing this version: [{names}]"
            )
        self._state.machines.delete(arn)
        return {}

    async def create_alias(self, context: RequestContext, params: Params) -> Result:
        """Create an alias; the same again is answered the same."""
        name, routing = _require_alias_name(params["name"]), params["routingConfiguration"]
        self._require_routing(routing)
        arn = f"{base_of(routing[0]['stateMachineVersionArn'])}:{name}"
        now = self._state.clock.now()
        body = {
            "name": name,
            "description": params.get("description"),
            "routing": routing,
            "created": now,
            "updated": now,
        }
        existing = self._aliases.get(arn)
        if existing is not None:
            if existing["routing"] != routing or existing["description"] != body["description"]:
                raise conflict(
                    "Failed to create alias because an alias with the same name and a different routing"
                    " configuration already exists."
                )
            body = existing
        self._aliases.put(arn, body)
        return {"stateMachineAliasArn": arn, "creationDate": moment(body["created"])}

    def _require_routing(self, routing: list[dict[str, Any]]) -> None:
        _require_lengths(routing)
        arns = _versions(routing)
        received = f"Received: [{', '.join(arns)}]"
        if not all((qualifier_of(arn) or "").isdigit() for arn in arns):
            raise validation(f"Routing configuration must contain state machine version ARNs. {received}")
        if len(set(arns)) != len(arns):
            raise validation(f"Routing configuration must contain distinct state machine version ARNs. {received}")
        weights = [route["weight"] for route in routing]
        if sum(weights) != 100:
            raise validation(f"Sum of routing configuration weights must equal 100. Received: {weights}")
        for arn in arns:
            if self._state.machines.get(arn) is None:
                raise reference_missing()

    async def update_alias(self, context: RequestContext, params: Params) -> Result:
        """Change an alias."""
        arn, body = self._require(params)
        if params.get("routingConfiguration") is not None:
            self._require_routing(params["routingConfiguration"])
            body["routing"] = params["routingConfiguration"]
        if params.get("description") is not None:
            body["description"] = params["description"]
        body["updated"] = self._state.clock.now()
        self._aliases.put(arn, body)
        return {"updateDate": moment(body["updated"])}

    async def describe_alias(self, context: RequestContext, params: Params) -> Result:
        """An alias."""
        arn, body = self._require(params)
        return present(
            {
                "stateMachineAliasArn": arn,
                "name": body["name"],
                "description": body["description"],
                "routingConfiguration": body["routing"],
                "creationDate": moment(body["created"]),
                "updateDate": moment(body["updated"]),
            }
        )

    async def list_aliases(self, context: RequestContext, params: Params) -> Result:
        """Aliases of a state machine, or of one of its versions."""
        arn = require_arn(params["stateMachineArn"], "stateMachine")
        aliases = [
            {"stateMachineAliasArn": alias, "creationDate": moment(body["created"])}
            for alias, body in self._aliases.items(f"{base_of(arn)}:")
            if qualifier_of(arn) is None or arn in _versions(body["routing"])
        ]
        return slice_page(aliases, params, "stateMachineAliases")

    async def delete_alias(self, context: RequestContext, params: Params) -> Result:
        """Delete an alias; gone already is fine."""
        self._aliases.delete(require_arn(params["stateMachineAliasArn"], "stateMachine"))
        return {}

    def _require(self, params: Params) -> tuple[str, dict[str, Any]]:
        arn = require_arn(params["stateMachineAliasArn"], "stateMachine")
        body = self._aliases.get(arn)
        if body is None:
            raise reference_missing()
        return arn, body


def _versions(routing: list[dict[str, Any]]) -> list[str]:
    return [route["stateMachineVersionArn"] for route in routing]


def _require_lengths(routing: list[dict[str, Any]]) -> None:
    if len(routing) > 2:
        shown = ", ".join(
            "RoutingConfigurationListItem("
            f"stateMachineVersionArn={route['stateMachineVersionArn']}, weight={route['weight']})"
            for route in routing
        )
        raise constraint(f"[{shown}]", "routingConfiguration", "Member must have length less than or equal to 2")
    for position, route in enumerate(routing, 1):
        if route["weight"] > 100:
            place = f"routingConfiguration.{position}.member.weight"
            raise constraint(route["weight"], place, "Member must have value less than or equal to 100")


def _require_alias_name(name: str) -> str:
    if len(name) > 80:
        raise constraint(name, "name", "Member must have length less than or equal to 80")
    if not _ALIAS.fullmatch(name):
        rule = r"Member must satisfy regular expression pattern: ^(?=.*[a-zA-Z_\-\.])[a-zA-Z0-9_\-\.]+$"
        raise constraint(name, "name", rule)
    return name
