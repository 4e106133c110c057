"""State machines: create, update, describe, list, delete, validate."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, Any

from mlfn_localstack.service import ServiceError
from mlfn_localstack.services.stepfunctions.arns import base_of, require_arn, require_name, require_role
from mlfn_localstack.services.stepfunctions.description import OWNED_KEY, describe_machine, present, references_in
from mlfn_localstack.services.stepfunctions.errors import (
    constraint,
    execution_missing,
    invalid_definition,
    invalid_logging,
    machine_exists,
    machine_missing,
    validation,
)
from mlfn_localstack.services.stepfunctions.execution_log import has_destinations
from mlfn_localstack.services.stepfunctions.model import StateMachine, moment
from mlfn_localstack.services.stepfunctions.operations_tags import read_tags
from mlfn_localstack.services.stepfunctions.paging import slice_page
from mlfn_localstack.services.stepfunctions.trust import require_trust
from mlfn_localstack.services.stepfunctions.validation import MAX_DEFINITION_BYTES, summary, validate

if TYPE_CHECKING:
    from mlfn_localstack.service import Operation, Params, RequestContext, Result
    from mlfn_localstack.services.stepfunctions.state import State


class MachineOperations:
    """Operations on state machines."""

    def __init__(self, state: State) -> None:
        self._state = state

    def operations(self) -> dict[str, Operation]:
        """The operations by API name."""
        return {
            "CreateStateMachine": self.create,
            "UpdateStateMachine": self.update,
            "DescribeStateMachine": self.describe,
            "DescribeStateMachineForExecution": self.describe_for_execution,
            "ListStateMachines": self.list,
            "DeleteStateMachine": self.delete,
            "ValidateStateMachineDefinition": self.validate,
        }

    async def create(self, context: RequestContext, params: Params) -> Result:
        """Create a state machine; the same content again is answered the same."""
        machines, name, tags = self._state.machines, require_name(params["name"]), read_tags(params)
        _require_description_rule(params)
        machine = self._new(context, name, params)
        _require_valid(machine.definition, express=machine.express)
        await require_trust(self._state.environment.gateway, machine.role, machine.arn)
        await self._require_log(machine.logging)
        existing = machines.get(machine.arn)
        if existing is not None and _content(existing) != _content(machine):
            raise machine_exists(machine.arn)
        if existing is None:
            machines.put(machine)
            if tags:
                machines.tags.put(machine.arn, tags)
        current = existing or machine
        answer = {"stateMachineArn": current.arn, "creationDate": moment(current.created)}
        if params.get("publish"):
            version = self._state.publish(current, params.get("versionDescription"))
            answer["stateMachineVersionArn"] = version.arn
        return answer

    def _new(self, context: RequestContext, name: str, params: Params) -> StateMachine:
        return StateMachine(
            arn=f"arn:aws:states:{context.region}:{context.account_id}:stateMachine:{name}",
            name=name,
            role=require_role(params["roleArn"]),
            kind=params.get("type") or "STANDARD",
            definition=params["definition"],
            created=self._state.clock.now(),
            logging=_logging(params.get("loggingConfiguration")),
            tracing={"enabled": bool((params.get("tracingConfiguration") or {}).get("enabled"))},
            encryption=params.get("encryptionConfiguration"),
        )

    async def _require_log(self, logging: dict[str, Any]) -> None:
        if not await has_destinations(self._state.environment.gateway, logging):
            raise invalid_logging("Log Destination not found.")

    async def update(self, context: RequestContext, params: Params) -> Result:
        """Change a state machine; executions under way keep what they began with."""
        machine = self._state.require_machine(params["stateMachineArn"])
        _require_description_rule(params)
        changes = ("definition", "roleArn", "loggingConfiguration", "tracingConfiguration", "encryptionConfiguration")
        if not any(params.get(name) is not None for name in changes):
            message = (
                "Either the definition, the role ARN, the LoggingConfiguration, or the TracingConfiguration must be"
                " specified"
            )
            raise ServiceError("MissingRequiredParameter", message)
        await self._require_possible(params, machine)
        machine = self._state.require_machine(params["stateMachineArn"])  # it may have been changed meanwhile
        before = (*_content(machine), machine.role)
        _change(machine, params)
        if before != (*_content(machine), machine.role):
            machine.revision = str(uuid.uuid4())
        self._state.machines.put(machine)
        answer: Result = present({"updateDate": moment(self._state.clock.now()), "revisionId": machine.revision})
        if params.get("publish"):
            answer["stateMachineVersionArn"] = self._state.publish(machine, params.get("versionDescription")).arn
        return answer

    async def _require_possible(self, params: Params, machine: StateMachine) -> None:
        """Refuse a change to what would not work."""
        if params.get("definition") is not None:
            _require_valid(params["definition"], express=machine.express)
        if params.get("roleArn") is not None:
            await require_trust(self._state.environment.gateway, require_role(params["roleArn"]), machine.arn)
        if params.get("loggingConfiguration") is not None:
            await self._require_log(_logging(params["loggingConfiguration"]))

    async def describe(self, context: RequestContext, params: Params) -> Result:
        """A state machine, a version, or what an alias points to."""
        arn = require_arn(params["stateMachineArn"], "stateMachine")
        machine = self._state.machines.get(arn)
        if machine is None:
            raise machine_missing(arn)
        answer = describe_machine(machine)
        if params.get("includedData") == "METADATA_ONLY":
            answer.pop("definition")
        return answer

    async def describe_for_execution(self, context: RequestContext, params: Params) -> Result:
        """The state machine as an execution runs it."""
        arn = require_arn(params["executionArn"], "execution")
        execution = self._state.executions.get(arn)
        if execution is None:
            raise execution_missing(arn)
        machine = self._state.machines.get(base_of(execution.machine_arn))
        definition = self._state.executions.definition(execution.definition)
        return present(
            {
                "stateMachineArn": execution.machine_arn,
                "name": execution.machine_name,
                "definition": definition,
                "variableReferences": references_in(definition),
                "encryptionConfiguration": (machine and machine.encryption) or OWNED_KEY,
                "roleArn": execution.role,
                "updateDate": moment(execution.started if machine is None else machine.created),
                "loggingConfiguration": execution.logging or None,
                "tracingConfiguration": None if machine is None else machine.tracing,
                "mapRunArn": execution.map_run_arn,
                "label": execution.machine_name.split("/")[1] if execution.map_run_arn else None,
                "revisionId": execution.revision,
            }
        )

    async def list(self, context: RequestContext, params: Params) -> Result:
        """State machines by name."""
        machines = [
            {
                "stateMachineArn": machine.arn,
                "name": machine.name,
                "type": machine.kind,
                "creationDate": moment(machine.created),
            }
            for machine in self._state.machines.all()
        ]
        return slice_page(machines, params, "stateMachines")

    async def delete(self, context: RequestContext, params: Params) -> Result:
        """Delete a state machine with its versions and aliases, or one version; gone already is fine."""
        arn = require_arn(params["stateMachineArn"], "stateMachine")
        for version in self._state.machines.versions(arn):
            self._state.machines.delete(version.arn)
        for alias, _ in self._state.machines.aliases.items(f"{arn}:"):
            self._state.machines.aliases.delete(alias)
        self._state.machines.delete(arn)
        self._state.machines.tags.delete(arn)
        return {}

    async def validate(self, context: RequestContext, params: Params) -> Result:
        """What is wrong with a definition."""
        limit = params.get("maxResults") or 100
        found = validate(params["definition"], express=params.get("type") == "EXPRESS")
        return {
            "result": "FAIL" if found else "OK",
            "diagnostics": [diagnostic.to_json() for diagnostic in found[:limit]],
            "truncated": len(found) > limit,
        }


def _require_description_rule(params: Params) -> None:
    if params.get("versionDescription") and not params.get("publish"):
        raise validation("Version description can only be set when publish is true")


def _require_valid(definition: str, *, express: bool) -> None:
    if not definition:  # what the model demands; ValidateStateMachineDefinition does not refuse it
        raise constraint(definition, "definition", "Member must have length greater than or equal to 1")
    if len(definition.encode()) > MAX_DEFINITION_BYTES:
        rule = f"Member must have length less than or equal to {MAX_DEFINITION_BYTES}"
        raise constraint(definition, "definition", rule)
    found = validate(definition, express=express)
    if found:
        raise invalid_definition(summary(found))


def _logging(configuration: dict[str, Any] | None) -> dict[str, Any]:
    logging = {"level": "OFF", "includeExecutionData": False, **(configuration or {})}
    destinations = logging.get("destinations") or []
    named = all((each.get("cloudWatchLogsLogGroup") or {}).get("logGroupArn") for each in destinations)
    if len(destinations) > 1 or not named or (not destinations and logging["level"] != "OFF"):
        raise invalid_logging("Must specify exactly one Log Destination.")
    return logging


def _change(machine: StateMachine, params: Params) -> None:
    """Have a state machine be as a request says, which has been found possible."""
    if params.get("definition") is not None:
        machine.definition = params["definition"]
    if params.get("roleArn") is not None:
        machine.role = params["roleArn"]
    if params.get("loggingConfiguration") is not None:
        machine.logging = _logging(params["loggingConfiguration"])
    if params.get("tracingConfiguration") is not None:
        machine.tracing = {"enabled": bool(params["tracingConfiguration"].get("enabled"))}
    machine.encryption = params.get("encryptionConfiguration") or machine.encryption


def _content(machine: StateMachine) -> tuple[Any, ...]:
    return machine.definition, machine.kind, machine.logging, machine.tracing, machine.encryption
