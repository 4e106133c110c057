"""Stacks that wait for signals from outside."""

from __future__ import annotations

import json
import time
import urllib.request
import uuid
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import WaiterError

if TYPE_CHECKING:
    from tests.fixtures.emulator import LiveEmulator

FAST = {"Delay": 0.1, "MaxAttempts": 900}


class Waiting:
    """A stack with a wait condition."""

    def __init__(self, emulator: LiveEmulator) -> None:
        self.name = f"wait-{uuid.uuid4().hex[:8]}"
        self.client = emulator.client("cloudformation")

    def begin(self, **condition: Any) -> str:
        """Where its signals are put."""
        given = {"Handle": {"Ref": "Handle"}, "Timeout": 600, **condition}
        resources = {
            "Handle": {"Type": "AWS::CloudFormation::WaitConditionHandle"},
            "Wait": {"Type": "AWS::CloudFormation::WaitCondition", "Properties": given},
        }
        outputs = {"Data": {"Value": {"Fn::GetAtt": ["Wait", "Data"]}}, "Ref": {"Value": {"Ref": "Wait"}}}
        body = json.dumps({"Resources": resources, "Outputs": outputs})
        self.client.create_stack(StackName=self.name, TemplateBody=body)
        deadline = time.monotonic() + 60
        while "Wait" not in (there := self.resources()):
            assert time.monotonic() < deadline
            time.sleep(0.05)
        return str(there["Handle"]["PhysicalResourceId"])

    def resources(self) -> dict[str, Any]:
        """Its resources as they are now."""
        listed = self.client.list_stack_resources(StackName=self.name)["StackResourceSummaries"]
        return {one["LogicalResourceId"]: one for one in listed}

    def outputs(self) -> dict[str, str]:
        """Its outputs once it is there."""
        self.client.get_waiter("stack_create_complete").wait(StackName=self.name, WaiterConfig=FAST)
        (stack,) = self.client.describe_stacks(StackName=self.name)["Stacks"]
        return {one["OutputKey"]: one["OutputValue"] for one in stack["Outputs"]}

    def reason(self) -> str:
        """Why it did not come to be."""
        with pytest.raises(WaiterError, match="ROLLBACK_COMPLETE"):
            self.outputs()
        events = self.client.describe_stack_events(StackName=self.name)["StackEvents"]
        return next(str(one["ResourceStatusReason"]) for one in events if one["ResourceStatus"] == "CREATE_FAILED")


def signal(url: str, name: str, status: str = "SUCCESS") -> None:
    body = {"Status": status, "UniqueId": name, "Data": f"of {name}", "Reason": "configured"}
    request = urllib.request.Request(url, json.dumps(body).encode(), {"content-type": ""}, method="PUT")  # noqa: S310
    urllib.request.urlopen(request).close()  # noqa: S310 - our own loopback server


@pytest.fixture
def waiting(emulator: LiveEmulator) -> Waiting:
    return Waiting(emulator)


def test_a_stack_is_there_once_as_many_signals_came(waiting: Waiting) -> None:
    url = waiting.begin(Count=2)
    signal(url, "one")
    signal(url, "one")
    assert waiting.resources()["Wait"]["ResourceStatus"] == "CREATE_IN_PROGRESS"

    signal(url, "two")

    outputs = waiting.outputs()
    assert json.loads(outputs["Data"]) == {"one": "of one", "two": "of two"}
    assert outputs["Ref"].startswith("arn:aws:cloudformation:")
    assert outputs["Ref"].endswith("/Handle")


def test_a_signal_of_failure_fails_the_stack(waiting: Waiting) -> None:
    signal(waiting.begin(), "one", "FAILURE")

    assert waiting.reason() == "WaitCondition received failed message: 'configured' for uniqueId: one"


def test_signals_that_do_not_come_in_time_fail_the_stack(waiting: Waiting) -> None:
    waiting.begin(Timeout=1, Count=2)

    assert waiting.reason() == "WaitCondition timed out. Received 0 conditions when expecting 2"


def test_a_stack_goes_on_waiting_for_signals_after_the_emulator_was_killed(emulator: Any, waiting: Waiting) -> None:
    url = waiting.begin()

    emulator.kill()
    emulator.restart()
    signal(url, "late")

    assert json.loads(waiting.outputs()["Data"]) == {"late": "of late"}
