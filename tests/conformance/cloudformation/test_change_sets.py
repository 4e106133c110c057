"""What change sets tell, with values and without, as AWS was recorded to in 2025."""

from __future__ import annotations

import json
import uuid
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import WaiterError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.fixtures.emulator import LiveEmulator

LATER = "{{changeSet:KNOWN_AFTER_APPLY}}"
WAIT = {"Delay": 1, "MaxAttempts": 120}


@dataclass(frozen=True, slots=True, kw_only=True)
class Reviewed:
    """A stack that is changed by change sets alone."""

    client: Any
    name: str

    def review(self, body: dict[str, Any], **params: Any) -> str:
        """The id of a change set to this template."""
        change_set = f"c{uuid.uuid4().hex[:8]}"
        given = {"ChangeSetName": change_set, "TemplateBody": json.dumps(body), **params}
        created = self.client.create_change_set(StackName=self.name, **given)
        self.client.get_waiter("change_set_create_complete").wait(ChangeSetName=created["Id"], WaiterConfig=WAIT)
        return str(created["Id"])

    def create(self, body: dict[str, Any], **params: Any) -> None:
        """Make the stack."""
        self.client.execute_change_set(ChangeSetName=self.review(body, ChangeSetType="CREATE", **params))
        self.client.get_waiter("stack_create_complete").wait(StackName=self.name, WaiterConfig=WAIT)

    def execute(self, change_set: str) -> None:
        """Update it."""
        self.client.execute_change_set(ChangeSetName=change_set)
        self.client.get_waiter("stack_update_complete").wait(StackName=self.name, WaiterConfig=WAIT)

    def changes(self, change_set: str, *, values: bool) -> dict[str, dict[str, Any]]:
        """What a change set tells, by logical id."""
        told = self.client.describe_change_set(ChangeSetName=change_set, IncludePropertyValues=values)["Changes"]
        return {one["ResourceChange"]["LogicalResourceId"]: one["ResourceChange"] for one in told}


@pytest.fixture
def stack(emulator: LiveEmulator) -> Iterator[Reviewed]:
    """A stack that goes with the test."""
    client = emulator.client("cloudformation")
    one = Reviewed(client=client, name=f"reviewed-{uuid.uuid4().hex[:12]}")
    yield one
    client.delete_stack(StackName=one.name)
    client.get_waiter("stack_delete_complete").wait(StackName=one.name, WaiterConfig=WAIT)


WANTED = {"Wanted": {"Type": "String", "Default": "chosen"}}


def chosen(value: str) -> list[dict[str, str]]:
    return [{"ParameterKey": "Wanted", "ParameterValue": value}]


def topic(name: str, shown: Any) -> dict[str, Any]:
    return {"Type": "AWS::SNS::Topic", "Properties": {"TopicName": name, "DisplayName": shown}}


def stored(value: Any) -> dict[str, Any]:
    return {"Type": "AWS::SSM::Parameter", "Properties": {"Type": "String", "Value": value}}


def shown_by(name: str) -> dict[str, Any]:
    return {"Fn::GetAtt": [name, "DisplayName"]}


def detail(name: str, evaluation: str, source: str, cause: str | None = None) -> dict[str, Any]:
    target = {"Attribute": "Properties", "Name": name, "RequiresRecreation": "Never"}
    told = {"Target": target, "Evaluation": evaluation, "ChangeSource": source}
    return told | ({"CausingEntity": cause} if cause else {})


def test_what_may_follow_from_a_change_is_told_only_without_values(stack: Reviewed) -> None:
    def body(shown: str) -> dict[str, Any]:
        first, others = f"{stack.name}-1", {"Second": topic(f"{stack.name}-2", shown_by("First"))}
        return {"Resources": {"First": topic(first, shown), **others, "Third": stored(shown_by("Second"))}}

    stack.create(body("one"))

    change_set = stack.review(body("two"))

    certain, possible = (stack.changes(change_set, values=values) for values in (True, False))
    assert list(certain) == ["First"]
    assert [possible[name]["Details"] for name in ("First", "Second", "Third")] == [
        [detail("DisplayName", "Static", "DirectModification")],
        [detail("DisplayName", "Dynamic", "ResourceAttribute", "First.DisplayName")],
        [detail("Value", "Dynamic", "ResourceAttribute", "Second.DisplayName")],
    ]
    assert {one["Replacement"] for one in possible.values()} == {"False"}
    stack.execute(change_set)


