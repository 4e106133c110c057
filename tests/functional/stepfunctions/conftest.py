"""A Step Functions service in process, over a database file, with stubbed neighbours and a fast clock."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any

import pytest

from mlfn_localstack.service import Caller, Environment, RequestContext, ServiceError, caller_of
from mlfn_localstack.services.stepfunctions import StepFunctions
from mlfn_localstack.store import Store

if TYPE_CHECKING:
    from pathlib import Path

ROLE = "arn:aws:iam::000000000000:role/machine"
PASS = {"StartAt": "S", "States": {"S": {"Type": "Pass", "End": True}}}
WAIT = {"StartAt": "W", "States": {"W": {"Type": "Wait", "Seconds": 9999, "End": True}}}
Neighbour = Callable[[dict[str, Any]], Any]


def one(state: dict[str, Any], **machine: Any) -> dict[str, Any]:
    """A machine of one state."""
    return {"StartAt": "S", "States": {"S": state}, **machine}


def failing(code: str, message: str = "no", status: int = 400) -> Neighbour:
    """A neighbour that refuses."""

    def fail(_params: dict[str, Any]) -> Any:
        raise ServiceError(code, message, status=status)

    return fail


def one_task(state: dict[str, Any], **machine: Any) -> dict[str, Any]:
    """A machine of one state, which is its last unless it says otherwise."""
    return one({"End": True, **state}, **machine)


def log_group(put: Neighbour) -> dict[str, Neighbour]:
    """CloudWatch Logs with the group /sfn; `put` takes its lines."""
    groups = {"logGroups": [{"logGroupName": "/sfn"}]}
    return {
        "logs:DescribeLogGroups": lambda _params: groups,
        "logs:CreateLogStream": lambda _params: {},
        "logs:PutLogEvents": put,
    }


class FastClock:
    """Time that runs 100 times as fast."""

    def __init__(self, speed: float = 100.0) -> None:
        self._begin = time.time()
        self._speed = speed

    def now(self) -> float:
        return self._begin + (time.time() - self._begin) * self._speed

    def seconds_until(self, moment: float) -> float:
        return (moment - self.now()) / self._speed

    async def sleep_until(self, moment: float) -> None:
        await asyncio.sleep(max(0.0, self.seconds_until(moment)))


class NoAuthenticator:
    """Never asked in process."""

    def authenticate(self, request: object, service: str) -> Caller:
        raise AssertionError(f"{request} {service}")


def is_trust_check(service: str, principal: str | Caller) -> bool:
    """Whether Step Functions itself asks for a role, which all roles of these tests would give it."""
    return service == "sts" and principal == "states.amazonaws.com"


class Emulated:
    """The service with the neighbours a test gives it; `call` is what a client would do."""

    def __init__(self, path: Path, neighbours: dict[str, Neighbour], speed: float = 100.0) -> None:
        self.store = KillableStore(path / "state.db")
        self.neighbours = neighbours
        self.calls: list[tuple[str, dict[str, Any], str]] = []
        environment = Environment(store=self.store, gateway=self, authenticator=NoAuthenticator(), state_dir=path)
        self.service = StepFunctions(environment, FastClock(speed))

    async def __call__(self, operation: str, /, **params: Any) -> dict[str, Any]:
        return await self.call("stepfunctions", operation, params, principal="arn:aws:iam::000000000000:user/test")

    async def call(
        self,
        service: str,
        operation: str,
        params: dict[str, Any],
        *,
        principal: str | Caller,
        source_arn: str = "",
        durable: bool = True,
    ) -> dict[str, Any]:
        if service == "stepfunctions":
            result = dict(await self.service.operations()[operation](context(operation, principal), params))
            await self.store.durable()
            return result
        if is_trust_check(service, principal):
            return {}
        self.calls.append((f"{service}:{operation}", params, caller_of(principal, "000000000000").arn))
        answer = self.neighbours[f"{service}:{operation}"](params)
        if isinstance(answer, Awaitable):
            answer = await answer
        return dict(answer)

    async def create(self, definition: dict[str, Any], *, name: str = "machine", **params: Any) -> str:
        text = json.dumps(definition)
        answer = await self("CreateStateMachine", name=name, definition=text, roleArn=ROLE, **params)
        arn: str = answer["stateMachineArn"]
        return arn

    async def run(self, definition: dict[str, Any], data: Any = None, **params: Any) -> Execution:
        """Create, start, and wait until it has ended."""
        machine = await self.create(definition)
        started = await self("StartExecution", stateMachineArn=machine, input=json.dumps(data or {}), **params)
        return await self.end(started["executionArn"])

    async def end(self, arn: str) -> Execution:
        for _ in range(2000):
            described = await self("DescribeExecution", executionArn=arn)
            if described["status"] != "RUNNING":
                history = await self("GetExecutionHistory", executionArn=arn, maxResults=1000)
                return Execution(described, history["events"])
            await asyncio.sleep(0.002)
        raise AssertionError(f"{arn} does not end")

    async def ended(self, arn: str) -> str:
        """The status of an execution once it has ended, however long that takes."""
        while (status := str((await self("DescribeExecution", executionArn=arn))["status"])) == "RUNNING":
            await asyncio.sleep(0.01)
        return status

    def count(self, kind: str) -> int:
        """How many events of a type are on disk."""
        row = self.store.execute(
            "SELECT count(*) FROM sfn_events WHERE body LIKE ?", (f'%"type":"{kind}"%',)
        ).fetchone()
        return int(row[0])

    def kill(self) -> None:
        """What `kill -9` leaves: everything committed, and nothing of the open transaction."""
        self.store.abandon()

    async def close(self) -> None:
        await self.service.stop()
        self.store.close()


class KillableStore(Store):
    """A store that can lose its process."""

    def abandon(self) -> None:
        if self._db.in_transaction:
            self._db.execute("ROLLBACK")
        self._db.close()


class Execution:
    """How an execution ended, and its history."""

    def __init__(self, described: dict[str, Any], events: list[dict[str, Any]]) -> None:
        self.described = described
        self.events = events
        self.status: str = described["status"]
        self.arn: str = described["executionArn"]

    @property
    def output(self) -> Any:
        return json.loads(self.described["output"])

    @property
    def error(self) -> tuple[str | None, str | None]:
        return self.described.get("error"), self.described.get("cause")

    @property
    def types(self) -> list[str]:
        return [event["type"] for event in self.events]

    @property
    def previous(self) -> list[int]:
        return [event["previousEventId"] for event in self.events]


def context(operation: str, principal: str | Caller) -> RequestContext:
    return RequestContext(
        service="stepfunctions",
        operation=operation,
        region="us-east-1",
        account_id="000000000000",
        caller=caller_of(principal, "000000000000"),
        request_id="00000000-0000-0000-0000-000000000000",
        endpoint="http://127.0.0.1:4566",
    )


async def start(emulated: Emulated, definition: dict[str, Any], data: Any = None) -> str:
    """A new execution's ARN."""
    machine = await emulated.create(definition)
    answer = await emulated("StartExecution", stateMachineArn=machine, input=json.dumps(data or {}))
    arn: str = answer["executionArn"]
    return arn


