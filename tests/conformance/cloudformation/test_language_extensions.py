"""AWS::LanguageExtensions: loops and functions that a template gets by naming the transform."""

from __future__ import annotations

import json
import uuid
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError, WaiterError

if TYPE_CHECKING:
    from tests.fixtures.emulator import LiveEmulator

FAST = {"Delay": 0.1, "MaxAttempts": 900}
TRANSFORM = "AWS::LanguageExtensions"


class Deployment:
    """A stack of a template that names the transform."""

    def __init__(self, emulator: LiveEmulator) -> None:
        self.name = f"lang-{uuid.uuid4().hex[:8]}"
        self.client = emulator.client("cloudformation")

    def deploy(self, body: dict[str, Any], **params: Any) -> dict[str, str]:
        """The outputs of the stack once it is there."""
        template = json.dumps({"Transform": TRANSFORM, **body})
        capabilities = ["CAPABILITY_AUTO_EXPAND"]
        self.client.create_stack(StackName=self.name, TemplateBody=template, Capabilities=capabilities, **params)
        self.client.get_waiter("stack_create_complete").wait(StackName=self.name, WaiterConfig=FAST)
        stack = self.client.describe_stacks(StackName=self.name)["Stacks"][0]
        return {one["OutputKey"]: one["OutputValue"] for one in stack.get("Outputs", ())}

    def processed(self) -> dict[str, Any]:
        """The template as the transform left it."""
        found: dict[str, Any] = self.client.get_template(StackName=self.name)["TemplateBody"]
        return found

    def failure(self, body: dict[str, Any]) -> str:
        """Why the stack is rolled back."""
        with pytest.raises(WaiterError, match="ROLLBACK_COMPLETE"):
            self.deploy(body)
        events = self.client.describe_stack_events(StackName=self.name)["StackEvents"]
        (reason,) = [one["ResourceStatusReason"] for one in events if one["ResourceStatus"] == "ROLLBACK_IN_PROGRESS"]
        return str(reason)


@pytest.fixture
def stack(emulator: LiveEmulator) -> Deployment:
    return Deployment(emulator)


def parameter(value: Any, **attributes: Any) -> dict[str, Any]:
    """A resource that holds a value."""
    return {"Type": "AWS::SSM::Parameter", "Properties": {"Type": "String", "Value": value}, **attributes}


def loop(collection: Any, repeated: dict[str, Any], name: str = "Each") -> dict[str, Any]:
    """A loop with the identifier `Item`."""
    return {f"Fn::ForEach::{name}": ["Item", collection, repeated]}


def test_a_loop_repeats_a_resource_for_each_item(stack: Deployment) -> None:
    text = {"Fn::Sub": "${Item} of ${AWS::StackName}, &{Item}"}
    stack.deploy({"Resources": loop(["a-1", "b"], {"P&{Item}": parameter(text)})})

    resources = stack.processed()["Resources"]
    assert resources == {
        "Pa1": parameter({"Fn::Sub": "a-1 of ${AWS::StackName}, &{Item}"}),
        "Pb": parameter({"Fn::Sub": "b of ${AWS::StackName}, &{Item}"}),
    }


def test_an_identifier_means_nothing_in_plain_text_and_in_inner_keys(stack: Deployment) -> None:
    repeated = {"P${Item}": parameter({"Ref": "Item"}, Metadata={"${Item}": "${Item}"})}
    stack.deploy({"Resources": loop(["a"], repeated)})

    assert stack.processed()["Resources"] == {"Pa": parameter("a", Metadata={"${Item}": "${Item}"})}


def test_loops_take_parameters_and_mappings_and_nest(stack: Deployment) -> None:
    inner = {"Fn::ForEach::Inner": ["Other", {"Fn::FindInMap": ["M", "m", "l"]}, {"P${Item}${Other}": parameter("v")}]}
    body = {
        "Parameters": {"Names": {"Type": "CommaDelimitedList", "Default": "a,b"}},
        "Mappings": {"M": {"m": {"l": ["x", "y"]}}},
        "Resources": loop({"Ref": "Names"}, inner),
        "Outputs": loop(
            {"Ref": "Names"}, {"Out${Item}": {"Value": {"Fn::GetAtt": [{"Fn::Sub": "P${Item}x"}, "Value"]}}}
        ),
    }

    outputs = stack.deploy(body)

    assert sorted(stack.processed()["Resources"]) == ["Pax", "Pay", "Pbx", "Pby"]
    assert outputs == {"Outa": "v", "Outb": "v"}


