"""Change sets: create, describe, execute, delete, list."""

from __future__ import annotations

import uuid
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from mlfn_localstack.service import Environment, Operation, Params, RequestContext, Result, ServiceError
from mlfn_localstack.services.cloudformation.changes import Comparison
from mlfn_localstack.services.cloudformation.engine import INITIATED
from mlfn_localstack.services.cloudformation.errors import (
    NO_CHANGES,
    change_set_missing,
    change_set_status,
    stack_absent,
    validation_error,
)
from mlfn_localstack.services.cloudformation.existing import existing
from mlfn_localstack.services.cloudformation.imports import (
    asked_imports,
    check_imports,
    import_changes,
    import_problem,
)
from mlfn_localstack.services.cloudformation.intake import ExpansionError, check_name, keeps_failures, revision
from mlfn_localstack.services.cloudformation.operations_stacks import (
    IN_REVIEW,
    check_updatable,
    compare,
    has_changes,
    new_stack_id,
    start_update,
)
from mlfn_localstack.services.cloudformation.outlines import without_values
from mlfn_localstack.services.cloudformation.pages import page
from mlfn_localstack.services.cloudformation.parameters import shown
from mlfn_localstack.services.cloudformation.state import ChangeSet, Revision, Stack, Stacks, moment, now
from mlfn_localstack.services.cloudformation.template import read_template
from mlfn_localstack.services.cloudformation.work import Work, record_stack_event

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mlfn_localstack.services.cloudformation.engine import Engine


