"""The three behaviours of AWS::Lambda::Version."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tests.functional.cloudformation.conftest import Stacks


def template(image: str, *versions: str, policy: str = "Delete") -> dict[str, Any]:
    function = {
        "Type": "AWS::Lambda::Function",
        "Properties": {"FunctionName": "f", "Role": "r", "PackageType": "Image", "Code": {"ImageUri": image}},
    }
    version = {
        "Type": "AWS::Lambda::Version",
        "DeletionPolicy": policy,
        "Properties": {"FunctionName": {"Ref": "F"}},
    }
    return {"Resources": {"F": function, **dict.fromkeys(versions, version)}}


def numbers(stacks: Stacks) -> list[str]:
    return [one["Version"] for one in stacks.neighbours.versions["f"]]


def test_an_unchanged_id_publishes_nothing(stacks: Stacks) -> None:
    async def run() -> None:
        await stacks.create(template("a", "V1"))
        await stacks.update(template("b", "V1"))

    asyncio.run(run())

    assert numbers(stacks) == ["1"]


def test_a_new_id_publishes_and_a_dropped_one_deletes(stacks: Stacks) -> None:
    async def run() -> None:
        await stacks.create(template("a", "V1"))
        await stacks.update(template("b", "V2"))

    asyncio.run(run())

    assert numbers(stacks) == ["2"]


def test_a_retained_version_stays(stacks: Stacks) -> None:
    async def run() -> None:
        await stacks.create(template("a", "V1", policy="Retain"))
        await stacks.update(template("b", "V2", policy="Retain"))

    asyncio.run(run())

    assert numbers(stacks) == ["1", "2"]


def test_unchanged_content_cannot_be_published_again(stacks: Stacks) -> None:
    async def run() -> str:
        await stacks.create(template("a", "V1"))
        await stacks.update(template("a", "V1", "V2"))
        events = (await stacks("DescribeStackEvents", StackName="demo"))["StackEvents"]
        return str(next(one["ResourceStatusReason"] for one in events if one["ResourceStatus"] == "CREATE_FAILED"))

    reason = asyncio.run(run())

    expected = "A version for this Lambda function exists ( 1 ). Modify the function to create a new version."
    assert expected in reason
    assert reason.endswith("HandlerErrorCode: AlreadyExists)")
    assert numbers(stacks) == ["1"]


def test_a_version_of_a_failed_update_goes_unless_it_is_plainly_retained(stacks: Stacks) -> None:
    async def run() -> None:
        await stacks.create(template("a", "V1", policy="RetainExceptOnCreate"))
        body = template("b", "V2", policy="RetainExceptOnCreate")
        body["Resources"]["X"] = {"Type": "AWS::Logs::LogGroup", "DependsOn": "V2"}
        stacks.neighbours.refuse = lambda operation, params: operation == "CreateLogGroup"
        await stacks.update(body)

    asyncio.run(run())

    assert numbers(stacks) == ["1"]
