"""A compiled pipeline gives on the emulator what its function gives in process."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from pydantic import TypeAdapter

from mlfn_engine.declarations.signatures import Signature, read_signature
from mlfn_engine.discover import discover
from mlfn_engine.resolve import resolve_app
from mlfn_localstack.service import Caller, Environment, RequestContext
from mlfn_localstack.services.stepfunctions import StepFunctions
from mlfn_localstack.store import Store

if TYPE_CHECKING:
    from mlfn_engine.values import ResolvedApp

ACCEPTED = Path(__file__).parents[2] / "golden" / "pipelines" / "accepted"
CASES = sorted(path for path in ACCEPTED.glob("*.py") if path.stem != "reviews")
ARN = "arn:aws:lambda:us-east-1:000000000000:function"
SCANS = [{"png": ""}, {"png": "x"}, {"png": '{% $x %} "é😀', "language": "de"}]


class Models:
    """Answers Lambda's Invoke with the models themselves, as their images would."""

    def __init__(self, app: ResolvedApp) -> None:
        self._handlers = {each.name: each.handler for each in app.models}
        self._calls = 0

    def authenticate(self, request: object, service: str) -> Caller:
        raise AssertionError(f"nothing is signed in process: {request} {service}")

    async def call(self, service: str, operation: str, params: dict[str, Any], **_: Any) -> dict[str, Any]:
        assert (service, operation) == ("lambda", "Invoke")
        self._calls += 1
        handler = self._handlers[params["FunctionName"].removeprefix(f"{ARN}:").removesuffix(":sfn")]
        event = json.loads(params["Payload"])
        output = as_json(handler, json.loads(event["input"]))
        answer = {"output": output, "record": f"r{self._calls}"}
        return {"StatusCode": 200, "ExecutedVersion": "1", "Payload": json.dumps(answer).encode()}


def as_json(handler: Any, body: Any) -> Any:
    """What a handler gives for a request's body, in process."""
    signature: Signature = read_signature(handler)
    given = body if len(signature.parameters) > 1 else {signature.parameters[0].name: body}
    hints = {each.name: each.hint for each in signature.parameters}
    result = handler(**{name: TypeAdapter(hints[name]).validate_python(each) for name, each in given.items()})
    return TypeAdapter(signature.result).dump_python(result, mode="json")


async def run(app: ResolvedApp, value: Any, directory: Path) -> dict[str, Any]:
    """The description of an execution of the app's pipeline, once it has ended."""
    models = Models(app)
    store = Store(directory / "state.db")
    environment = Environment(store=store, gateway=models, authenticator=models, state_dir=directory)
    service = StepFunctions(environment)
    definition = app.pipelines[0].definition
    for each in app.models:
        definition = definition.replace(f"${{{each.name}}}", f"{ARN}:{each.name}:sfn")

    async def client(operation: str, **params: Any) -> dict[str, Any]:
        caller = Caller(arn="arn:aws:iam::000000000000:user/test", account_id="0" * 12, user_id="test", access_key="")
        context = RequestContext(
            service="stepfunctions",
            operation=operation,
            region="us-east-1",
            account_id="0" * 12,
            caller=caller,
            request_id="1",
            endpoint="http://127.0.0.1",
        )
        result = dict(await service.operations()[operation](context, params))
        await store.durable()
        return result

    role = "arn:aws:iam::000000000000:role/machine"
    machine = await client("CreateStateMachine", name="machine", definition=definition, roleArn=role)
    started = await client(
        "StartExecution", stateMachineArn=machine["stateMachineArn"], input=json.dumps({"input": value})
    )
    described = started
    while described.get("status", "RUNNING") == "RUNNING":
        await asyncio.sleep(0.002)
        described = await client("DescribeExecution", executionArn=started["executionArn"])
    await service.stop()
    store.close()
    return described


@pytest.mark.parametrize("scan", SCANS, ids=["empty", "word", "hostile"])
@pytest.mark.parametrize("case", CASES, ids=lambda path: path.stem)
def test_the_machine_on_the_emulator_gives_what_the_function_gives(
    case: Path, scan: dict[str, str], tmp_path: Path
) -> None:
    app = resolve_app(discover(case.parent, case.name))
    value = scan if len(app.pipelines[0].parameters) == 1 else {"scan": scan}
    expected = as_json(app.pipelines[0].handler, value)

    execution = asyncio.run(run(app, value, tmp_path))

    assert (execution["status"], execution.get("error")) == ("SUCCEEDED", None)
    assert json.loads(execution["output"]) == expected
