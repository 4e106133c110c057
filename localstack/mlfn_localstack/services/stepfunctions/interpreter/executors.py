"""Which function executes which type of state."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlfn_localstack.services.stepfunctions.interpreter.map_state import execute_map
from mlfn_localstack.services.stepfunctions.interpreter.parallel import execute_parallel
from mlfn_localstack.services.stepfunctions.interpreter.simple import (
    execute_choice,
    execute_fail,
    execute_pass,
    execute_succeed,
    execute_wait,
)
from mlfn_localstack.services.stepfunctions.interpreter.task import execute_task

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from mlfn_localstack.services.stepfunctions.interpreter.stay import Departure, Stay

EXECUTORS: dict[str, Callable[[Stay], Awaitable[Departure]]] = {
    "Choice": execute_choice,
    "Fail": execute_fail,
    "Map": execute_map,
    "Parallel": execute_parallel,
    "Pass": execute_pass,
    "Succeed": execute_succeed,
    "Task": execute_task,
    "Wait": execute_wait,
}
