"""What stacks, their resources, events and exports look like."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from mlfn_localstack.service import ServiceError
from mlfn_localstack.services.cloudformation import changes
from mlfn_localstack.services.cloudformation.errors import stack_absent, stack_missing, validation_error
from mlfn_localstack.services.cloudformation.evaluation import Known
from mlfn_localstack.services.cloudformation.pages import page
from mlfn_localstack.services.cloudformation.parameters import shown
from mlfn_localstack.services.cloudformation.state import Resource, Stack, Stacks, moment
from mlfn_localstack.services.cloudformation.template import read_template

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mlfn_localstack.service import Operation, Params, RequestContext, Result
    from mlfn_localstack.services.cloudformation.engine import Engine


class DescribeOperations:
    """Operations that only read."""

    def __init__(self, stacks: Stacks, engine: Engine) -> None:
        self._stacks = stacks
        self._engine = engine

    def operations(self) -> Mapping[str, Operation]:
        """By API name."""
        return {
            "DescribeStackEvents": self.events,
            "DescribeStackResource": self.resource,
            "DescribeStackResources": self.resources,
            "DescribeStacks": self.stacks,
            "ListExports": self.exports,
            "ListImports": self.imports,
            "ListStackResources": self.list_resources,
            "ListStacks": self.list_stacks,
        }

    async def stacks(self, context: RequestContext, params: Params) -> Result:
        """One stack, or all that exist."""
        if params.get("StackName"):
            return {"Stacks": [self._described(self._find(params["StackName"]))]}
        found, token = page([stack for stack in self._stacks.all() if stack.exists], params.get("NextToken"))
        return _paged({"Stacks": [self._described(stack) for stack in found]}, token)

    async def list_stacks(self, context: RequestContext, params: Params) -> Result:
        """All stacks, deleted ones included, by status if asked for."""
        wanted = params.get("StackStatusFilter")
        stacks = [stack for stack in self._stacks.all() if not wanted or stack.status in wanted]
        found, token = page(stacks, params.get("NextToken"))
        return _paged({"StackSummaries": [_summary(self._described(stack)) for stack in found]}, token)

    async def events(self, context: RequestContext, params: Params) -> Result:
        """A stack's events, newest first."""
        stack = self._find(params["StackName"], "Stack [{}] does not exist")
        found, token = page(self._stacks.events(stack.id), params.get("NextToken"))
        shown_events = [{**event, "Timestamp": moment(event["Timestamp"])} for event in found]
        return _paged({"StackEvents": shown_events}, token)

    async def resource(self, context: RequestContext, params: Params) -> Result:
        """One resource of a stack."""
        stack = self._find(params["StackName"], "Stack '{}' does not exist")
        logical_id = params["LogicalResourceId"]
        found = self._stacks.resources(stack.id).get(logical_id)
        if found is None:
            raise validation_error(f"Resource {logical_id} does not exist for stack {params['StackName']}")
        told = {"LastUpdatedTimestamp": moment(found.updated_at), "Metadata": self._metadata(stack, logical_id)}
        return {"StackResourceDetail": _owner(stack) | self._resource(stack, found) | told}

    def _metadata(self, stack: Stack, logical_id: str) -> str:
        """What the template says of a resource beside its properties, as JSON."""
        declared = read_template(stack.revision.body).resources.get(logical_id)
        if declared is None or declared.metadata is None:
            return "{}"
        resources = self._stacks.resources(stack.id)
        known = Known({name: one.current for name, one in resources.items() if one.current})
        try:
            return changes.shown(
                self._engine.evaluate(stack.revision, stack.name, stack.id).metadata(logical_id, known)
            )
        except (ServiceError, KeyError):
            return json.dumps(declared.metadata)

    async def resources(self, context: RequestContext, params: Params) -> Result:
        """The resources of a stack, named by the stack or by one of their physical ids."""
        stack = self._find(params["StackName"]) if params.get("StackName") else None
        if stack is None:
            stack = self._owner_of(params.get("PhysicalResourceId"))
        wanted = params.get("LogicalResourceId")
        found = [
            _owner(stack) | self._resource(stack, one) | {"Timestamp": moment(one.updated_at)}
            for name, one in self._stacks.resources(stack.id).items()
            if not wanted or name == wanted
        ]
        return {"StackResources": found}

    async def list_resources(self, context: RequestContext, params: Params) -> Result:
        """Summaries of a stack's resources."""
        stack = self._find(params["StackName"])
        found, token = page(list(self._stacks.resources(stack.id).values()), params.get("NextToken"))
        summaries = [self._resource(stack, one) | {"LastUpdatedTimestamp": moment(one.updated_at)} for one in found]
        return _paged({"StackResourceSummaries": summaries}, token)

    async def exports(self, context: RequestContext, params: Params) -> Result:
        """Every exported output."""
        exports = [
            {"ExportingStackId": stack_id, "Name": name, "Value": value}
            for name, (value, stack_id) in sorted(self._stacks.exports().items())
        ]
        found, token = page(exports, params.get("NextToken"))
        return _paged({"Exports": found}, token)

    async def imports(self, context: RequestContext, params: Params) -> Result:
        """The stacks that import an export."""
        name = params["ExportName"]
        if name not in self._stacks.exports():
            raise validation_error(f"Export '{name}' does not exist.")
        users = [stack.name for stack in self._stacks.all() if stack.exists and name in stack.imports]
        if not users:
            raise validation_error(f"Export '{name}' is not imported by any stack.")
        found, token = page(users, params.get("NextToken"))
        return _paged({"Imports": found}, token)

    def _find(self, name: str, message: str | None = None) -> Stack:
        stack = self._stacks.find(name)
        if stack is None:
            raise validation_error(message.format(name)) if message else stack_missing(name)
        return stack

    def _described(self, stack: Stack) -> dict[str, Any]:
        described, last = _described(stack), self._stacks.drift_detections.get(stack.id)
        if last is not None:
            checked = {"LastCheckTimestamp": moment(last["Timestamp"])}
            described["DriftInformation"] = {"StackDriftStatus": last["StackDriftStatus"], **checked}
        return described

    def _resource(self, stack: Stack, resource: Resource) -> dict[str, Any]:
        shown_resource, drift = _resource(resource), self._stacks.drifts.get(f"{stack.id}/{resource.logical_id}")
        if drift is not None:
            status = {"StackResourceDriftStatus": drift["StackResourceDriftStatus"]}
            shown_resource["DriftInformation"] = {**status, "LastCheckTimestamp": moment(drift["Timestamp"])}
        return shown_resource

    def _owner_of(self, physical_id: str | None) -> Stack:
        for stack in self._stacks.all():
            for one in self._stacks.resources(stack.id).values():
                if one.current and one.current.physical_id == physical_id:
                    return stack
        raise stack_absent(str(physical_id))


