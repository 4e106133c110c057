"""Parameters of the Parameter Store as resources of a stack, event by event as AWS was recorded to (2025 and 2026)."""

from __future__ import annotations

import json
import uuid
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError

if TYPE_CHECKING:
    from tests.fixtures.emulator import LiveEmulator


class Deployed:
    """A stack of one parameter."""

    def __init__(self, emulator: LiveEmulator) -> None:
        self.name = f"parameter-{uuid.uuid4().hex[:8]}"
        self.client = emulator.client("cloudformation")
        self.ssm = emulator.client("ssm")

    def deploy(self, *, create: bool = False, retain: bool = False, **properties: Any) -> None:
        resource = {"Type": "AWS::SSM::Parameter", "Properties": {"Type": "String", **properties}}
        if retain:
            resource |= {"DeletionPolicy": "Retain", "UpdateReplacePolicy": "Retain"}
        outputs = {"Name": {"Value": {"Ref": "One"}}, "Value": {"Value": {"Fn::GetAtt": ["One", "Value"]}}}
        metadata = {"Type": "AWS::CDK::Metadata", "Properties": {"Analytics": "v2:deflate64:x"}}
        body = json.dumps({"Resources": {"One": resource, "CDKMetadata": metadata}, "Outputs": outputs})
        operation, kind = ("create_stack", "create") if create else ("update_stack", "update")
        getattr(self.client, operation)(StackName=self.name, TemplateBody=body)
        waiter = self.client.get_waiter(f"stack_{kind}_complete")
        waiter.wait(StackName=self.name, WaiterConfig={"Delay": 1})

    def outputs(self) -> dict[str, str]:
        (stack,) = self.client.describe_stacks(StackName=self.name)["Stacks"]
        return {one["OutputKey"]: one["OutputValue"] for one in stack["Outputs"]}

    def delete(self) -> str:
        stack_id: str = self.client.describe_stacks(StackName=self.name)["Stacks"][0]["StackId"]
        self.client.delete_stack(StackName=self.name)
        self.client.get_waiter("stack_delete_complete").wait(StackName=stack_id, WaiterConfig={"Delay": 1})
        return stack_id

    def events(self, stack: str) -> list[dict[str, Any]]:
        """The parameter's events, oldest first."""
        events = self.client.describe_stack_events(StackName=stack)["StackEvents"]
        return [one for one in reversed(events) if one["LogicalResourceId"] == "One"]


@pytest.fixture
def deployed(emulator: LiveEmulator) -> Deployed:
    return Deployed(emulator)


def test_a_parameter_lives_with_its_stack(deployed: Deployed) -> None:
    deployed.deploy(create=True, Value="foo", Tags={"team": "ml"})

    made = deployed.outputs()
    deployed.deploy(Value="bar", Tags={"team": "web"})

    changed = deployed.ssm.get_parameter(Name=made["Name"])["Parameter"]
    tags = deployed.ssm.list_tags_for_resource(ResourceType="Parameter", ResourceId=made["Name"])["TagList"]
    assert made["Name"].startswith("CFN-One-")
    assert (made["Value"], deployed.outputs()["Value"]) == ("foo", "bar")
    assert (changed["Value"], changed["Version"]) == ("bar", 2)
    assert {"Key": "team", "Value": "web"} in tags
    deployed.delete()
    with pytest.raises(ClientError, match="ParameterNotFound"):
        deployed.ssm.get_parameter(Name=made["Name"])


def test_a_replaced_parameter_goes_when_the_update_cleans_up(deployed: Deployed) -> None:
    old, new = f"{deployed.name}-1", f"{deployed.name}-2"
    deployed.deploy(create=True, Name=old, Value="x")

    deployed.deploy(Name=new, Value="x")

    events = deployed.events(deployed.name)
    told = [(one["PhysicalResourceId"], one["ResourceStatus"]) for one in events[3:]]
    assert told == [
        (old, "UPDATE_IN_PROGRESS"),
        (new, "UPDATE_IN_PROGRESS"),
        (new, "UPDATE_COMPLETE"),
        (old, "DELETE_IN_PROGRESS"),
        (old, "DELETE_COMPLETE"),
    ]
    assert [("ResourceProperties" in one) for one in events[3:]] == [True, True, True, False, False]


def test_a_retained_parameter_is_skipped(deployed: Deployed) -> None:
    old, new = f"{deployed.name}-1", f"{deployed.name}-2"
    deployed.deploy(create=True, retain=True, Name=old, Value="x")
    deployed.deploy(retain=True, Name=new, Value="x")

    events = deployed.events(deployed.delete())

    skipped = [one["PhysicalResourceId"] for one in events if one["ResourceStatus"] == "DELETE_SKIPPED"]
    assert skipped == [old, new]
    assert [deployed.ssm.get_parameter(Name=name)["Parameter"]["Value"] for name in skipped] == ["x", "x"]


def test_a_changed_parameter_has_drifted(deployed: Deployed) -> None:
    deployed.deploy(create=True, Value="x")
    name = deployed.outputs()["Name"]
    deployed.ssm.put_parameter(Name=name, Value="y", Type="String", Overwrite=True)

    found = deployed.client.detect_stack_resource_drift(StackName=deployed.name, LogicalResourceId="One")

    (difference,) = found["StackResourceDrift"]["PropertyDifferences"]
    assert difference == {
        "PropertyPath": "/Value",
        "ExpectedValue": "x",
        "ActualValue": "y",
        "DifferenceType": "NOT_EQUAL",
    }


def test_secure_parameters_are_refused(deployed: Deployed) -> None:
    with pytest.raises(Exception, match="Waiter"):
        deployed.deploy(create=True, Type="SecureString", Value="x")

    (failed,) = (one for one in deployed.events(deployed.name) if one["ResourceStatus"] == "CREATE_FAILED")
    assert "String and StringList" in failed["ResourceStatusReason"]
