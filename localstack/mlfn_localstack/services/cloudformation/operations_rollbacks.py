"""Going back: RollbackStack, ContinueUpdateRollback, CancelUpdateStack."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from mlfn_localstack.services.cloudformation.engine import INITIATED
from mlfn_localstack.services.cloudformation.errors import stack_absent, validation_error, wrong_status
from mlfn_localstack.services.cloudformation.intake import check_role

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mlfn_localstack.service import Environment, Operation, Params, RequestContext, Result
    from mlfn_localstack.services.cloudformation.engine import Engine
    from mlfn_localstack.services.cloudformation.state import Stack, Stacks

_PAUSED = {"CREATE_FAILED": "ROLLBACK_IN_PROGRESS", "UPDATE_FAILED": "UPDATE_ROLLBACK_IN_PROGRESS"}
"""Where a stack stands whose operation failed without rolling back -> what rolls it back."""
_NOT_CANCELLED = "CancelUpdateStack cannot be called from current stack status"


class RollbackOperations:
    """Operations that take an update or a creation back."""

    def __init__(self, environment: Environment, stacks: Stacks, engine: Engine) -> None:
        self._environment = environment
        self._stacks = stacks
        self._engine = engine

    def operations(self) -> Mapping[str, Operation]:
        """By API name."""
        return {
            "CancelUpdateStack": self.cancel,
            "ContinueUpdateRollback": self.go_on,
            "RollbackStack": self.roll_back,
        }

    async def roll_back(self, context: RequestContext, params: Params) -> Result:
        """Take back what failed and was left as it was."""
        await self._check_role(params)
        stack = self._existing(params["StackName"])
        if stack.status not in _PAUSED:
            raise wrong_status(stack.id, stack.status, "rolled back")
        self._begin(context, stack, params, _PAUSED[stack.status])
        return {"StackId": stack.id}

    async def go_on(self, context: RequestContext, params: Params) -> Result:
        """Try a failed rollback again, without the resources to skip."""
        await self._check_role(params)
        stack = self._existing(params["StackName"])
        if stack.status != "UPDATE_ROLLBACK_FAILED":
            raise wrong_status(stack.id, stack.status, "continue update rollback")
        self._begin(context, stack, params, "UPDATE_ROLLBACK_IN_PROGRESS")
        return {}

    async def cancel(self, context: RequestContext, params: Params) -> Result:
        """Begin nothing more of a running update, and take it back."""
        stack = self._existing(params["StackName"])
        if stack.status != "UPDATE_IN_PROGRESS":
            raise validation_error(_NOT_CANCELLED)
        self._engine.interrupt(stack.id, cancel_requested=True)
        return {}

    async def _check_role(self, params: Params) -> None:
        role = params.get("RoleARN") or self._existing(params["StackName"]).revision.role_arn
        await check_role(self._environment, role)

    def _begin(self, context: RequestContext, stack: Stack, params: Params, status: str) -> None:
        role = params.get("RoleARN") or stack.revision.role_arn
        self._engine.begin(
            replace(
                stack,
                status=status,
                reason=INITIATED,
                principal=context.caller,
                retain=list(params.get("ResourcesToSkip", [])),
                request_token=params.get("ClientRequestToken"),
                retain_except_on_create=params.get("RetainExceptOnCreate", stack.retain_except_on_create),
                revision=replace(stack.revision, role_arn=role),
            )
        )

    def _existing(self, name: str) -> Stack:
        stack = self._stacks.find(name)
        if stack is None or not stack.exists:
            raise stack_absent(name)
        return stack
