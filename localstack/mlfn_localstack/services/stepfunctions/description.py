"""Executions and state machines as the API describes them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mlfn_localstack.services.stepfunctions.asl.references import variable_references
from mlfn_localstack.services.stepfunctions.model import moment

if TYPE_CHECKING:
    from mlfn_localstack.services.stepfunctions.model import Execution, StateMachine


OWNED_KEY = {"type": "AWS_OWNED_KEY"}
_MAX_EVENTS_TO_REDRIVE = 24_999
"""Two more have to fit: that of the redrive and one that comes of it."""


def present(fields: dict[str, Any]) -> dict[str, Any]:
    """The members that have a value."""
    return {name: value for name, value in fields.items() if value is not None}


def references_in(definition: str) -> dict[str, list[str]] | None:
    """The variables that a definition's states read, or None if they read none."""
    found = variable_references(definition)
    return {name: list(variables) for name, variables in found.items()} or None


def why_not_redrivable(execution: Execution, events: int = 0) -> str | None:
    """Why an execution that has so many events cannot be redriven; None if it can."""
    if execution.status in {"RUNNING", "SUCCEEDED"}:
        return f"Execution is {execution.status} and cannot be redriven"
    return "Execution history event limit exceeded" if events >= _MAX_EVENTS_TO_REDRIVE else None


def describe_execution(execution: Execution, events: int = 0) -> dict[str, Any]:
    """DescribeExecution's answer."""
    reason = why_not_redrivable(execution, events)
    return present(
        {
            "executionArn": execution.arn,
            "stateMachineArn": execution.machine_arn,
            "name": execution.name,
            "status": execution.status,
            "startDate": moment(execution.started),
            "stopDate": moment(execution.stopped),
            "input": execution.input,
            "inputDetails": {"included": True},
            "output": execution.output,
            "outputDetails": None if execution.output is None else {"included": True},
            "error": execution.error,
            "cause": execution.cause,
            "traceHeader": execution.trace,
            "mapRunArn": execution.map_run_arn,
            "stateMachineVersionArn": execution.version_arn,
            "stateMachineAliasArn": execution.alias_arn,
            "redriveCount": execution.redrives,
            "redriveDate": moment(execution.redriven),
            "redriveStatus": "REDRIVABLE" if reason is None else "NOT_REDRIVABLE",
            "redriveStatusReason": reason,
        }
    )


def describe_machine(machine: StateMachine) -> dict[str, Any]:
    """DescribeStateMachine's answer."""
    return present(
        {
            "stateMachineArn": machine.arn,
            "name": machine.name,
            "status": "ACTIVE",
            "definition": machine.definition,
            "roleArn": machine.role,
            "type": machine.kind,
            "creationDate": moment(machine.created),
            "loggingConfiguration": machine.logging,
            "tracingConfiguration": machine.tracing,
            "revisionId": machine.revision,
            "description": machine.description,
            "encryptionConfiguration": machine.encryption or OWNED_KEY,
            "variableReferences": references_in(machine.definition),
        }
    )
