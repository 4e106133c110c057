"""SetStackPolicy and GetStackPolicy."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlfn_localstack.services.cloudformation.errors import stack_missing
from mlfn_localstack.services.cloudformation.intake import policy_text

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mlfn_localstack.service import Environment, Operation, Params, RequestContext, Result
    from mlfn_localstack.services.cloudformation.state import Stack, Stacks


class StackPolicyOperations:
    """What updates may do to a stack's resources."""

    def __init__(self, environment: Environment, stacks: Stacks) -> None:
        self._environment = environment
        self._stacks = stacks

    def operations(self) -> Mapping[str, Operation]:
        """By API name."""
        return {"GetStackPolicy": self.get, "SetStackPolicy": self.set}

    async def set(self, context: RequestContext, params: Params) -> Result:
        """From now on the stack has that policy; `{}` allows everything."""
        stack = self._stack(params["StackName"])
        text = await policy_text(self._environment, context.caller, params, "StackPolicy")
        self._stacks.update(stack.id, policy=text)
        return {}

    async def get(self, context: RequestContext, params: Params) -> Result:
        """The stack's policy; during an update that has one of its own, that."""
        stack = self._stack(params["StackName"])
        return {"StackPolicyBody": stack.policy_in_force} if stack.policy_in_force else {}

    def _stack(self, name: str) -> Stack:
        stack = self._stacks.find(name)
        if stack is None or not stack.exists:
            raise stack_missing(name)
        return stack