def test_a_loop_repeats_properties(stack: Deployment) -> None:
    topic = {"Type": "AWS::SNS::Topic", "Properties": loop(["Display", "Topic"], {"${Item}Name": "same"})}

    stack.deploy({"Resources": {"Topic": topic}})

    assert stack.processed()["Resources"]["Topic"]["Properties"] == {"DisplayName": "same", "TopicName": "same"}


def test_a_value_becomes_json_with_what_only_the_stack_knows(stack: Deployment) -> None:
    value = {
        "topic": {"Fn::GetAtt": ["Topic", "TopicName"]},
        "plain": [1, True, {"Ref": "Names"}],
        "region": {"Ref": "AWS::Region"},
        "left": {"Ref": "AWS::NoValue"},
    }
    topic = {"Type": "AWS::SNS::Topic", "Properties": {"TopicName": stack.name}}
    outputs = stack.deploy(
        {
            "Parameters": {"Names": {"Type": "CommaDelimitedList", "Default": "a,b"}},
            "Resources": {"Topic": topic, "P": parameter({"Fn::ToJsonString": value})},
            "Outputs": {"Json": {"Value": {"Fn::GetAtt": ["P", "Value"]}}},
        }
    )

    text = '{"topic":"%s","plain":[1,true,["a","b"]],"region":"%s"}'
    assert outputs["Json"] == text % (stack.name, stack.client.meta.region_name)


def test_a_list_has_a_length_and_a_mapping_a_default(stack: Deployment) -> None:
    length = {"Fn::Length": {"Fn::Split": [",", "a,b,c"]}}
    found = {"Fn::FindInMap": ["M", {"Fn::Join": ["", ["n", "o"]]}, "k", {"DefaultValue": {"Ref": "Topic"}}]}
    there = {"Fn::FindInMap": ["M", "m", "k", {"DefaultValue": "other"}]}
    topic = {"Type": "AWS::SNS::Topic"}
    stack.deploy(
        {
            "Mappings": {"M": {"m": {"k": "v"}}},
            "Resources": {"Topic": topic, "A": parameter(length), "B": parameter(found), "C": parameter(there)},
        }
    )

    resources = stack.processed()["Resources"]
    assert [resources[name]["Properties"]["Value"] for name in "ABC"] == [3, {"Ref": "Topic"}, "v"]


def test_policies_and_conditions_may_be_functions(stack: Deployment) -> None:
    policy = {"Fn::If": ["IsKept", "Retain", "Delete"]}
    repeated = {"P${Item}": parameter("v", DeletionPolicy=policy, Condition={"Fn::Sub": "Is${Item}"})}
    stack.deploy(
        {
            "Conditions": {"IsKept": {"Fn::Equals": ["a", "b"]}, "IsThere": {"Fn::Equals": ["a", "a"]}},
            "Resources": loop(["There", "Kept"], repeated),
        }
    )

    assert stack.processed()["Resources"] == {
        "PThere": parameter("v", DeletionPolicy="Delete", Condition="IsThere"),
        "PKept": parameter("v", DeletionPolicy="Delete", Condition="IsKept"),
    }
    (only,) = stack.client.list_stack_resources(StackName=stack.name)["StackResourceSummaries"]
    assert only["LogicalResourceId"] == "PThere"


@pytest.mark.parametrize(
    ("resources", "why"),
    [
        ({"Fn::ForEach::Each": ["Item", ["a"]]}, "Fn::ForEach layout is incorrect"),
        (
            loop({"Ref": "Other"}, {"P${Item}": parameter("v")}),
            "Could not find a collection or could not be resolved for Fn::ForEach",
        ),
        ({"P": parameter({"Fn::Length": "text"})}, "The Fn::Length value could not be resolved for properties"),
        ({"P": parameter("v", Condition="IsNot")}, "Key IsNot is missing in the map."),
        (
            loop(["a", "b"], {"P": parameter("v")}),
            "Duplicate key 'P' when merging keys to parent object in Fn::ForEach",
        ),
    ],
    ids=["layout", "collection", "length", "condition", "duplicate"],
)
def test_what_the_transform_cannot_do_rolls_the_stack_back(
    stack: Deployment, resources: dict[str, Any], why: str
) -> None:
    reason = stack.failure({"Resources": {"Other": {"Type": "AWS::SNS::Topic"}, **resources}})

    assert reason == f"Transform {TRANSFORM} failed with: {why}. Rollback requested by user."


def test_a_loop_takes_the_transform(stack: Deployment) -> None:
    body = json.dumps({"Resources": loop(["a"], {"P${Item}": parameter("v")})})

    with pytest.raises(ClientError, match=r"\[/Resources/Fn::ForEach::Each\] resource definition is malformed"):
        stack.client.create_stack(StackName=stack.name, TemplateBody=body)
