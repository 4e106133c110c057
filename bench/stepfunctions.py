"""How long a state machine takes beyond its models: 10×Pass, 3×Lambda, a branching pipeline, a large map.

Run with `python bench/stepfunctions.py`: the service in process over a database file (WAL, NORMAL), its neighbours
stubbed, so that only the interpreter, its journal and its history are measured.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import statistics
import tempfile
import time
from pathlib import Path
from typing import Any

from mlfn_localstack.service import Caller, Environment, RequestContext, caller_of
from mlfn_localstack.services.stepfunctions import StepFunctions
from mlfn_localstack.store import Store

ROLE = "arn:aws:iam::000000000000:role/bench"


class NoAuthenticator:
    """Never asked in process."""

    def authenticate(self, request: object, service: str) -> Caller:
        raise AssertionError(request, service)


class Bench:
    """The service and a Lambda that echoes."""

    def __init__(self, folder: Path) -> None:
        self.store = Store(folder / "state.db")
        self.service = StepFunctions(
            Environment(store=self.store, gateway=self, authenticator=NoAuthenticator(), state_dir=folder)
        )

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
        if service == "lambda":
            return {"StatusCode": 200, "Payload": params["Payload"], "ExecutedVersion": "1"}
        if service == "sts":
            return {}  # the role trusts everybody
        context = RequestContext(
            service=service,
            operation=operation,
            region="us-east-1",
            account_id="000000000000",
            caller=caller_of(principal, "000000000000"),
            request_id="",
            endpoint="",
            source_arn=source_arn,
        )
        answer = await self.service.operations()[operation](context, params)
        await self.store.durable()
        return answer

    async def __call__(self, operation: str, **params: Any) -> dict[str, Any]:
        return await self.call("stepfunctions", operation, params, principal=ROLE)

    async def run(self, name: str, definition: dict[str, Any], data: Any, rounds: int) -> list[float]:
        """Milliseconds from StartExecution to the end, per round."""
        text = json.dumps(definition)
        machine = (await self("CreateStateMachine", name=name, definition=text, roleArn=ROLE))["stateMachineArn"]
        times = []
        for _ in range(rounds):
            begun = time.perf_counter()
            arn = (await self("StartExecution", stateMachineArn=machine, input=json.dumps(data)))["executionArn"]
            while (ended := await self("DescribeExecution", executionArn=arn))["status"] == "RUNNING":
                await asyncio.sleep(0)
            times.append((time.perf_counter() - begun) * 1000)
            assert ended["status"] == "SUCCEEDED", ended
        return times


def chain(states: list[dict[str, Any]], **machine: Any) -> dict[str, Any]:
    names = [f"S{index}" for index in range(len(states))]
    linked = {
        name: {**state, **({"Next": names[index + 1]} if index + 1 < len(names) else {"End": True})}
        for index, (name, state) in enumerate(zip(names, states, strict=True))
    }
    return {"StartAt": names[0], "States": linked, **machine}


def invoke(**fields: Any) -> dict[str, Any]:
    arguments = {"FunctionName": "f", "Payload": "{% $states.input %}"}
    resource = "arn:aws:states:::lambda:invoke"
    output = "{% $states.result.Payload %}"
    return {"Type": "Task", "Resource": resource, "Arguments": arguments, "Output": output, **fields}


def scenarios() -> list[tuple[str, dict[str, Any], Any, int]]:
    jsonata = {"QueryLanguage": "JSONata"}
    branches = [{"StartAt": n, "States": {n: invoke(End=True)}} for n in ("A", "B")]
    processor = {"StartAt": "I", "States": {"I": invoke(End=True)}}
    fan_out = {"Type": "Map", "Items": "{% $states.input.items %}", "MaxConcurrency": 40, "ItemProcessor": processor}
    pipeline = chain([invoke(), {"Type": "Parallel", "Branches": branches}, invoke()], **jsonata)
    return [
        ("10xPass", chain([{"Type": "Pass"}] * 10), {"a": 1}, 200),
        ("10xPass-jsonata", chain([{"Type": "Pass", "Output": "{% $states.input %}"}] * 10, **jsonata), {"a": 1}, 200),
        ("3xLambda", chain([invoke()] * 3, **jsonata), {"a": 1}, 200),
        ("branching", pipeline, {"a": 1}, 200),
        ("map-1000", chain([fan_out], **jsonata), {"items": list(range(1000))}, 3),
    ]


async def main() -> dict[str, float]:
    """Print p50 and p99 per scenario; the p50s by name."""
    results = {}
    with tempfile.TemporaryDirectory() as folder:
        bench = Bench(Path(folder))
        for name, definition, data, rounds in scenarios():
            await bench.run(f"warm-{name}", definition, data, 1)
            times = sorted(await bench.run(name, definition, data, rounds))
            results[name] = statistics.median(times)
            worst = times[int(len(times) * 0.99)]
            print(f"{name:16} p50 {results[name]:8.2f} ms   p99 {worst:8.2f} ms")
        bench.store.close()
    return results


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", action="store_true")
    as_json = parser.parse_args().json
    figures = asyncio.run(main())
    if as_json:
        print(json.dumps(figures))
