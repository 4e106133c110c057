"""Stacks: create, update, delete, protect."""

from __future__ import annotations

import uuid
from dataclasses import replace
from typing import TYPE_CHECKING

from mlfn_localstack.services.cloudformation.changes import Comparison
from mlfn_localstack.services.cloudformation.engine import INITIATED
from mlfn_localstack.services.cloudformation.errors import (
    no_updates,
    stack_absent,
    stack_exists,
    validation_error,
    wrong_status,
)
from mlfn_localstack.services.cloudformation.intake import (
    ExpansionError,
    check_name,
    check_role,
    check_types,
    keeps_failures,
    policy_text,
    revision,
)
from mlfn_localstack.services.cloudformation.state import Revision, Stack, Stacks, now
from mlfn_localstack.services.cloudformation.template import read_template

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mlfn_localstack.service import Caller, Environment, Operation, Params, RequestContext, Result
    from mlfn_localstack.services.cloudformation.engine import Engine

UPDATABLE = frozenset(
    {
        *("CREATE_COMPLETE", "UPDATE_COMPLETE", "UPDATE_ROLLBACK_COMPLETE", "CREATE_FAILED", "UPDATE_FAILED"),
        *("IMPORT_COMPLETE", "IMPORT_ROLLBACK_COMPLETE"),
    }
)
IN_REVIEW = "REVIEW_IN_PROGRESS"


class StackOperations:
    """Operations that change stacks directly."""

    def __init__(self, environment: Environment, stacks: Stacks, engine: Engine) -> None:
        self._environment = environment
        self._stacks = stacks
        self._engine = engine

    def operations(self) -> Mapping[str, Operation]:
        """By API name."""
        return {
            "CreateStack": self.create,
            "DeleteStack": self.delete,
            "UpdateStack": self.update,
            "UpdateTerminationProtection": self.protect,
        }

    async def create(self, context: RequestContext, params: Params) -> Result:
        """Check everything, then start creating."""
        name, token = params["StackName"], params.get("ClientRequestToken")
        check_name(name)
        if "OnFailure" in params and "DisableRollback" in params:
            raise validation_error("You can specify either DisableRollback or OnFailure, but not both.")
        existing = self._stacks.find(name)
        if existing is not None and token and existing.request_token == token:
            return {"StackId": existing.id}
        self._refuse_existing(name)
        wanted, problem = await self._wanted(context, params)
        policy = await policy_text(self._environment, context.caller, params, "StackPolicy")
        stack_id = existing.id if existing is not None else new_stack_id(self._environment, name)
        if not problem:
            self._engine.evaluate(wanted, name, stack_id)
        self._refuse_existing(name)
        self._overtake(stack_id)
        stack = Stack(
            id=stack_id,
            name=name,
            status="CREATE_IN_PROGRESS",
            reason=INITIATED,
            created_at=now(),
            revision=wanted,
            principal=context.caller,
            termination_protection=bool(params.get("EnableTerminationProtection", False)),
            on_failure="DO_NOTHING" if keeps_failures(params) else params.get("OnFailure", "ROLLBACK"),
            request_token=token,
            policy=policy,
            problem=problem,
            timeout_minutes=params.get("TimeoutInMinutes"),
            retain_except_on_create=bool(params.get("RetainExceptOnCreate")),
        )
        self._engine.begin(self._in_family(stack, params.get("ParentStackId")))
        return {"StackId": stack_id}

    async def _wanted(self, context: RequestContext, params: Params) -> tuple[Revision, str]:
        """What a stack is to be made from, and what is wrong with it that only its events tell."""
        try:
            return await revision(self._environment, self._stacks, context.caller, params, None), ""
        except ExpansionError as error:
            return error.revision, error.message

    def _in_family(self, stack: Stack, parent_id: str | None) -> Stack:
        """A stack as part of the one that makes it; only stacks say so, of those that they nest."""
        parent = self._stacks.find(parent_id) if parent_id else None
        return replace(stack, parent_id=parent.id, root_id=parent.root_id or parent.id) if parent else stack

    def _refuse_existing(self, name: str) -> None:
        """A stack under review is none yet."""
        existing = self._stacks.find(name)
        if existing is not None and existing.status != IN_REVIEW:
            raise stack_exists(name)

    def _overtake(self, stack_id: str) -> None:
        """Change sets that would have created a stack can be executed no more."""
        for change_set in self._stacks.change_sets(stack_id):
            if change_set.execution_status == "AVAILABLE":
                self._stacks.put_change_set(replace(change_set, execution_status="OBSOLETE"))

    async def update(self, context: RequestContext, params: Params) -> Result:
        """Check everything, then start updating."""
        stack, token = self._existing(params["StackName"]), params.get("ClientRequestToken")
        if token and stack.request_token == token and stack.status.startswith("UPDATE"):
            return {"StackId": stack.id}
        check_updatable(stack)
        # only the stack around a nested one asks for that: a client's request has no such member
        back = stack.before if params.get("Reverting") else None
        wanted = back or await revision(self._environment, self._stacks, context.caller, params, stack)
        comparison = compare(self._engine, self._stacks, stack, wanted)
        if not has_changes(comparison, stack, wanted):
            raise no_updates()
        policy = await policy_text(self._environment, context.caller, params, "StackPolicy")
        during = await policy_text(self._environment, context.caller, params, "StackPolicyDuringUpdate")
        stack = self._existing(stack.id)
        check_updatable(stack)
        start_update(
            self._engine,
            self._stacks,
            replace(
                stack,
                policy=policy or stack.policy,
                update_policy=during,
                retain_except_on_create=bool(params.get("RetainExceptOnCreate")),
            ),
            wanted,
            principal=context.caller,
            on_failure="DO_NOTHING" if keeps_failures(params) else "ROLLBACK",
            request_token=token,
        )
        return {"StackId": stack.id}

    async def delete(self, context: RequestContext, params: Params) -> Result:
        """Start deleting; a stack that does not exist is deleted already."""
        found = self._deletable(params["StackName"])
        role = params.get("RoleARN") or (found.revision.role_arn if found else None)
        await check_role(self._environment, role)
        stack = self._deletable(found.id) if found else None  # it may have been deleted meanwhile
        if stack is None:
            return {}
        if stack.termination_protection:
            raise validation_error(f"Stack [{stack.name}] cannot be deleted while TerminationProtection is enabled")
        retained = list(params.get("RetainResources", []))
        self._check_retained(stack, retained)
        if stack.status == "CREATE_IN_PROGRESS":
            self._engine.interrupt(stack.id, delete_requested=True)
            return {}
        if stack.in_progress:
            raise validation_error(f"Stack [{stack.id}] cannot be deleted while in status {stack.status}")
        self._check_exports(stack)
        self._engine.begin(
            replace(
                stack,
                status="DELETE_IN_PROGRESS",
                reason=INITIATED,
                deleted_at=now(),
                retain=retained,
                principal=context.caller,
                request_token=params.get("ClientRequestToken"),
                revision=replace(stack.revision, role_arn=role),
            )
        )
        return {}

    async def protect(self, context: RequestContext, params: Params) -> Result:
        """Switch termination protection."""
        stack = self._existing(params["StackName"])
        self._stacks.update(stack.id, termination_protection=bool(params["EnableTerminationProtection"]))
        return {"StackId": stack.id}

    def _deletable(self, name: str) -> Stack | None:
        stack = self._stacks.find(name)
        return stack if stack and stack.exists and stack.status != "DELETE_IN_PROGRESS" else None

    def _existing(self, name: str) -> Stack:
        stack = self._stacks.find(name)
        if stack is None or not stack.exists:
            raise stack_absent(name)
        return stack

    def _check_retained(self, stack: Stack, retained: list[str]) -> None:
        if retained and stack.status != "DELETE_FAILED":
            raise validation_error(
                f"Invalid operation on stack [{stack.id}]. RetainResources can only be specified for a stack in "
                "DELETE_FAILED state."
            )
        unknown = sorted(set(retained) - set(self._stacks.resources(stack.id)))
        if unknown:
            raise validation_error(f"The following resources to retain do not exist: [{', '.join(unknown)}]")

    def _check_exports(self, stack: Stack) -> None:
        names = {output["ExportName"] for output in stack.outputs if "ExportName" in output}
        for other in self._stacks.all():
            used = sorted(names & set(other.imports)) if other.exists and other.id != stack.id else []
            if used:
                raise validation_error(f"Export {used[0]} cannot be deleted as it is in use by {other.name}")