def test_what_refers_to_a_replaced_resource_is_known_to_change(stack: Reviewed) -> None:
    def body(suffix: str) -> dict[str, Any]:
        named = topic(f"{stack.name}-{suffix}", suffix)
        return {"Resources": {"Named": named, "Id": stored({"Ref": "Named"}), "Shown": stored(shown_by("Named"))}}

    stack.create(body("a"))

    change_set = stack.review(body("b"))

    certain, possible = (stack.changes(change_set, values=values) for values in (True, False))
    assert possible["Named"]["Replacement"] == "True"
    assert possible["Id"]["Details"] == [detail("Value", "Static", "ResourceReference", "Named")]
    assert possible["Shown"]["Details"] == [detail("Value", "Static", "ResourceAttribute", "Named.DisplayName")]
    for name in ("Id", "Shown"):
        told = {(one["ChangeSource"], one["Evaluation"]) for one in certain[name]["Details"]}
        assert ("DirectModification", "Dynamic") in told
        assert len(told) == 2
        assert {one["Target"]["AfterValue"] for one in certain[name]["Details"]} == {LATER}
        assert json.loads(certain[name]["AfterContext"])["Properties"]["Value"] == LATER


def test_another_value_in_a_mapping_is_a_change_of_the_template(stack: Reviewed) -> None:
    def body(value: str) -> dict[str, Any]:
        found = {"Fn::FindInMap": ["Values", "the", "one"]}
        return {"Mappings": {"Values": {"the": {"one": value}}}, "Resources": {"Found": stored(found)}}

    stack.create(body("a"))

    changes = stack.changes(stack.review(body("b")), values=False)

    assert changes["Found"]["Details"] == [detail("Value", "Static", "DirectModification")]


def test_a_property_that_begins_to_refer_to_a_new_parameter_changes_by_both(stack: Reviewed) -> None:
    stack.create({"Resources": {"Stored": stored("fixed")}})
    change_set = stack.review({"Parameters": WANTED, "Resources": {"Stored": stored({"Fn::Sub": "it is ${Wanted}"})}})

    changes = stack.changes(change_set, values=False)

    assert sorted(changes["Stored"]["Details"], key=lambda one: str(one["Evaluation"])) == [
        detail("Value", "Dynamic", "DirectModification"),
        detail("Value", "Static", "ParameterReference", "Wanted"),
    ]


def test_another_value_in_the_parameter_store_is_a_change_of_the_template(
    stack: Reviewed, emulator: LiveEmulator
) -> None:
    ssm, name = emulator.client("ssm"), f"/{stack.name}"
    declared = {"Named": {"Type": "AWS::SSM::Parameter::Value<String>", "Default": name}}
    body = {"Parameters": declared, "Resources": {"Stored": stored({"Ref": "Named"})}}
    ssm.put_parameter(Name=name, Type="String", Value="first")
    stack.create(body)
    ssm.put_parameter(Name=name, Type="String", Value="second", Overwrite=True)

    changes = stack.changes(stack.review(body), values=False)

    ssm.delete_parameter(Name=name)
    assert changes["Stored"]["Details"] == [detail("Value", "Static", "DirectModification")]