async def until(condition: Callable[[], bool]) -> None:
    """Return once something holds."""
    while not condition():
        await asyncio.sleep(0.002)


Scenario = Callable[[Emulated], Awaitable[Any]]
Play = Callable[..., Any]


@pytest.fixture
def play(tmp_path: Path) -> Play:
    """Run a coroutine function with a service and neighbours (`lambda:Invoke` → a function of the parameters)."""

    def run(scenario: Scenario, neighbours: dict[str, Neighbour] | None = None, **options: Any) -> Any:
        async def body() -> Any:
            emulated = Emulated(tmp_path, neighbours or {}, **options)
            try:
                await emulated.service.start()
                return await asyncio.wait_for(scenario(emulated), 15)
            finally:
                await emulated.close()

        return asyncio.run(body())

    return run


@pytest.fixture
def emulated_class() -> type[Emulated]:
    """For tests that need the service more than once."""
    return Emulated


@pytest.fixture
def execute(play: Play) -> Callable[..., Execution]:
    """Run a definition to its end."""

    def run(definition: dict[str, Any], data: Any = None, neighbours: dict[str, Neighbour] | None = None) -> Execution:
        execution: Execution = play(lambda emulated: emulated.run(definition, data), neighbours)
        return execution

    return run


@pytest.fixture
def refused() -> Callable[[Awaitable[Any]], Awaitable[ServiceError]]:
    """The error that a call ends with."""

    async def error_of(call: Awaitable[Any]) -> ServiceError:
        try:
            answer = await call
        except ServiceError as error:
            return error
        raise AssertionError(f"not refused: {answer}")

    return error_of


@pytest.fixture
def function() -> Callable[..., Neighbour]:
    """A Lambda whose answer, or error, a handler gives."""

    def make(handler: Callable[[Any], Any]) -> Neighbour:
        def invoke(params: dict[str, Any]) -> dict[str, Any]:
            try:
                result = handler(json.loads(params.get("Payload") or b"{}"))
            except ServiceError:
                raise
            except Exception as error:
                body = {"errorMessage": str(error), "errorType": type(error).__name__}
                return {"StatusCode": 200, "FunctionError": "Unhandled", "Payload": json.dumps(body).encode()}
            return {"StatusCode": 200, "Payload": json.dumps(result).encode(), "ExecutedVersion": "1"}

        return invoke

    return make


@pytest.fixture
def tested(play: Play) -> Callable[..., Any]:
    """TestState's answer about a state."""

    def run(state: dict[str, Any], **params: Any) -> Any:
        return play(lambda emulated: emulated("TestState", definition=json.dumps(state), **params))

    return run


@pytest.fixture
def denied(play: Play, refused: Callable[..., Any]) -> Callable[..., tuple[str, str]]:
    """The code and message with which TestState refuses a request."""

    def run(state: dict[str, Any], **params: Any) -> tuple[str, str]:
        async def scenario(emulated: Emulated) -> ServiceError:
            error: ServiceError = await refused(emulated("TestState", definition=json.dumps(state), **params))
            return error

        error = play(scenario)
        return error.code, error.message

    return run