def _paged(result: Result, token: str | None) -> Result:
    return result | ({"NextToken": token} if token else {})


def _owner(stack: Stack) -> dict[str, Any]:
    return {"StackId": stack.id, "StackName": stack.name}


def _resource(resource: Resource) -> dict[str, Any]:
    shown_resource = {
        "LogicalResourceId": resource.logical_id,
        "PhysicalResourceId": resource.physical_id,
        "ResourceType": resource.type,
        "ResourceStatus": resource.status,
        "DriftInformation": {"StackResourceDriftStatus": "NOT_CHECKED"},
    }
    return shown_resource | ({"ResourceStatusReason": resource.reason} if resource.reason else {})


def _described(stack: Stack) -> dict[str, Any]:
    template = read_template(stack.revision.body)
    revision = stack.revision
    described = {
        **_owner(stack),
        "CreationTime": moment(stack.created_at),
        "StackStatus": stack.status,
        "DisableRollback": stack.on_failure == "DO_NOTHING",
        "RollbackConfiguration": {},
        "NotificationARNs": revision.notification_arns,
        "Tags": [{"Key": key, "Value": value} for key, value in revision.tags.items()],
        "DriftInformation": {"StackDriftStatus": "NOT_CHECKED"},
    }
    optional = {
        "Description": template.description or None,
        "StackStatusReason": stack.reason,
        "LastUpdatedTime": moment(stack.updated_at) if stack.updated_at else None,
        "DeletionTime": moment(stack.deleted_at) if stack.deleted_at else None,
        "TimeoutInMinutes": stack.timeout_minutes,
        "RetainExceptOnCreate": stack.retain_except_on_create or None,
        "ParentId": stack.parent_id,
        "RootId": stack.root_id,
        "RoleARN": revision.role_arn,
        "ChangeSetId": stack.change_set_id if stack.exists else None,
        "Capabilities": revision.capabilities or None,
        "Parameters": shown(revision.parameters, template.parameters, revision.stored) or None,
        "Outputs": stack.outputs or None,
        "EnableTerminationProtection": stack.termination_protection if stack.exists else None,
    }
    return described | {key: value for key, value in optional.items() if value is not None}


def _summary(described: dict[str, Any]) -> dict[str, Any]:
    names = ("StackId", "StackName", "CreationTime", "LastUpdatedTime", "DeletionTime", "StackStatus",
             "StackStatusReason", "DriftInformation", "ParentId", "RootId")  # fmt: skip
    summary = {name: described[name] for name in names if name in described}
    return summary | ({"TemplateDescription": described["Description"]} if "Description" in described else {})
