"""What CloudWatch refuses and how it keeps dashboards, as AWS was recorded to in 2023."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError

if TYPE_CHECKING:
    from tests.fixtures.emulator import LiveEmulator

BODY = json.dumps({"widgets": [{"type": "text", "x": 0, "y": 0, "width": 6, "height": 6, "properties": {}}]})
STATES = (
    "1 validation error detected: Value 'INVALID' at 'stateValue' failed to satisfy constraint: "
    "Member must satisfy enum value set: [INSUFFICIENT_DATA, ALARM, OK]"
)


@pytest.fixture(scope="module")
def cloudwatch(emulator: LiveEmulator) -> Any:
    """CloudWatch."""
    return emulator.client("cloudwatch")


@pytest.mark.parametrize(
    ("state", "status", "error"),
    [
        ("INVALID", 400, {"Code": "ValidationError", "Message": STATES}),
        ("OK", 404, {"Code": "ResourceNotFound", "Message": ""}),
    ],
    ids=["no state", "no alarm"],
)
def test_a_state_that_cannot_be_set(cloudwatch: Any, state: str, status: int, error: dict[str, str]) -> None:
    with pytest.raises(ClientError) as caught:
        cloudwatch.set_alarm_state(AlarmName="answers-none", StateValue=state, StateReason="test")

    response: Any = caught.value.response
    assert response["ResponseMetadata"]["HTTPStatusCode"] == status
    assert response["Error"].items() >= (error | {"Type": "Sender"}).items()


def test_a_dashboard_is_read_back_as_it_was_put(cloudwatch: Any) -> None:
    put = cloudwatch.put_dashboard(DashboardName="answers-dashboard", DashboardBody=BODY)

    got = cloudwatch.get_dashboard(DashboardName="answers-dashboard")
    (entry,) = cloudwatch.list_dashboards(DashboardNamePrefix="answers-d")["DashboardEntries"]

    arn = "arn:aws:cloudwatch::000000000000:dashboard/answers-dashboard"
    assert put["DashboardValidationMessages"] == []
    assert (got["DashboardArn"], got["DashboardBody"]) == (arn, BODY)
    assert (entry["DashboardArn"], entry["Size"]) == (arn, len(BODY))
    cloudwatch.delete_dashboards(DashboardNames=["answers-dashboard"])
    assert cloudwatch.list_dashboards(DashboardNamePrefix="answers-d")["DashboardEntries"] == []


def test_a_stack_makes_a_dashboard(emulator: LiveEmulator, cloudwatch: Any) -> None:
    properties = {"DashboardName": "stacked", "DashboardBody": BODY}
    template = {"Resources": {"Board": {"Type": "AWS::CloudWatch::Dashboard", "Properties": properties}}}
    stacks = emulator.client("cloudformation")

    stacks.create_stack(StackName="answers-dashboard", TemplateBody=json.dumps(template))
    stacks.get_waiter("stack_create_complete").wait(StackName="answers-dashboard", WaiterConfig={"Delay": 1})

    assert cloudwatch.get_dashboard(DashboardName="stacked")["DashboardBody"] == BODY
    stacks.delete_stack(StackName="answers-dashboard")
    stacks.get_waiter("stack_delete_complete").wait(StackName="answers-dashboard", WaiterConfig={"Delay": 1})
    assert cloudwatch.list_dashboards(DashboardNamePrefix="stacked")["DashboardEntries"] == []
