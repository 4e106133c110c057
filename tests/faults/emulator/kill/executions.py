"""Standard executions of a task, a wait and a map, watched through their histories."""

from __future__ import annotations

import json
import time
import uuid
from random import Random
from typing import Any

from tests.faults.emulator.functions import create_function
from tests.faults.emulator.kill.tally import Tally

_STEP = """
def handler(event, headers):
    return {"doubled": event["n"] * 2}
"""
_PUT = {
    "Type": "Task",
    "Resource": "arn:aws:states:::dynamodb:putItem",
    "Parameters": {
        "TableName": "first",
        "Item": {"pk": {"S.$": "$.id"}, "sk": {"S.$": "States.Format('{}', $.index)"}},
    },
    "ResultPath": None,
    "End": True,
}
DEFINITION = {
    "StartAt": "Double",
    "States": {
        "Double": {
            "Type": "Task",
            "Resource": "arn:aws:states:::lambda:invoke",
            "Parameters": {"FunctionName": "step", "Payload.$": "$"},
            "ResultSelector": {"value.$": "$.Payload.doubled"},
            "ResultPath": "$.double",
            "Retry": [{"ErrorEquals": ["States.ALL"], "IntervalSeconds": 1, "MaxAttempts": 5}],
            "Next": "Pause",
        },
        "Pause": {"Type": "Wait", "Seconds": 1, "Next": "Each"},
        "Each": {
            "Type": "Map",
            "ItemsPath": "$.items",
            "ItemSelector": {"id.$": "$.id", "index.$": "$$.Map.Item.Index"},
            "ItemProcessor": {"StartAt": "Put", "States": {"Put": _PUT}},
            "ResultPath": None,
            "End": True,
        },
    },
}
PER_ROUND = 3
_END_S = 60.0


class ExecutionLoad:
    """One client that starts executions and reads how far they are."""

    def __init__(self, client: Any, lambda_client: Any, dynamodb: Any, role: str) -> None:
        self.name = "stepfunctions"
        self.tally = Tally()
        self._client = client
        self._lambda = lambda_client
        self._dynamodb = dynamodb
        self._role = role
        self._machine = ""
        self._executions: dict[str, dict[str, Any]] = {}
        """Execution ARN → its input."""
        self._seen: dict[str, list[tuple[int, str]]] = {}
        """Execution ARN → the events of its history that somebody has read."""
        self._in_round = (0, 0)

    def prepare(self) -> None:
        """The state machine and its function."""
        create_function(self._lambda, "step", self._role, _STEP)
        machine = self._client.create_state_machine(name="steps", definition=json.dumps(DEFINITION), roleArn=self._role)
        self._machine = machine["stateMachineArn"]

    def work(self, round_number: int, rng: Random) -> None:
        """Start an execution, or look at the history of a recent one."""
        number, count = self._in_round if self._in_round[0] == round_number else (round_number, 0)
        if count < PER_ROUND:
            self._start(rng)
            self._in_round = (number, count + 1)
        else:
            self._look(rng.choice(list(self._executions)[-2 * PER_ROUND :]))
        time.sleep(0.02)

    def check(self, round_number: int) -> None:
        """What was read of the histories before the kill is in them."""
        for arn, events in self._seen.items():
            if self._history(arn)[: len(events)] != events:
                self.tally.lost.append(f"{arn}: steps that had been read")
        self._seen.clear()

    def finish(self) -> None:
        """Every execution ended as it should, and so did its items."""
        deadline = time.monotonic() + _END_S
        for arn, data in self._executions.items():
            described = self._client.describe_execution(executionArn=arn)
            while described["status"] == "RUNNING" and time.monotonic() < deadline:
                time.sleep(0.1)
                described = self._client.describe_execution(executionArn=arn)
            self._check_end(arn, data, described)

    def _check_end(self, arn: str, data: dict[str, Any], described: dict[str, Any]) -> None:
        if described["status"] != "SUCCEEDED":
            where = self.tally.lost if described["status"] == "RUNNING" else self.tally.wrong
            where.append(f"{arn} is {described['status']}: {described.get('cause')}")
            return
        if json.loads(described["output"])["double"]["value"] != 2 * data["n"]:
            self.tally.wrong.append(f"{arn}: {described['output']}")
        types = [kind for _, kind in self._history(arn)]
        self.tally.duplicates += max(0, types.count("TaskScheduled") - 1 - len(data["items"]))
        for kind in ("ExecutionStarted", "ExecutionSucceeded"):
            if types.count(kind) != 1:
                self.tally.wrong.append(f"{arn}: {types.count(kind)} times {kind}")
        answer = self._dynamodb.query(
            TableName="first",
            KeyConditionExpression="pk = :p",
            ExpressionAttributeValues={":p": {"S": data["id"]}},
            Select="COUNT",
        )
        if answer["Count"] != len(data["items"]):
            self.tally.lost.append(f"{arn}: {answer['Count']} of {len(data['items'])} items")

    def _start(self, rng: Random) -> None:
        data = {"id": f"x-{uuid.uuid4().hex}", "n": rng.randrange(1000), "items": list(range(rng.randrange(1, 4)))}
        answer = self._client.start_execution(stateMachineArn=self._machine, name=data["id"], input=json.dumps(data))
        self._executions[answer["executionArn"]] = data
        self.tally.acknowledged += 1

    def _look(self, arn: str) -> None:
        self._seen[arn] = self._history(arn)
        self.tally.acknowledged += 1

    def _history(self, arn: str) -> list[tuple[int, str]]:
        pages = self._client.get_paginator("get_execution_history").paginate(executionArn=arn)
        return [(event["id"], event["type"]) for page in pages for event in page["events"]]
