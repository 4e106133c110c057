"""Change sets tell what would change, and do exactly that."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import pytest

from mlfn_localstack.service import ServiceError

if TYPE_CHECKING:
    from tests.functional.cloudformation.conftest import Stacks


def group(name: Any, **properties: Any) -> dict[str, Any]:
    return {"Type": "AWS::Logs::LogGroup", "Properties": {"LogGroupName": name, **properties}}


def template(**resources: dict[str, Any]) -> dict[str, Any]:
    return {"Resources": resources}


def test_a_creation_is_reviewed_then_executed(stacks: Stacks) -> None:
    async def run() -> tuple[str, list[dict[str, Any]], dict[str, Any]]:
        changes = await stacks.changes(template(A=group("/a")), ChangeSetType="CREATE")
        review = (await stacks("DescribeStacks", StackName="demo"))["Stacks"][0]["StackStatus"]
        await stacks("ExecuteChangeSet", StackName="demo", ChangeSetName="change")
        return review, changes, await stacks.settled()

    review, changes, stack = asyncio.run(run())

    assert review == "REVIEW_IN_PROGRESS"
    assert [(one["Action"], one["LogicalResourceId"]) for one in changes] == [("Add", "A")]
    assert stack["StackStatus"] == "CREATE_COMPLETE"


def test_a_change_names_only_the_properties_that_differ(stacks: Stacks) -> None:
    async def run() -> list[dict[str, Any]]:
        await stacks.create(template(A=group("/a", RetentionInDays=1), B=group("/b")))
        return await stacks.changes(template(A=group("/a", RetentionInDays=7), B=group("/b")))

    (change,) = asyncio.run(run())

    assert (change["Action"], change["Replacement"], change["Scope"]) == ("Modify", "False", ["Properties"])
    assert change["Details"] == [
        {
            "Target": {"Attribute": "Properties", "RequiresRecreation": "Never", "Name": "RetentionInDays"},
            "Evaluation": "Static",
            "ChangeSource": "DirectModification",
        }
    ]


def test_a_create_only_property_means_replacement_and_reaches_those_who_refer_to_it(stacks: Stacks) -> None:
    def body(name: str) -> dict[str, Any]:
        return template(A=group(name), B=group({"Fn::Sub": "${A}-b"}), C=group("/c"))

    async def run() -> list[dict[str, Any]]:
        await stacks.create(body("/a"))
        return await stacks.changes(body("/a2"))

    first, second = asyncio.run(run())

    assert (first["LogicalResourceId"], first["Replacement"]) == ("A", "True")
    assert (second["LogicalResourceId"], second["Replacement"]) == ("B", "True")
    assert second["Details"][0]["ChangeSource"] == "ResourceReference"
    assert second["Details"][0]["CausingEntity"] == "A"


def test_a_parameter_is_named_as_the_cause(stacks: Stacks) -> None:
    body = template(A=group("/a", RetentionInDays={"Ref": "Days"})) | {"Parameters": {"Days": {"Type": "Number"}}}

    async def run() -> list[dict[str, Any]]:
        await stacks.create(body, Parameters=[{"ParameterKey": "Days", "ParameterValue": "1"}])
        return await stacks.changes(body, Parameters=[{"ParameterKey": "Days", "ParameterValue": "3"}])

    (change,) = asyncio.run(run())

    assert change["Details"][0]["ChangeSource"] == "ParameterReference"
    assert change["Details"][0]["CausingEntity"] == "Days"


def test_values_are_shown_when_asked_for(stacks: Stacks) -> None:
    async def run() -> dict[str, Any]:
        await stacks.create(template(A=group("/a", RetentionInDays=1)))
        await stacks.changes(template(A=group("/a", RetentionInDays=3)))
        answer = await stacks("DescribeChangeSet", StackName="demo", ChangeSetName="change", IncludePropertyValues=True)
        target: dict[str, Any] = answer["Changes"][0]["ResourceChange"]["Details"][0]["Target"]
        return target

    target = asyncio.run(run())

    assert (target["Path"], target["BeforeValue"], target["AfterValue"]) == ("/Properties/RetentionInDays", "1", "3")


def test_a_change_set_without_changes_has_failed(stacks: Stacks) -> None:
    async def run() -> dict[str, Any]:
        await stacks.create(template(A=group("/a")))
        await stacks.changes(template(A=group("/a")))
        return await stacks("DescribeChangeSet", StackName="demo", ChangeSetName="change")

    answer = asyncio.run(run())

    assert (answer["Status"], answer["ExecutionStatus"]) == ("FAILED", "UNAVAILABLE")
    assert answer["StatusReason"] == (
        "The submitted information didn't contain changes. Submit different information to create a change set."
    )
    with pytest.raises(ServiceError, match=r"cannot be executed in its current status of \[FAILED\]"):
        asyncio.run(stacks("ExecuteChangeSet", StackName="demo", ChangeSetName="change"))


def test_an_output_alone_is_a_change(stacks: Stacks) -> None:
    async def run() -> dict[str, Any]:
        await stacks.create(template(A=group("/a")))
        return await stacks.update(template(A=group("/a")) | {"Outputs": {"O": {"Value": "x"}}})

    assert asyncio.run(run())["Outputs"] == [{"OutputKey": "O", "OutputValue": "x"}]


def test_an_update_makes_other_change_sets_obsolete(stacks: Stacks) -> None:
    async def run() -> None:
        await stacks.create(template(A=group("/a")))
        await stacks.changes(template(A=group("/a", RetentionInDays=1)))
        await stacks.update(template(A=group("/a", RetentionInDays=3)))
        await stacks("ExecuteChangeSet", StackName="demo", ChangeSetName="change")

    with pytest.raises(ServiceError, match="OBSOLETE"):
        asyncio.run(run())


@pytest.mark.parametrize(
    ("capabilities", "named"),
    [([], False), (["CAPABILITY_IAM"], True)],
    ids=["no capability", "the smaller capability for a named role"],
)
def test_iam_resources_must_be_acknowledged(stacks: Stacks, capabilities: list[str], named: bool) -> None:
    role: dict[str, Any] = {"Type": "AWS::IAM::Role", "Properties": {"AssumeRolePolicyDocument": {}}}
    if named:
        role["Properties"]["RoleName"] = "r"

    with pytest.raises(ServiceError, match="Requires capabilities") as caught:
        asyncio.run(stacks("CreateStack", StackName="demo", TemplateBody=template(R=role), Capabilities=capabilities))

    assert caught.value.code == "InsufficientCapabilitiesException"


@pytest.mark.parametrize(
    ("operation", "params", "code"),
    [
        ("DescribeStacks", {"StackName": "none"}, "ValidationError"),
        ("UpdateStack", {"StackName": "none", "TemplateBody": "{}"}, "ValidationError"),
        ("DescribeChangeSet", {"ChangeSetName": "arn:aws:none"}, "ChangeSetNotFound"),
        ("CreateStack", {"StackName": "1x", "TemplateBody": "{}"}, "ValidationError"),
        ("CreateStack", {"StackName": "x"}, "ValidationError"),
        ("CreateStack", {"StackName": "x", "TemplateBody": " " * 51_201}, "ValidationError"),
    ],
)
def test_what_is_not_there_or_not_valid_is_refused(
    stacks: Stacks, operation: str, params: dict[str, Any], code: str
) -> None:
    with pytest.raises(ServiceError) as caught:
        asyncio.run(stacks(operation, **params))

    assert caught.value.code == code
