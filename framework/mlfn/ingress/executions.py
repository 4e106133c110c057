"""State machine executions, as the ingress starts and asks about them."""

from __future__ import annotations

from mlfn.jsontext import decode, encode
from mlfn.runtime.aws import AwsClient, AwsError
from mlfn.runtime.http import ExchangeError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

LARGEST_INPUT = 262_144
"""Bytes of an execution's input (https://docs.aws.amazon.com/step-functions/latest/dg/service-quotas.html)."""
_PREFIX = "AWSStepFunctions."
_PARTS_OF_AN_ARN = 7
"""Of a state machine; a version's has its number behind them."""


class Outcome:
    """How a run ended, or that it has not: `output` is JSON text, `error` and `cause` are the state machine's."""

    __slots__ = ("arn", "cause", "error", "input", "output", "status")

    def __init__(self, answer: dict[str, Any]) -> None:
        self.arn = str(answer.get("executionArn", ""))
        self.status = str(answer.get("status", "RUNNING"))
        self.input: str | None = answer.get("input")
        self.output: str | None = answer.get("output")
        self.error: str | None = answer.get("error")
        self.cause: str | None = answer.get("cause")


class Executions:
    """Step Functions, over connections of our own."""

    def __init__(self, environ: Mapping[str, str]) -> None:
        self._client = AwsClient("states", environ)
        self._sync = AwsClient("states", environ, host_prefix="sync-")

    def run(self, machine: str, name: str, text: str, *, timeout_s: float) -> Outcome:
        """Run an express state machine to its end.

        Raises:
            AwsError: Step Functions refuses.
            ExchangeError: no answer in time.
        """
        request = {"stateMachineArn": machine, "name": name, "input": text}
        return Outcome(_call(self._sync, "StartSyncExecution", request, timeout_s))

    def start(self, machine: str, name: str, text: str, *, timeout_s: float) -> Outcome:
        """Start a standard state machine; its name makes asking twice harmless."""
        request = {"stateMachineArn": machine, "name": name, "input": text}
        try:
            return Outcome(_call(self._client, "StartExecution", request, timeout_s / 2))
        except ExchangeError:
            return Outcome(_call(self._client, "StartExecution", request, timeout_s / 2))

    def describe(self, machine: str, name: str, *, timeout_s: float) -> Outcome | None:
        """How a run of a standard state machine is; None if there is none of this name."""
        try:
            return Outcome(
                _call(self._client, "DescribeExecution", {"executionArn": execution_arn(machine, name)}, timeout_s)
            )
        except AwsError as error:
            if error.code in ("ExecutionDoesNotExist", "InvalidArn"):
                return None
            raise

    def is_running(self, execution: str, *, timeout_s: float) -> bool:
        """Whether a run, by its ARN, has not ended."""
        try:
            return (
                Outcome(_call(self._client, "DescribeExecution", {"executionArn": execution}, timeout_s)).status
                == "RUNNING"
            )
        except AwsError as error:
            if error.code == "ExecutionDoesNotExist":
                return False
            raise

    def succeed(self, token: str, output: str, *, timeout_s: float) -> None:
        """Let a task that waits end with its output."""
        _call(self._client, "SendTaskSuccess", {"taskToken": token, "output": output}, timeout_s)

    def fail(self, token: str, error: str, cause: str, *, timeout_s: float) -> None:
        """Let a task that waits end with an error."""
        _call(self._client, "SendTaskFailure", {"taskToken": token, "error": error, "cause": cause}, timeout_s)

    def counts(self, execution: str, names: tuple[str, ...], *, timeout_s: float) -> dict[str, int]:
        """How many items of an execution's map run are where; empty before there is one."""
        runs = _call(self._client, "ListMapRuns", {"executionArn": execution}, timeout_s).get("mapRuns") or []
        if not runs:
            return {}
        described = _call(self._client, "DescribeMapRun", {"mapRunArn": runs[0]["mapRunArn"]}, timeout_s)
        counted = described.get("itemCounts") or {}
        return {name: int(counted.get(name, 0)) for name in names}


def execution_arn(machine: str, name: str) -> str:
    """The ARN of an execution of a standard state machine, or of one of its versions: they share their executions."""
    unqualified = ":".join(machine.split(":")[:_PARTS_OF_AN_ARN])
    return f"{unqualified.replace(':stateMachine:', ':execution:', 1)}:{name}"


def _call(client: AwsClient, operation: str, request: dict[str, Any], timeout_s: float) -> dict[str, Any]:
    answer = decode(client.call(_PREFIX + operation, encode(request).encode(), timeout_s=timeout_s).decode())
    return answer if isinstance(answer, dict) else {}
