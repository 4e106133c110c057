"""What CloudFormation shows and refuses, as AWS was recorded to (2022 to 2025)."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError

if TYPE_CHECKING:
    from tests.fixtures.emulator import LiveEmulator

TOPIC = {"Type": "AWS::SNS::Topic"}


def template(**sections: Any) -> str:
    """A template with a topic, and what else is given."""
    return json.dumps({"Resources": {"Topic": TOPIC}} | sections)


@pytest.fixture(scope="module")
def cloudformation(emulator: LiveEmulator) -> Any:
    """A boto3 client."""
    return emulator.client("cloudformation")


def review(client: Any, stack: str, change_set: str, **params: Any) -> dict[str, Any]:
    """A change set, once it is described."""
    created = client.create_change_set(StackName=stack, ChangeSetName=change_set, **params)
    client.get_waiter("change_set_create_complete").wait(ChangeSetName=created["Id"], WaiterConfig={"Delay": 1})
    described: dict[str, Any] = client.describe_change_set(ChangeSetName=created["Id"])
    return described


def refusal(operation: Any, **params: Any) -> str:
    """The message of an operation that is refused."""
    with pytest.raises(ClientError) as caught:
        operation(**params)
    assert caught.value.response["Error"]["Code"] == "ValidationError"
    return str(caught.value.response["Error"]["Message"])


def test_what_is_empty_is_not_shown(cloudformation: Any) -> None:
    described = review(cloudformation, "shown", "first", TemplateBody=template(), ChangeSetType="CREATE")

    stack = cloudformation.describe_stacks(StackName="shown")["Stacks"][0]
    assert not {"Outputs", "Parameters", "Capabilities"} & set(stack)
    assert not {"OnStackFailure", "Parameters"} & set(described)


def test_a_stack_under_review_can_still_be_created(cloudformation: Any) -> None:
    described = review(cloudformation, "reviewed", "first", TemplateBody=template(), ChangeSetType="CREATE")

    created = cloudformation.create_stack(StackName="reviewed", TemplateBody=template())

    assert created["StackId"] == described["StackId"]
    left = cloudformation.describe_change_set(ChangeSetName=described["ChangeSetId"])
    assert left["ExecutionStatus"] == "OBSOLETE"


def test_a_stack_that_a_change_set_created_counts_as_updated(cloudformation: Any) -> None:
    described = review(cloudformation, "updated", "first", TemplateBody=template(), ChangeSetType="CREATE")

    cloudformation.execute_change_set(ChangeSetName=described["ChangeSetId"])

    cloudformation.get_waiter("stack_create_complete").wait(StackName="updated", WaiterConfig={"Delay": 1})
    assert "LastUpdatedTime" in cloudformation.describe_stacks(StackName="updated")["Stacks"][0]
    refused = refusal(
        cloudformation.create_change_set,
        StackName="updated",
        ChangeSetName="again",
        TemplateBody=template(),
        ChangeSetType="CREATE",
    )
    assert refused == "Stack [updated] already exists and cannot be created again with the changeSet [again]."
    cloudformation.delete_stack(StackName="updated")
    cloudformation.get_waiter("stack_delete_complete").wait(StackName="updated", WaiterConfig={"Delay": 1})
    gone = cloudformation.describe_stacks(StackName=described["StackId"])["Stacks"][0]
    assert not {"ChangeSetId", "EnableTerminationProtection"} & set(gone)


def test_a_parameter_changes_a_property_in_two_ways(cloudformation: Any) -> None:
    named = {"Type": "AWS::SNS::Topic", "Properties": {"DisplayName": {"Ref": "Name"}}}
    body = template(Parameters={"Name": {"Type": "String"}}, Resources={"Topic": named})
    before, after = ([{"ParameterKey": "Name", "ParameterValue": value}] for value in ("one", "two"))
    cloudformation.create_stack(StackName="named", TemplateBody=body, Parameters=before)
    cloudformation.get_waiter("stack_create_complete").wait(StackName="named", WaiterConfig={"Delay": 1})

    described = review(cloudformation, "named", "next", TemplateBody=body, Parameters=after)

    target = {"Attribute": "Properties", "Name": "DisplayName", "RequiresRecreation": "Never"}
    assert described["Changes"][0]["ResourceChange"]["Details"] == [
        {"Target": target, "Evaluation": "Static", "ChangeSource": "ParameterReference", "CausingEntity": "Name"},
        {"Target": target, "Evaluation": "Dynamic", "ChangeSource": "DirectModification"},
    ]


@pytest.mark.parametrize(
    ("sections", "message"),
    [
        ({"Outputs": {"O": {"Value": None}}}, "[/Outputs/O/Value] 'null' values are not allowed in templates"),
        ({"Outputs": {"O": {}}}, "Template format error: Every Outputs member must contain a Value object"),
        ({"Resources": {"Topic": {**TOPIC, "Invalid": 1}}}, "Invalid template resource property 'Invalid'"),
        (
            {"Outputs": {"O": {"Value": {"Ref": "Nothing"}}}},
            "Template format error: Unresolved resource dependencies [Nothing] in the Outputs block of the template",
        ),
        (
            {"Outputs": {"O": {"Value": {"Fn::GetAtt": ["Topic", "Nothing"]}}}},
            "Template error: resource Topic does not support attribute type Nothing in Fn::GetAtt",
        ),
    ],
    ids=["null", "no value", "property", "reference", "attribute"],
)
def test_a_malformed_template_is_refused_before_anything_is_made(
    cloudformation: Any, sections: dict[str, Any], message: str
) -> None:
    refused = refusal(cloudformation.create_stack, StackName="malformed", TemplateBody=template(**sections))

    assert refused == message