def test_metadata_is_told_and_shown_with_its_references_followed(stack: Reviewed) -> None:
    def body(*, shown: str) -> dict[str, Any]:
        said = {"Shown": shown, "By": {"Ref": "Wanted"}}
        return {"Parameters": WANTED, "Resources": {"Stored": {**stored("x"), "Metadata": said}}}

    stack.create(body(shown="a"), Parameters=chosen("one"))
    target = {"Attribute": "Metadata", "RequiresRecreation": "Never"}
    direct = {"Target": target, "ChangeSource": "DirectModification"}
    named = {"Target": target, "ChangeSource": "ParameterReference", "CausingEntity": "Wanted"}

    by_text = stack.review(body(shown="b"), Parameters=chosen("one"))
    by_parameter = stack.review(body(shown="b"), Parameters=chosen("two"))

    told = stack.changes(by_text, values=False)["Stored"]
    assert (told["Scope"], told["Details"]) == (["Metadata"], [{**direct, "Evaluation": "Static"}])
    details = stack.changes(by_parameter, values=False)["Stored"]["Details"]
    assert sorted(details, key=lambda one: str(one["Evaluation"])) == [
        {**direct, "Evaluation": "Dynamic"},
        {**named, "Evaluation": "Static"},
    ]
    stack.execute(by_parameter)
    shown = stack.client.describe_stack_resource(StackName=stack.name, LogicalResourceId="Stored")
    assert json.loads(shown["StackResourceDetail"]["Metadata"]) == {"Shown": "b", "By": "two"}


def test_a_tag_that_a_template_gives_is_a_property(stack: Reviewed) -> None:
    tagged = {"Type": "AWS::SNS::Topic", "Properties": {"Tags": [{"Key": "for", "Value": {"Ref": "Wanted"}}]}}
    body = {"Parameters": WANTED, "Resources": {"Tagged": tagged}}
    stack.create(body, Parameters=chosen("one"))

    changes = stack.changes(stack.review(body, Parameters=chosen("two")), values=False)

    assert changes["Tagged"]["Scope"] == ["Properties"]
    assert sorted(changes["Tagged"]["Details"], key=lambda one: str(one["Evaluation"])) == [
        detail("Tags", "Dynamic", "DirectModification"),
        detail("Tags", "Static", "ParameterReference", "Wanted"),
    ]


def test_an_export_may_come_between_review_and_execution(stack: Reviewed, emulator: LiveEmulator) -> None:
    export, exporting = f"export-{stack.name}", emulator.client("cloudformation")
    change_set = stack.review({"Resources": {"Imported": stored({"Fn::ImportValue": export})}}, ChangeSetType="CREATE")
    outputs = {"Out": {"Value": "exported", "Export": {"Name": export}}}
    body = json.dumps({"Resources": {"Some": stored("x")}, "Outputs": outputs})
    exporting.create_stack(StackName=export, TemplateBody=body)
    exporting.get_waiter("stack_create_complete").wait(StackName=export, WaiterConfig=WAIT)

    stack.client.execute_change_set(ChangeSetName=change_set)

    stack.client.get_waiter("stack_create_complete").wait(StackName=stack.name, WaiterConfig=WAIT)
    (made,) = stack.client.describe_stack_resources(StackName=stack.name)["StackResources"]
    value = emulator.client("ssm").get_parameter(Name=made["PhysicalResourceId"])["Parameter"]["Value"]
    stack.client.delete_stack(StackName=stack.name)
    stack.client.get_waiter("stack_delete_complete").wait(StackName=stack.name, WaiterConfig=WAIT)
    exporting.delete_stack(StackName=export)
    assert value == "exported"


def test_an_export_that_never_comes_rolls_the_stack_back(stack: Reviewed) -> None:
    missing = f"never-{stack.name}"

    stack.client.create_stack(
        StackName=stack.name,
        TemplateBody=json.dumps({"Resources": {"Imported": stored({"Fn::ImportValue": missing})}}),
    )

    with pytest.raises(WaiterError):
        stack.client.get_waiter("stack_create_complete").wait(StackName=stack.name, WaiterConfig=WAIT)
    events = stack.client.describe_stack_events(StackName=stack.name)["StackEvents"]
    reasons = [one.get("ResourceStatusReason") for one in events if one["ResourceStatus"] == "ROLLBACK_IN_PROGRESS"]
    assert reasons == [f"No export named {missing} found. Rollback requested by user."]
