"""CloudFormation for exactly the resource types in `resources`: anything else is refused by name."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlfn_localstack.services.cloudformation.engine import Engine
from mlfn_localstack.services.cloudformation.operations_change_sets import ChangeSetOperations
from mlfn_localstack.services.cloudformation.operations_describe import DescribeOperations
from mlfn_localstack.services.cloudformation.operations_drift import DriftOperations
from mlfn_localstack.services.cloudformation.operations_rollbacks import RollbackOperations
from mlfn_localstack.services.cloudformation.operations_stack_policies import StackPolicyOperations
from mlfn_localstack.services.cloudformation.operations_stacks import StackOperations
from mlfn_localstack.services.cloudformation.operations_templates import TemplateOperations
from mlfn_localstack.services.cloudformation.state import Stacks

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from mlfn_localstack.http import Route
    from mlfn_localstack.service import Environment, Operation


class CloudFormation:
    """Stacks, change sets and what they make."""

    name = "cloudformation"

    def __init__(self, environment: Environment) -> None:
        self._stacks = Stacks(environment.store)
        self._engine = Engine(environment, self._stacks)
        self._operations: dict[str, Operation] = {
            **StackOperations(environment, self._stacks, self._engine).operations(),
            **ChangeSetOperations(environment, self._stacks, self._engine).operations(),
            **DescribeOperations(self._stacks, self._engine).operations(),
            **DriftOperations(environment, self._stacks).operations(),
            **RollbackOperations(environment, self._stacks, self._engine).operations(),
            **TemplateOperations(environment, self._stacks).operations(),
            **StackPolicyOperations(environment, self._stacks).operations(),
        }

    def operations(self) -> Mapping[str, Operation]:
        """Every supported operation by its API name."""
        return self._operations

    def routes(self) -> Sequence[Route]:
        """Where those whom stacks wait for put what they say; all else goes through the query protocol."""
        return self._engine.outside.routes()

    async def start(self) -> None:
        """Go on with every stack that was interrupted."""
        self._engine.resume()

    async def stop(self) -> None:
        """Stop where we are."""
        await self._engine.stop()

    async def settled(self, stack_id: str) -> None:
        """Return once nothing is under way for a stack."""
        await self._engine.settled(stack_id)