class ChangeSetOperations:
    """Operations on change sets."""

    def __init__(self, environment: Environment, stacks: Stacks, engine: Engine) -> None:
        self._environment = environment
        self._stacks = stacks
        self._engine = engine

    def operations(self) -> Mapping[str, Operation]:
        """By API name."""
        return {
            "CreateChangeSet": self.create,
            "DeleteChangeSet": self.delete,
            "DescribeChangeSet": self.describe,
            "ExecuteChangeSet": self.execute,
            "ListChangeSets": self.list_all,
        }

    async def create(self, context: RequestContext, params: Params) -> Result:
        """Compare what is asked for with what is there; a stack to be created is put under review."""
        name, kind = params["ChangeSetName"], params.get("ChangeSetType", "UPDATE")
        check_name(name, "changeSetName")
        stack = self._stack_for(params, kind)
        twin = next((one for one in self._of(stack) if one.name == name), None)
        if twin is not None and stack is not None:
            if params.get("ClientToken") and twin.request_token == params["ClientToken"]:
                return {"Id": twin.id, "StackId": stack.id}
            raise ServiceError("AlreadyExistsException", f"ChangeSet {name} already exists")
        try:
            wanted = await revision(self._environment, self._stacks, context.caller, params, stack)
        except ExpansionError as error:
            stack = self._target(context, params, error.revision)
            return self._kept(self._new(params, stack, error.revision, None, error.message), stack)
        if kind == "IMPORT":
            return await self._prepare_import(context, params, wanted)
        if params.get("ResourcesToImport"):
            raise validation_error("ResourcesToImport is only for change sets of type IMPORT.")
        stack = self._target(context, params, wanted)
        comparison, problem = self._compared(stack, wanted, kind)
        change_set = self._new(params, stack, wanted, comparison, problem)
        if change_set.importing:
            await self._refuse_imports(replace(stack, principal=context.caller), wanted, change_set.changes)
        return self._kept(change_set, stack)

    def _target(self, context: RequestContext, params: Params, wanted: Revision) -> Stack:
        """The stack that is to be changed, or one that is to be reviewed before it is made."""
        kind = params.get("ChangeSetType", "UPDATE")
        stack = self._stack_for(params, kind)
        return stack or self._review(context, params["StackName"], wanted)

    def _compared(self, stack: Stack, wanted: Revision, kind: str) -> tuple[Comparison, str | None]:
        """What would change, and why that cannot be carried out."""
        if kind == "CREATE":
            return Comparison(self._engine.evaluate(wanted, stack.name, stack.id), {}), None
        comparison = compare(self._engine, self._stacks, stack, wanted)
        return comparison, None if has_changes(comparison, stack, wanted) else NO_CHANGES

    async def _prepare_import(self, context: RequestContext, params: Params, wanted: Revision) -> Result:
        template = read_template(wanted.body)
        imports = asked_imports(params.get("ResourcesToImport", []), template)
        stack = self._target(context, params, wanted)
        is_new = stack.status == IN_REVIEW
        comparison, _ = self._compared(stack, wanted, "CREATE" if is_new else "UPDATE")
        before = None if is_new else read_template(stack.revision.body)
        check_imports(imports, comparison.changes(), template, before)
        work = Work(self._environment, self._stacks, replace(stack, revision=wanted))
        evaluation = self._engine.evaluate(wanted, stack.name, stack.id)
        problem = await import_problem(work, self._stacks, evaluation, imports)
        changes = [] if problem else import_changes(imports, evaluation)
        change_set = self._new(params, stack, wanted, None, problem)
        return self._kept(replace(change_set, changes=changes, imports=imports), stack)

    async def _refuse_imports(self, stack: Stack, wanted: Revision, changes: list[dict[str, Any]]) -> None:
        work = Work(self._environment, self._stacks, replace(stack, revision=wanted))
        new = [one["ResourceChange"] for one in changes if one["ResourceChange"]["Action"] == "Add"]
        evaluation = self._engine.evaluate(wanted, stack.name, stack.id)
        found = await existing(work, evaluation, [one["LogicalResourceId"] for one in new])
        if found:
            raise validation_error(f"The emulator does not import resources that exist already: [{', '.join(found)}].")

    def _kept(self, change_set: ChangeSet, stack: Stack) -> Result:
        new = self._stacks.find(stack.id) is None
        self._stacks.put(stack)
        if new:
            record_stack_event(self._stacks, stack)
        self._stacks.put_change_set(change_set)
        return {"Id": change_set.id, "StackId": stack.id}

    async def describe(self, context: RequestContext, params: Params) -> Result:
        """A change set with its changes, a page at a time."""
        change_set, stack = self._find(params)
        with_values = params.get("IncludePropertyValues", False)
        changes, token = page(change_set.changes if with_values else _outline(change_set), params.get("NextToken"))
        template = read_template(change_set.revision.body)
        result = {
            **self._summary(change_set, stack),
            "Capabilities": change_set.revision.capabilities,
            "Changes": changes,
            "NotificationARNs": change_set.revision.notification_arns,
            "RollbackConfiguration": {},
        }
        optional = {
            "DeploymentConfig": change_set.deployment,
            "OnStackFailure": change_set.on_failure if change_set.on_failure != "ROLLBACK" else None,
            "Parameters": shown(change_set.revision.parameters, template.parameters, change_set.revision.stored),
            "Tags": [{"Key": key, "Value": value} for key, value in change_set.revision.tags.items()],
        }
        result |= {name: value for name, value in optional.items() if value}
        return result | ({"NextToken": token} if token else {})

    async def execute(self, context: RequestContext, params: Params) -> Result:
        """Start what the change set says."""
        change_set, stack = self._find(params)
        token = params.get("ClientRequestToken")
        if token and stack.request_token == token and change_set.execution_status.startswith("EXECUTE"):
            return {}
        if change_set.execution_status != "AVAILABLE":
            status = change_set.status if change_set.status == "FAILED" else change_set.execution_status
            raise change_set_status(change_set.id, status, "executed")
        if change_set.kind == "UPDATE" or (change_set.kind == "IMPORT" and stack.status != IN_REVIEW):
            check_updatable(stack)
        self._stacks.put_change_set(replace(change_set, execution_status="EXECUTE_COMPLETE"))
        on_failure = "DO_NOTHING" if params.get("DisableRollback") else change_set.on_failure
        stack = replace(stack, retain_except_on_create=bool(params.get("RetainExceptOnCreate")))
        if change_set.kind != "UPDATE":
            self._begin(change_set, stack, principal=context.caller, on_failure=on_failure, request_token=token)
            return {}
        start_update(
            self._engine,
            self._stacks,
            replace(stack, update_policy=""),
            change_set.revision,
            principal=context.caller,
            on_failure=on_failure,
            request_token=token,
            change_set_id=change_set.id,
        )
        return {}

    def _begin(self, change_set: ChangeSet, stack: Stack, **begun_with: Any) -> None:
        """Make a stack, or have one take over what is there."""
        imports = change_set.kind == "IMPORT"
        self._engine.begin(
            replace(
                stack,
                status=f"{change_set.kind}_IN_PROGRESS",
                reason=INITIATED,
                revision=change_set.revision,
                previous=stack.revision if imports and stack.status != IN_REVIEW else None,
                importing=change_set.imports,
                change_set_id=change_set.id,
                updated_at=now(),
                **begun_with,
            )
        )

    async def delete(self, context: RequestContext, params: Params) -> Result:
        """Forget a change set; one that is not there is deleted already."""
        try:
            change_set, _ = self._find(params)
        except ServiceError as error:
            if error.code == "ChangeSetNotFound":
                return {}
            raise
        self._stacks.drop_change_set(change_set)
        return {}

    async def list_all(self, context: RequestContext, params: Params) -> Result:
        """A stack's change sets."""
        stack = self._stacks.find(params["StackName"])
        if stack is None or not stack.exists:
            raise stack_absent(params["StackName"])
        summaries = [self._summary(one, stack) for one in self._stacks.change_sets(stack.id)]
        found, token = page(summaries, params.get("NextToken"))
        return {"Summaries": found} | ({"NextToken": token} if token else {})

    def _stack_for(self, params: Params, kind: str) -> Stack | None:
        name = params["StackName"]
        stack = self._stacks.find(name)
        exists = stack is not None and stack.exists
        if kind == "CREATE":
            if not name.startswith("arn:"):
                check_name(name, or_else="|arn:[-a-zA-Z0-9:/._+]*")
            if exists and stack is not None and stack.status != "REVIEW_IN_PROGRESS":
                raise validation_error(
                    f"Stack [{name}] already exists and cannot be created again with the changeSet "
                    f"[{params['ChangeSetName']}]."
                )
            return stack if exists else None
        if kind == "IMPORT" and (stack is None or not exists or stack.status == IN_REVIEW):
            return stack if exists else None
        if stack is None or not exists:
            raise stack_absent(name)
        check_updatable(stack)
        return stack

    def _review(self, context: RequestContext, name: str, wanted: Revision) -> Stack:
        return Stack(
            id=new_stack_id(self._environment, name),
            name=name,
            status="REVIEW_IN_PROGRESS",
            reason=INITIATED,
            created_at=now(),
            revision=wanted,
            principal=context.caller,
        )

    def _new(
        self, params: Params, stack: Stack, wanted: Revision, comparison: Comparison | None, problem: str | None
    ) -> ChangeSet:
        name, changes = params["ChangeSetName"], comparison.changes() if comparison else []
        prefix = f"arn:aws:cloudformation:{self._environment.region}:{self._environment.account_id}"
        return ChangeSet(
            id=f"{prefix}:changeSet/{name}/{uuid.uuid4()}",
            name=name,
            stack_id=stack.id,
            kind=params.get("ChangeSetType", "UPDATE"),
            description=params.get("Description"),
            created_at=now(),
            status="FAILED" if problem else "CREATE_COMPLETE",
            reason=problem,
            execution_status="UNAVAILABLE" if problem else "AVAILABLE",
            revision=wanted,
            changes=changes,
            outline=comparison.outlined(changes) if comparison else [],
            on_failure=params.get("OnStackFailure", "DO_NOTHING" if keeps_failures(params) else "ROLLBACK"),
            nested=bool(params.get("IncludeNestedStacks")),
            importing=params.get("ImportExistingResources"),
            deployment=params.get("DeploymentConfig"),
            request_token=params.get("ClientToken"),
        )

    def _of(self, stack: Stack | None) -> list[ChangeSet]:
        return list(self._stacks.change_sets(stack.id)) if stack else []

    def _find(self, params: Params) -> tuple[ChangeSet, Stack]:
        name, stack_name = params["ChangeSetName"], params.get("StackName")
        if name.startswith("arn:"):
            candidates = [one for one in self._stacks.change_sets() if one.id == name]
        elif stack_name is None:
            raise validation_error("StackName must be specified if ChangeSetName is not specified as an ARN.")
        else:
            stack = self._stacks.find(stack_name)
            if stack is None:
                raise stack_absent(stack_name)
            candidates = [one for one in self._stacks.change_sets(stack.id) if one.name == name]
        owner = self._stacks.find(candidates[-1].stack_id) if candidates else None
        if owner is None:
            raise change_set_missing(name)
        return candidates[-1], owner

    def _summary(self, change_set: ChangeSet, stack: Stack) -> dict[str, Any]:
        summary = {
            "ChangeSetId": change_set.id,
            "ChangeSetName": change_set.name,
            "StackId": stack.id,
            "StackName": stack.name,
            "CreationTime": moment(change_set.created_at),
            "Status": change_set.status,
            "ExecutionStatus": change_set.execution_status,
            "IncludeNestedStacks": change_set.nested,
        }
        optional = {
            "Description": change_set.description,
            "StatusReason": change_set.reason,
            "ImportExistingResources": change_set.importing,
        }
        return summary | {key: value for key, value in optional.items() if value is not None}


def _outline(change_set: ChangeSet) -> list[dict[str, Any]]:
    """What is told to those who do not ask for values; change sets of old have no outline."""
    return change_set.outline or [without_values(change) for change in change_set.changes]
