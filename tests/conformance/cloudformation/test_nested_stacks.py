"""Stacks within stacks, as `aws cloudformation package` and the CDK's NestedStack make them."""

from __future__ import annotations

import json
import time
import uuid
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError, WaiterError

if TYPE_CHECKING:
    from tests.fixtures.emulator import LiveEmulator

FAST = {"Delay": 1}
GOOD, BAD = "good", "not a name!"


def inner(**topic: Any) -> dict[str, Any]:
    """A template with a group of a name that is given, and a topic."""
    return {
        "Parameters": {"Group": {"Type": "String"}},
        "Resources": {
            "Topic": {"Type": "AWS::SNS::Topic", "Properties": topic},
            "Group": {
                "Type": "AWS::Logs::LogGroup",
                "Properties": {"LogGroupName": {"Ref": "Group"}},
                "DependsOn": "Topic",
            },
        },
        "Outputs": {"Topic": {"Value": {"Ref": "Topic"}}},
    }


@dataclass(frozen=True, kw_only=True)
class Family:
    """A stack with one in it, whose template lies in S3."""

    name: str
    client: Any
    s3: Any
    sns: Any

    def put(self, template: dict[str, Any]) -> None:
        """Have the inner template say something else, under the same URL."""
        self.s3.put_object(Bucket=self.name, Key="inner.json", Body=json.dumps(template).encode())

    def topic(self) -> str:
        """What the inner stack's topic is called."""
        (topic,) = [one["OutputValue"] for one in self.inner()["Outputs"]]
        return str(self.sns.get_topic_attributes(TopicArn=topic)["Attributes"]["DisplayName"])

    def template(self, group: str = GOOD, output: str = "Topic") -> str:
        """The outer template."""
        url = f"https://s3.us-east-1.amazonaws.com/{self.name}/inner.json"
        properties = {"TemplateURL": url, "Parameters": {"Group": f"{self.name}-{group}"}}
        shown = {"Name": f"/{self.name}", "Type": "String", "Value": {"Fn::GetAtt": ["Inner", f"Outputs.{output}"]}}
        resources = {
            "Inner": {"Type": "AWS::CloudFormation::Stack", "Properties": properties},
            "Shown": {"Type": "AWS::SSM::Parameter", "Properties": shown},
        }
        return json.dumps({"Resources": resources})

    def deploy(self, body: str, kind: str = "create") -> dict[str, Any]:
        """The outer stack once it is there."""
        getattr(self.client, f"{kind}_stack")(StackName=self.name, TemplateBody=body, Tags=[{"Key": "a", "Value": "b"}])
        self.client.get_waiter(f"stack_{kind}_complete").wait(StackName=self.name, WaiterConfig=FAST)
        found: dict[str, Any] = self.client.describe_stacks(StackName=self.name)["Stacks"][0]
        return found

    def inner(self) -> dict[str, Any]:
        """The stack within."""
        resource = self.client.describe_stack_resource(StackName=self.name, LogicalResourceId="Inner")
        stack_id = resource["StackResourceDetail"]["PhysicalResourceId"]
        found: dict[str, Any] = self.client.describe_stacks(StackName=stack_id)["Stacks"][0]
        return found

    def reason(self, status: str) -> str:
        """What the newest event says of the inner stack's failure."""
        events = self.client.describe_stack_events(StackName=self.name)["StackEvents"]
        wanted = [one for one in events if (one["LogicalResourceId"], one["ResourceStatus"]) == ("Inner", status)]
        return str(wanted[0]["ResourceStatusReason"])


@pytest.fixture
def family(emulator: LiveEmulator) -> Family:
    one = Family(
        name=f"nest-{uuid.uuid4().hex[:8]}",
        client=emulator.client("cloudformation"),
        s3=emulator.client("s3"),
        sns=emulator.client("sns"),
    )
    one.s3.create_bucket(Bucket=one.name)
    one.put(inner(DisplayName="first"))
    return one


def test_a_nested_stack_lives_with_the_one_around_it(family: Family) -> None:
    outer = family.deploy(family.template())

    within = family.inner()
    assert within["StackName"].startswith(f"{family.name}-Inner-")
    assert (within["ParentId"], within["RootId"]) == (outer["StackId"], outer["StackId"])
    assert within["Tags"] == [{"Key": "a", "Value": "b"}]
    family.client.delete_stack(StackName=family.name)
    family.client.get_waiter("stack_delete_complete").wait(StackName=family.name, WaiterConfig=FAST)
    gone = family.client.describe_stacks(StackName=within["StackId"])["Stacks"][0]
    assert gone["StackStatus"] == "DELETE_COMPLETE"


