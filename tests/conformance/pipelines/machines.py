"""Run compiled pipelines with the emulator's interpreter, their models called as their images would call them."""

from __future__ import annotations

import asyncio
import hashlib
import json
import re
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any

from pydantic import TypeAdapter

from mlfn.approvals import Approval, Question, Rejected, answered_by
from mlfn.runtime.calls import ROOM
from mlfn.runtime.spilling import SMALLEST, resolved, spilled
from mlfn.runtime.stack import envelope, error_body
from mlfn.steps import TOOK_TOO_LONG, Timeout
from mlfn_engine.declarations.naming import FRONT_DOOR
from mlfn_engine.declarations.signatures import Signature, read_signature
from mlfn_localstack.service import Caller, Environment, RequestContext
from mlfn_localstack.services.stepfunctions import StepFunctions
from mlfn_localstack.store import Store

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping
    from pathlib import Path

    from mlfn_engine.values import ResolvedApp, Travel

ARN = "arn:aws:lambda:us-east-1:000000000000:function"
ROLE = "arn:aws:iam::000000000000:role/machine"
CALLER = Caller(arn="arn:aws:iam::000000000000:user/test", account_id="0" * 12, user_id="test", access_key="")


class Models:
    """Answers Lambda's Invoke with the models themselves."""

    def __init__(self) -> None:
        self.handlers: dict[str, Any] = {}
        self.events: list[dict[str, Any]] = []
        self.values = Values()
        self.client: Callable[..., Awaitable[dict[str, Any]]]
        """Calls Step Functions."""

    def authenticate(self, request: object, service: str) -> Caller:
        raise AssertionError(f"nothing is signed in process: {request} {service}")

    async def call(self, service: str, operation: str, params: dict[str, Any], **_: Any) -> dict[str, Any]:
        if (service, operation) == ("sts", "AssumeRole"):
            return {}
        assert (service, operation) == ("lambda", "Invoke")
        event = json.loads(params["Payload"])
        self.events.append(event)
        record = f"r{len(self.events)}"
        answer = {"StatusCode": 200, "ExecutedVersion": "1"}
        if "approval" in event:
            await self._ask(event, record)
            return {**answer, "Payload": b"{}"}
        handler = self.handlers[params["FunctionName"].removeprefix(f"{ARN}:").removesuffix(":sfn")]
        given = json.loads(self.values.whole(event["input"]))
        try:
            body = {"output": self._travelling(event, as_json(handler, given)), "record": record}
        except Exception as error:
            return {**answer, "FunctionError": "Unhandled", "Payload": json.dumps(_failure(error, record)).encode()}
        return {**answer, "Payload": json.dumps(body).encode()}

    def _travelling(self, event: dict[str, Any], value: Any) -> Any:
        """A result as a function's runtime lets it travel."""
        return self.values.travelling(value, event.get("room", ROOM), event.get("inline"))

    async def _ask(self, event: dict[str, Any], record: str) -> None:
        """Answer as the front door would for the person."""
        asked, about = event["approval"], json.loads(event["input"])
        token = asked["token"]
        try:
            approval = decide(Question(about=about, by=tuple(asked["by"]), timeout_s=asked.get("timeout_s")))
        except Timeout:
            return
        except Rejected as error:
            cause = json.dumps({"errorMessage": str(error), "errorType": "Rejected", "record": record})
            await self.client("SendTaskFailure", taskToken=token, error="Rejected", cause=cause)
        else:
            output = json.dumps({"output": asdict(approval), "record": record})
            await self.client("SendTaskSuccess", taskToken=token, output=output)


class Values:
    """What is too large to travel, kept here instead of in S3."""

    def __init__(self) -> None:
        self.kept: dict[str, bytes] = {}
        self.room: int | None = None
        """Less than what machines grant, so that small values are kept, too."""

    def travelling(self, value: Any, room: int, plan: Any) -> Any:
        text = json.dumps(value).encode()
        smallest = SMALLEST if self.room is None else 0
        room = room if self.room is None else self.room
        return json.loads(spilled(text, room, plan, self._keep, smallest=smallest))

    def whole(self, text: str) -> str:
        return resolved(text.encode(), lambda references: [self.kept[each] for each in references]).decode()

    def _keep(self, texts: list[bytes]) -> list[str]:
        names = [hashlib.sha256(each).hexdigest() for each in texts]
        self.kept |= dict(zip(names, texts, strict=True))
        return names


def decide(question: Question) -> Approval:
    """The answer of somebody who likes whatever there is, but is slow to look at an x."""
    if not question.about:
        raise Rejected("there is nothing to see")
    if question.about == "x" and question.timeout_s:
        raise Timeout(TOOK_TOO_LONG)
    return Approval(by="jane", at="2026-11-27T02:30:00Z", comment=f"{len(str(question.about))}", assurance=2)


