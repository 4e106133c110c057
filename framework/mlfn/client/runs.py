"""A run of an asynchronous pipeline, from its start to its result."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from mlfn.errors import CallFailedError, CallUncertainError

if TYPE_CHECKING:
    from collections.abc import Callable

R = TypeVar("R")
RUNNING = "RUNNING"
SUCCEEDED = "SUCCEEDED"
FIRST_PAUSE_S, LONGEST_PAUSE_S = 0.1, 5.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Run(Generic[R]):
    """A started pipeline; `execution` is the name under which anybody may ask about it."""

    pipeline: str
    execution: str
    ask: Callable[[], dict[str, Any]]
    """How the run is, as the API tells it."""
    parse: Callable[[Any], R]
    """An output as the pipeline's own type."""
    pause: Callable[[float], None] = time.sleep
    clock: Callable[[], float] = time.monotonic

    @property
    def status(self) -> str:
        """RUNNING, SUCCEEDED, FAILED, TIMED_OUT or ABORTED."""
        return str(self.ask()["status"])

    def wait(self, timeout_s: float = 3600.0) -> dict[str, Any]:
        """How the run ended.

        Raises:
            CallUncertainError: it has not within `timeout_s`; it goes on.
        """
        deadline, pause_s = self.clock() + timeout_s, FIRST_PAUSE_S
        while (told := self.ask())["status"] == RUNNING:
            left_s = deadline - self.clock()
            if left_s <= 0:
                raise CallUncertainError(
                    f"The run {self.execution} of {self.pipeline} has not ended within {timeout_s:g} s.",
                    hint="It goes on: wait again.",
                )
            self.pause(min(pause_s, left_s))
            pause_s = min(pause_s * 1.5, LONGEST_PAUSE_S)
        return told

    def result(self, timeout_s: float = 3600.0) -> R:
        """The run's output, once there is one.

        Raises:
            CallFailedError: the run failed.
            CallUncertainError: it has not ended within `timeout_s`.
        """
        told = self.wait(timeout_s)
        if told["status"] == SUCCEEDED:
            return self.parse(told.get("output"))
        error = str(told.get("error") or told["status"])
        raise CallFailedError(
            f"The run {self.execution} of {self.pipeline} ended with {error}: {told.get('detail', '')}",
            hint="See its steps with: mlfn audit --execution",
            error_type=error,
        )