def test_every_update_looks_at_the_template_of_a_nested_stack(family: Family) -> None:
    family.deploy(family.template())
    family.put(inner(DisplayName="changed"))

    family.client.create_change_set(StackName=family.name, ChangeSetName="look", TemplateBody=family.template())
    (change, *_) = family.client.describe_change_set(StackName=family.name, ChangeSetName="look")["Changes"]
    family.deploy(family.template(), "update")

    assert change["ResourceChange"]["Details"] == [
        {
            "Target": {"Attribute": "Properties", "RequiresRecreation": "Never"},
            "Evaluation": "Dynamic",
            "ChangeSource": "Automatic",
        }
    ]
    assert family.topic() == "changed"


def test_what_fails_within_fails_the_stack_around_it(family: Family) -> None:
    with pytest.raises(WaiterError, match="ROLLBACK_COMPLETE"):
        family.deploy(family.template(BAD))

    reason = family.reason("CREATE_FAILED")
    assert reason.startswith(f"Embedded stack arn:aws:cloudformation:us-east-1:000000000000:stack/{family.name}-Inner-")
    assert reason.endswith(" was not successfully created: The following resource(s) failed to create: [Group]. ")
    assert family.client.list_stack_resources(StackName=family.name)["StackResourceSummaries"]


def test_an_update_that_fails_within_is_rolled_back_on_both_levels(family: Family) -> None:
    family.deploy(family.template())
    family.put(inner(DisplayName="changed"))

    with pytest.raises(WaiterError, match="UPDATE_ROLLBACK_COMPLETE"):
        family.deploy(family.template(BAD), "update")

    assert family.reason("UPDATE_FAILED").endswith(
        " was not successfully updated. Currently in UPDATE_ROLLBACK_IN_PROGRESS with reason: The following "
        "resource(s) failed to update: [Group]."
    )
    assert family.inner()["StackStatus"] == "UPDATE_ROLLBACK_COMPLETE"
    assert family.topic() == "first"


def test_what_succeeded_within_goes_back_when_the_stack_around_it_fails(family: Family) -> None:
    family.deploy(family.template())
    family.put(inner(DisplayName="changed"))
    body = json.loads(family.template())
    name = {"Fn::Join": ["", [BAD, {"Fn::GetAtt": ["Inner", "Outputs.Topic"]}]]}
    body["Resources"]["Bad"] = {"Type": "AWS::Logs::LogGroup", "Properties": {"LogGroupName": name}}

    for _ in range(2):
        with pytest.raises(WaiterError, match="UPDATE_ROLLBACK_COMPLETE"):
            family.deploy(json.dumps(body), "update")

        assert family.inner()["StackStatus"] == "UPDATE_COMPLETE"
        assert family.topic() == "first"


def test_an_output_that_is_not_there_is_told(family: Family) -> None:
    with pytest.raises(WaiterError, match="ROLLBACK_COMPLETE"):
        family.deploy(family.template(output="Nothing"))

    events = family.client.describe_stack_events(StackName=family.name)["StackEvents"]
    (reason,) = [one["ResourceStatusReason"] for one in events if one["ResourceStatus"] == "CREATE_FAILED"]
    assert "Outputs.Nothing" in reason


def test_nobody_but_a_stack_says_whose_stack_it_is(family: Family) -> None:
    with pytest.raises(ClientError, match="ValidationError"):
        family.client.create_stack(StackName=family.name, TemplateBody="{}")
    body = json.dumps({"Resources": {"Topic": {"Type": "AWS::SNS::Topic"}}})

    family.client.create_stack(StackName=family.name, TemplateBody=body)

    assert "ParentId" not in family.client.describe_stacks(StackName=family.name)["Stacks"][0]


@pytest.mark.parametrize("delay_ms", [20, 80, 200])
def test_a_nested_stack_goes_on_after_the_emulator_was_killed(emulator: Any, family: Family, delay_ms: int) -> None:
    family.client.create_stack(StackName=family.name, TemplateBody=family.template())

    time.sleep(delay_ms / 1_000)
    emulator.kill()
    emulator.restart()

    family.client.get_waiter("stack_create_complete").wait(StackName=family.name, WaiterConfig=FAST)
    nested = [one for one in family.client.list_stacks()["StackSummaries"] if one["StackName"].startswith(family.name)]
    assert sorted(one["StackStatus"] for one in nested) == ["CREATE_COMPLETE", "CREATE_COMPLETE"]
    assert family.topic() == "first"