def new_stack_id(environment: Environment, name: str) -> str:
    """A new stack's ARN."""
    return f"arn:aws:cloudformation:{environment.region}:{environment.account_id}:stack/{name}/{uuid.uuid4()}"


def check_updatable(stack: Stack) -> None:
    """Refuse to update a stack that cannot be."""
    if stack.status not in UPDATABLE:
        raise wrong_status(stack.id, stack.status, "updated")


def compare(engine: Engine, stacks: Stacks, stack: Stack, wanted: Revision) -> Comparison:
    """What a revision would change of a stack.

    Raises:
        ServiceError: as CloudFormation refuses the revision.
    """
    evaluation = engine.evaluate(wanted, stack.name, stack.id)
    resources = stacks.resources(stack.id)
    check_types(evaluation.template, {name: one.current.type for name, one in resources.items() if one.current})
    old, new = stack.revision.parameters, wanted.parameters
    changed = frozenset(name for name in new if old.get(name) != new[name])
    return Comparison(evaluation, resources, read_template(stack.revision.body), changed)


def has_changes(comparison: Comparison, stack: Stack, wanted: Revision) -> bool:
    """Whether an update would do anything at all."""
    failed = stack.status.endswith("_FAILED")
    return bool(comparison.changes()) or comparison.outputs_changed(stack.outputs) or failed


def start_update(  # noqa: PLR0913 - what an update is started with
    engine: Engine,
    stacks: Stacks,
    stack: Stack,
    wanted: Revision,
    *,
    principal: Caller,
    on_failure: str,
    request_token: str | None,
    change_set_id: str | None = None,
) -> None:
    """Start updating a stack; its other change sets are out of date from now on."""
    for change_set in stacks.change_sets(stack.id):
        if change_set.id != change_set_id and change_set.execution_status == "AVAILABLE":
            stacks.put_change_set(replace(change_set, execution_status="OBSOLETE"))
    engine.begin(
        replace(
            stack,
            status="UPDATE_IN_PROGRESS",
            reason=INITIATED,
            updated_at=now(),
            revision=wanted,
            previous=stack.previous if stack.status == "UPDATE_FAILED" else stack.revision,
            principal=principal,
            on_failure=on_failure,
            request_token=request_token,
            change_set_id=change_set_id or stack.change_set_id,
            retain=[],
        )
    )
