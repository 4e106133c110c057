"""Step Functions: state machines in the Amazon States Language, durable executions, callbacks and activities."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlfn_localstack.services.stepfunctions.clock import SystemClock
from mlfn_localstack.services.stepfunctions.engine import Engine
from mlfn_localstack.services.stepfunctions.model import Executions, Machines
from mlfn_localstack.services.stepfunctions.operations_executions import ExecutionOperations
from mlfn_localstack.services.stepfunctions.operations_machines import MachineOperations
from mlfn_localstack.services.stepfunctions.operations_map_runs import MapRunOperations
from mlfn_localstack.services.stepfunctions.operations_tags import TagOperations
from mlfn_localstack.services.stepfunctions.operations_tasks import TaskOperations
from mlfn_localstack.services.stepfunctions.operations_test_state import TestStateOperations
from mlfn_localstack.services.stepfunctions.operations_versions import VersionOperations
from mlfn_localstack.services.stepfunctions.state import State

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from mlfn_localstack.http import Route
    from mlfn_localstack.service import Environment, Operation
    from mlfn_localstack.services.stepfunctions.interpreter.world import Clock

_GROUPS = (
    MachineOperations,
    VersionOperations,
    ExecutionOperations,
    TaskOperations,
    MapRunOperations,
    TagOperations,
    TestStateOperations,
)


class StepFunctions:
    """The service `stepfunctions`."""

    name = "stepfunctions"

    def __init__(self, environment: Environment, clock: Clock | None = None) -> None:
        clock = clock or SystemClock()
        self._executions = Executions(environment.store)
        self._engine = Engine(environment, self._executions, clock)
        state = State(
            environment=environment,
            machines=Machines(environment.store),
            executions=self._executions,
            engine=self._engine,
            clock=clock,
        )
        self._operations: dict[str, Operation] = {}
        for group in _GROUPS:
            self._operations.update(group(state).operations())

    def operations(self) -> Mapping[str, Operation]:
        """Every supported operation by its API name."""
        return self._operations

    def routes(self) -> Sequence[Route]:
        """None: everything goes through the wire protocol."""
        return ()

    async def start(self) -> None:
        """Go on with the executions that were under way."""
        for execution in self._executions.running():
            self._engine.resume(execution)
        self._engine.resume_express()

    async def stop(self) -> None:
        """Let go of the executions under way; what they did is durable."""
        await self._engine.stop()