def _failure(error: Exception, record: str) -> dict[str, Any]:
    if isinstance(error, Timeout):  # what the service says of a function that took too long
        return error_body("Sandbox.Timedout", "RequestId: 1 Error: Task timed out after 3.00 seconds", "1")
    return {**envelope(error, "1"), "record": record}


def as_json(handler: Any, body: Any) -> Any:
    """What a handler gives for a request's body, in process."""
    signature: Signature = read_signature(handler)
    given = body if len(signature.parameters) > 1 else {signature.parameters[0].name: body}
    hints = {each.name: each.hint for each in signature.parameters}
    result = handler(**{name: TypeAdapter(hints[name]).validate_python(each) for name, each in given.items()})
    return TypeAdapter(signature.result).dump_python(result, mode="json")


def in_process(handler: Any, body: Any) -> tuple[str, Any]:
    """How a run ends when the function is simply called: its value, or its error's type and message."""
    try:
        with answered_by(decide):
            return "SUCCEEDED", as_json(handler, body)
    except Exception as error:
        return type(error).__name__, "" if isinstance(error, Timeout) else str(error)


def ended(execution: dict[str, Any]) -> tuple[str, Any]:
    """How an execution ended, told the same way."""
    if execution["status"] == "SUCCEEDED":
        return "SUCCEEDED", json.loads(execution["output"])
    if execution["error"] in ("Sandbox.Timedout", "States.Timeout", "Timeout"):
        return "Timeout", ""
    return execution["error"], _message(execution["cause"])


def _message(cause: str) -> str:
    return str(json.loads(cause)["errorMessage"]) if cause.startswith("{") else cause


@dataclass(frozen=True, slots=True, kw_only=True)
class Program:
    """A state machine's definition, and the models that it calls."""

    definition: str
    handlers: Mapping[str, Any]
    taken: Travel
    """How its input travels."""


def program_of(app: ResolvedApp) -> Program:
    """An app's last pipeline by name."""
    pipeline = app.pipelines[-1]
    handlers = {each.name: each.handler for each in app.models}
    return Program(definition=pipeline.definition, handlers=handlers, taken=pipeline.taken)


@dataclass(kw_only=True)
class Interpreter:
    """The emulator's Step Functions, alone."""

    directory: Path
    models: Models = field(default_factory=Models)
    _store: Store = field(init=False)
    _service: StepFunctions = field(init=False)
    _machines: int = 0

    def __post_init__(self) -> None:
        self._store = Store(self.directory / "state.db")
        self.models.client = self.client
        self._service = StepFunctions(
            Environment(store=self._store, gateway=self.models, authenticator=self.models, state_dir=self.directory)
        )

    async def close(self) -> None:
        """Stop it."""
        await self._service.stop()
        self._store.close()

    async def client(self, operation: str, **params: Any) -> dict[str, Any]:
        """An operation's answer."""
        context = RequestContext(
            service="stepfunctions",
            operation=operation,
            region="us-east-1",
            account_id="0" * 12,
            caller=CALLER,
            request_id="1",
            endpoint="http://127.0.0.1",
        )
        result = dict(await self._service.operations()[operation](context, params))
        await self._store.durable()
        return result

    async def run(self, program: Program, body: Any) -> dict[str, Any]:
        """The description of a standard execution, once it has ended."""
        machine = await self.create(program, "STANDARD")
        started = await self.client("StartExecution", stateMachineArn=machine, input=json.dumps(body))
        described = started
        while described.get("status", "RUNNING") == "RUNNING":
            await asyncio.sleep(0.002)
            described = await self.client("DescribeExecution", executionArn=started["executionArn"])
        return described

    async def run_express(self, machine: str, body: Any) -> dict[str, Any]:
        """The description of an express execution."""
        self.models.events.clear()
        ended = await self.client("StartSyncExecution", stateMachineArn=machine, input=json.dumps(body))
        return {**ended, "output": self.models.values.whole(ended["output"])} if "output" in ended else ended

    async def create(self, program: Program, kind: str) -> str:
        """A state machine whose pauses take no time."""
        self.models.events.clear()
        self.models.handlers = dict(program.handlers)
        definition = re.sub(r'"(IntervalSeconds|Seconds)":(\d+|"[^"]*")', r'"\1":0', program.definition)
        for name in program.handlers:
            definition = definition.replace(f"${{{name}}}", f"{ARN}:{name}:sfn")
        definition = definition.replace(f"${{{FRONT_DOOR}}}", f"{ARN}:{FRONT_DOOR}:sfn")
        self._machines += 1
        created = await self.client(
            "CreateStateMachine", name=f"m{self._machines}", definition=definition, roleArn=ROLE, type=kind
        )
        return str(created["stateMachineArn"])
