"""What ends a state: an error name and a cause, as the Amazon States Language tells them apart."""

from __future__ import annotations

from enum import StrEnum
from typing import Any


class ErrorName(StrEnum):
    """The reserved error names of the Amazon States Language that this interpreter raises itself."""

    ALL = "States.ALL"
    DATA_LIMIT = "States.DataLimitExceeded"
    EVALUATION = "States.QueryEvaluationError"
    HEARTBEAT = "States.HeartbeatTimeout"
    INTRINSIC = "States.IntrinsicFailure"
    ITEM_READER = "States.ItemReaderFailed"
    RESULT_PATH = "States.ResultPathMatchFailure"
    RESULT_WRITER = "States.ResultWriterFailed"
    RUNTIME = "States.Runtime"
    TASK_FAILED = "States.TaskFailed"
    THRESHOLD = "States.ExceedToleratedFailureThreshold"
    TIMEOUT = "States.Timeout"


class PathError(Exception):
    """A path is malformed, or names nothing; `reason` is worded as in Step Functions' causes."""

    def __init__(self, reason: str, *, out_of_range: bool = False) -> None:
        super().__init__(reason)
        self.reason = reason
        self.out_of_range = out_of_range
        self.context: dict[str, Any] | None = None
        """The context object, if that is what the path leads into."""


class StateError(Exception):
    """A state failed; `location` names the field when an expression did (it then gets its own event)."""

    def __init__(
        self,
        error: str | None,
        cause: str | None = None,
        *,
        location: str | None = None,
        internal: bool = False,
        alias: str | None = None,
    ) -> None:
        super().__init__(f"{error}: {cause}")
        self.error = error
        self.cause = cause
        self.location = location
        self.internal = internal
        """Raised while evaluating the definition, so the cause gets the state's name in front."""
        self.alias = alias
        """Another name by which Retry and Catch may know it (a missed heartbeat is reported as States.Timeout)."""

    @property
    def fatal(self) -> bool:
        """Whether neither Retry nor Catch may handle it (a mistake in the definition itself)."""
        return self.error == ErrorName.RUNTIME

    @property
    def output(self) -> dict[str, str | None]:
        """What a Catch hands on."""
        return {"Error": self.error or "", "Cause": self.cause or ""}


class ToldError(StateError):
    """Whoever did a task told that it failed, and perhaps neither how nor why."""

    @property
    def output(self) -> dict[str, str | None]:
        """What a Catch hands on: null where nothing was told."""
        return {"Error": self.error, "Cause": self.cause}


def runtime_failure(cause: str) -> StateError:
    """A definition asks for something its data cannot give."""
    return StateError(ErrorName.RUNTIME, cause, internal=True)


def evaluation_failure(cause: str, location: str) -> StateError:
    """A JSONata expression failed, gave nothing, or gave a value of the wrong type.

    An empty location stands for the state's input, which no field names.
    """
    return StateError(ErrorName.EVALUATION, cause, location=location, internal=True)
