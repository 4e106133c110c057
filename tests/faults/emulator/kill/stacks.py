"""Change sets that create, update and delete stacks while the emulator is killed."""

from __future__ import annotations

import json
import time
from random import Random
from typing import Any, ClassVar

from botocore.exceptions import ClientError
from tests.faults.emulator.kill.tally import Tally

_SETTLE_S = 20.0


class StackLoad:
    """One client that takes a stack of tables through its life, again and again, under new names."""

    prefix: ClassVar = "stack"
    """Of its stacks' names."""

    def __init__(self, client: Any, dynamodb: Any) -> None:
        self.name = "cloudformation"
        self.tally = Tally()
        self._client = client
        self._dynamodb = dynamodb
        self._contents: list[dict[str, str]] = []
        """What the stack under way may hold: what it held, and what it is being given."""
        self._stack = ""
        self._count = 0
        self._executed = ""
        """The stack whose operation was acknowledged last."""

    def prepare(self) -> None:
        """Nothing: stacks make what they need."""

    def work(self, round_number: int, rng: Random) -> None:
        """One change set of one stack, executed; or the stack's deletion."""
        if not self._stack:
            self._count += 1
            self._stack = f"{self.prefix}-{round_number:04}-{self._count}"
            self._change("CREATE", {"A": "one"})
        elif rng.random() < 0.6:
            self._change("UPDATE", {"A": f"v{rng.randrange(10**6)}", "B": "two"})
        else:
            self._client.delete_stack(StackName=self._stack)
            self._executed = self._stack
            self._settle()
            self._stack = ""
        self.tally.acknowledged += 1

    def check(self, round_number: int) -> None:
        """The stack under way comes to a final state that agrees with what is there."""
        if not self._stack:
            return
        state = self._settle()
        if state == "REVIEW_IN_PROGRESS" and self._executed == self._stack:
            self.tally.lost.append(f"{self._stack}: its change set was executed, and is not")
        self._agree(state)
        self._stack = self._executed = ""

    def finish(self) -> None:
        """No stack is left on its way."""
        for page in self._client.get_paginator("list_stacks").paginate():
            for stack in page["StackSummaries"]:
                if stack["StackStatus"].endswith("_IN_PROGRESS") and stack["StackStatus"] != "REVIEW_IN_PROGRESS":
                    self.tally.lost.append(f"{stack['StackName']} is still {stack['StackStatus']}")

    def _change(self, kind: str, content: dict[str, str]) -> None:
        name = f"c{time.monotonic_ns()}"
        self._contents = [*(self._contents[-1:] if kind == "UPDATE" else ()), content]
        self._client.create_change_set(
            StackName=self._stack, ChangeSetName=name, ChangeSetType=kind, TemplateBody=self._template(content)
        )
        deadline = time.monotonic() + _SETTLE_S
        described = self._client.describe_change_set(StackName=self._stack, ChangeSetName=name)
        while described["Status"].endswith(("PENDING", "IN_PROGRESS")) and time.monotonic() < deadline:
            time.sleep(0.01)
            described = self._client.describe_change_set(StackName=self._stack, ChangeSetName=name)
        if described["Status"] == "FAILED" and "didn't contain changes" in described.get("StatusReason", ""):
            return
        self._client.execute_change_set(StackName=self._stack, ChangeSetName=name)
        self._executed = self._stack
        state = self._settle()
        if state not in ("CREATE_COMPLETE", "UPDATE_COMPLETE"):
            self.tally.wrong.append(f"{self._stack}: {kind} ended as {state}: {self._reason()}")

    def _settle(self) -> str:
        deadline = time.monotonic() + _SETTLE_S
        while (state := self._state()).endswith("_IN_PROGRESS") and state != "REVIEW_IN_PROGRESS":
            if time.monotonic() > deadline:
                self.tally.lost.append(f"{self._stack} stays {state}")
                break
            time.sleep(0.02)
        return state

    def _state(self) -> str:
        try:
            return str(self._client.describe_stacks(StackName=self._stack)["Stacks"][0]["StackStatus"])
        except ClientError as error:
            if "does not exist" not in str(error):
                raise
            return "GONE"

    def _reason(self) -> str:
        """Why the stack's last operation failed."""
        events = self._client.describe_stack_events(StackName=self._stack)["StackEvents"]
        failed = [each for each in events if each["ResourceStatus"].endswith("FAILED")]
        return str(failed[-1].get("ResourceStatusReason")) if failed else "no reason given"

    def _agree(self, state: str) -> None:
        tables = {
            name
            for page in self._dynamodb.get_paginator("list_tables").paginate()
            for name in page["TableNames"]
            if name.startswith(f"{self._stack}-")
        }
        if state in ("GONE", "REVIEW_IN_PROGRESS", "ROLLBACK_COMPLETE", "DELETE_COMPLETE"):
            if tables:
                self.tally.wrong.append(f"{self._stack} is {state} and left {tables}")
        elif not state.endswith("_COMPLETE"):
            self.tally.wrong.append(f"{self._stack} ended as {state}")
        else:
            self._agree_with_resources(tables)

    def _agree_with_resources(self, tables: set[str]) -> None:
        resources = self._client.describe_stack_resources(StackName=self._stack)["StackResources"]
        named = {
            resource["PhysicalResourceId"]
            for resource in resources
            if resource["ResourceType"] == "AWS::DynamoDB::Table" and resource["ResourceStatus"] != "DELETE_COMPLETE"
        }
        if named != tables:
            self.tally.wrong.append(f"{self._stack} names {named} and {tables} are there")

    def _template(self, tables: dict[str, str]) -> str:
        resources: dict[str, Any] = {
            f"Table{name}": {
                "Type": "AWS::DynamoDB::Table",
                "Properties": {
                    "TableName": f"{self._stack}-{name}",
                    "BillingMode": "PAY_PER_REQUEST",
                    "KeySchema": [{"AttributeName": "pk", "KeyType": "HASH"}],
                    "AttributeDefinitions": [{"AttributeName": "pk", "AttributeType": "S"}],
                    "Tags": [{"Key": "value", "Value": value}],
                },
            }
            for name, value in tables.items()
        }
        resources["Group"] = {"Type": "AWS::Logs::LogGroup", "Properties": {"LogGroupName": f"/{self._stack}"}}
        return json.dumps({"Resources": resources})
