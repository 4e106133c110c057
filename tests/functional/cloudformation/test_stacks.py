"""Stacks from creation to deletion."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import pytest

from mlfn_localstack.service import ServiceError
from mlfn_localstack.services.cloudformation.work import failure_reason

if TYPE_CHECKING:
    from tests.functional.cloudformation.conftest import Stacks


def group(name: str | None = None, **properties: Any) -> dict[str, Any]:
    named = {"LogGroupName": name} if name else {}
    return {"Type": "AWS::Logs::LogGroup", "Properties": {**named, **properties}}


def template(**resources: dict[str, Any]) -> dict[str, Any]:
    return {"Resources": resources}


def test_a_stack_is_created_with_its_outputs(stacks: Stacks) -> None:
    body = template(A=group("/a", RetentionInDays=7)) | {"Outputs": {"Arn": {"Value": {"Fn::GetAtt": ["A", "Arn"]}}}}

    stack = asyncio.run(stacks.create(body))

    assert stack["StackStatus"] == "CREATE_COMPLETE"
    assert stack["Outputs"] == [
        {"OutputKey": "Arn", "OutputValue": "arn:aws:logs:us-east-1:000000000000:log-group:/a:*"}
    ]
    assert stacks.neighbours.groups == {"/a": {"retentionInDays": 7}}


def test_events_tell_the_whole_creation(stacks: Stacks) -> None:
    async def run() -> list[tuple[str, str]]:
        await stacks.create(template(A=group("/a")))
        return await stacks.events()

    assert asyncio.run(run()) == [
        ("demo", "CREATE_IN_PROGRESS"),
        ("A", "CREATE_IN_PROGRESS"),
        ("A", "CREATE_IN_PROGRESS"),
        ("A", "CREATE_COMPLETE"),
        ("demo", "CREATE_COMPLETE"),
    ]


def test_events_can_be_sorted_by_their_times(stacks: Stacks) -> None:
    async def run() -> list[Any]:
        await stacks.create(template(A=group("/a"), B=group("/b"), C=group("/c")))
        return [one["Timestamp"] for one in (await stacks("DescribeStackEvents", StackName="demo"))["StackEvents"]]

    times = asyncio.run(run())

    assert times == sorted(set(times), reverse=True)


def test_a_failed_creation_is_rolled_back(stacks: Stacks) -> None:
    stacks.neighbours.refuse = lambda operation, params: params.get("logGroupName") == "/b"
    body = template(A=group("/a"), B=group("/b") | {"DependsOn": "A"})

    stack = asyncio.run(stacks.create(body))

    assert stack["StackStatus"] == "ROLLBACK_COMPLETE"
    assert stacks.neighbours.groups == {}


def test_the_first_failure_is_named_with_its_service_message(stacks: Stacks) -> None:
    stacks.neighbours.refuse = lambda operation, params: operation == "CreateLogGroup"

    async def run() -> list[str]:
        await stacks.create(template(A=group("/a")))
        events = (await stacks("DescribeStackEvents", StackName="demo"))["StackEvents"]
        return [one.get("ResourceStatusReason", "") for one in reversed(events)]

    reasons = asyncio.run(run())

    assert reasons[2].startswith('Resource handler returned message: "CreateLogGroup is refused. (Service: CloudWatch')
    assert reasons[2].endswith("HandlerErrorCode: InvalidRequest)")
    assert reasons[3] == "The following resource(s) failed to create: [A]. Rollback requested by user."


def test_a_name_that_is_taken_fails_the_creation(stacks: Stacks) -> None:
    stacks.neighbours.groups["/a"] = {"kept": True}

    stack = asyncio.run(stacks.create(template(A=group("/a"))))

    assert stack["StackStatus"] == "ROLLBACK_COMPLETE"
    assert stacks.neighbours.groups == {"/a": {"kept": True}}


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (ServiceError("ConflictException", "Schedule s already exists.", status=409), "AlreadyExists"),
        (ServiceError("ConflictException", "Somebody else is at it.", status=409), "GeneralServiceException"),
        (ServiceError("ResourceNotFoundException", "No such thing.", status=404), "NotFound"),
    ],
    ids=["exists", "in use", "missing"],
)
def test_a_failure_is_told_with_the_code_of_handlers(error: ServiceError, code: str) -> None:
    assert f"HandlerErrorCode: {code})" in failure_reason(error)


def test_a_creation_may_be_left_failed(stacks: Stacks) -> None:
    stacks.neighbours.refuse = lambda operation, params: params.get("logGroupName") == "/b"

    stack = asyncio.run(stacks.create(template(A=group("/a"), B=group("/b")), DisableRollback=True))

    assert stack["StackStatus"] == "CREATE_FAILED"
    assert "/a" in stacks.neighbours.groups


def test_an_update_changes_only_what_differs(stacks: Stacks) -> None:
    async def run() -> dict[str, Any]:
        await stacks.create(template(A=group("/a", RetentionInDays=7), B=group("/b")))
        stacks.neighbours.calls.clear()
        return await stacks.update(template(A=group("/a", RetentionInDays=30), B=group("/b")))

    assert asyncio.run(run())["StackStatus"] == "UPDATE_COMPLETE"
    assert stacks.neighbours.made() == ["PutRetentionPolicy"]


def test_an_update_without_changes_is_refused(stacks: Stacks) -> None:
    async def run() -> None:
        await stacks.create(template(A=group("/a")))
        await stacks.update(template(A=group("/a")))

    with pytest.raises(ServiceError, match="No updates are to be performed"):
        asyncio.run(run())


def test_a_replaced_resource_goes_after_the_new_one_is_there(stacks: Stacks) -> None:
    async def run() -> list[tuple[str, str]]:
        await stacks.create(template(A=group("/old")))
        stacks.neighbours.calls.clear()
        await stacks.update(template(A=group("/new")))
        return await stacks.events()

    events = asyncio.run(run())

    assert stacks.neighbours.made() == ["CreateLogGroup", "DeleteLogGroup"]
    assert set(stacks.neighbours.groups) == {"/new"}
    assert events[-4:] == [
        ("demo", "UPDATE_COMPLETE_CLEANUP_IN_PROGRESS"),
        ("A", "DELETE_IN_PROGRESS"),
        ("A", "DELETE_COMPLETE"),
        ("demo", "UPDATE_COMPLETE"),
    ]


def test_a_removed_resource_goes_with_the_clean_up_unless_it_is_retained(stacks: Stacks) -> None:
    async def run() -> list[tuple[str, str]]:
        await stacks.create(template(A=group("/a"), B=group("/b"), C=group("/c") | {"DeletionPolicy": "Retain"}))
        await stacks.update(template(A=group("/a")))
        return await stacks.events()

    events = asyncio.run(run())

    assert set(stacks.neighbours.groups) == {"/a", "/c"}
    assert ("C", "DELETE_SKIPPED") in events


def test_a_failed_update_goes_back_to_what_was(stacks: Stacks) -> None:
    before = template(A=group("/a", RetentionInDays=7), B=group("/b"), C=group("/c"))
    after = template(
        A=group("/a", RetentionInDays=30), B=group("/b2") | {"DependsOn": "A"}, C=group("/c"),
        D=group("/d"), E=group("/refused") | {"DependsOn": ["B", "D"]},
    )  # fmt: skip

    async def run() -> dict[str, Any]:
        await stacks.create(before)
        stacks.neighbours.refuse = lambda operation, params: params.get("logGroupName") == "/refused"
        return await stacks.update(after)

    stack = asyncio.run(run())

    assert stack["StackStatus"] == "UPDATE_ROLLBACK_COMPLETE"
    assert stacks.neighbours.groups == {"/a": {"retentionInDays": 7}, "/b": {}, "/c": {}}


def test_a_rolled_back_stack_can_be_updated_again(stacks: Stacks) -> None:
    async def run() -> dict[str, Any]:
        await stacks.create(template(A=group("/a")))
        stacks.neighbours.refuse = lambda operation, params: params.get("logGroupName") == "/b"
        await stacks.update(template(A=group("/a", RetentionInDays=1), B=group("/b")))
        stacks.neighbours.refuse = lambda operation, params: False
        return await stacks.update(template(A=group("/a", RetentionInDays=1), B=group("/b")))

    assert asyncio.run(run())["StackStatus"] == "UPDATE_COMPLETE"
    assert stacks.neighbours.groups == {"/a": {"retentionInDays": 1}, "/b": {}}


def test_a_stack_that_never_was_complete_cannot_be_updated(stacks: Stacks) -> None:
    async def run() -> None:
        stacks.neighbours.refuse = lambda operation, params: operation == "CreateLogGroup"
        await stacks.create(template(A=group("/a")))
        await stacks.update(template(A=group("/b")))

    with pytest.raises(ServiceError, match="is in ROLLBACK_COMPLETE state and can not be updated"):
        asyncio.run(run())


def test_deletion_goes_backwards_and_frees_the_name(stacks: Stacks) -> None:
    async def run() -> dict[str, Any]:
        await stacks.create(template(A=group("/a"), B=group("/b") | {"DependsOn": "A"}))
        stacks.neighbours.calls.clear()
        stack_id = (await stacks("DescribeStacks", StackName="demo"))["Stacks"][0]["StackId"]
        await stacks("DeleteStack", StackName="demo")
        return await stacks.settled(stack_id)

    assert asyncio.run(run())["StackStatus"] == "DELETE_COMPLETE"
    assert [params["logGroupName"] for _, params in stacks.neighbours.calls] == ["/b", "/a"]
    with pytest.raises(ServiceError, match="Stack with id demo does not exist"):
        asyncio.run(stacks("DescribeStacks", StackName="demo"))


def test_what_cannot_be_deleted_can_be_retained(stacks: Stacks) -> None:
    async def run() -> tuple[str, str]:
        await stacks.create(template(A=group("/a"), B=group("/b")))
        stacks.neighbours.refuse = lambda operation, params: params == {"logGroupName": "/b"}
        await stacks("DeleteStack", StackName="demo")
        stack = await stacks.settled()
        await stacks("DeleteStack", StackName="demo", RetainResources=["B"])
        return stack["StackStatus"], (await stacks.settled(stack["StackId"]))["StackStatus"]

    assert asyncio.run(run()) == ("DELETE_FAILED", "DELETE_COMPLETE")
    assert set(stacks.neighbours.groups) == {"/b"}


def test_a_protected_stack_cannot_be_deleted(stacks: Stacks) -> None:
    async def run() -> None:
        await stacks.create(template(A=group("/a")), EnableTerminationProtection=True)
        await stacks("DeleteStack", StackName="demo")

    with pytest.raises(ServiceError, match=r"Stack \[demo\] cannot be deleted while TerminationProtection is enabled"):
        asyncio.run(run())


def test_stack_tags_reach_the_resources_and_their_change_is_a_change(stacks: Stacks) -> None:
    async def run() -> dict[str, Any]:
        await stacks.create(template(A=group("/a")), Tags=[{"Key": "app", "Value": "x"}])
        return await stacks.update(template(A=group("/a")), Tags=[{"Key": "app", "Value": "y"}])

    stack = asyncio.run(run())

    assert stack["Tags"] == [{"Key": "app", "Value": "y"}]
    assert stacks.neighbours.groups["/a"]["tags"] == {"app": "y"}


def test_the_same_client_token_starts_one_stack(stacks: Stacks) -> None:
    async def run() -> tuple[Any, Any]:
        one = await stacks("CreateStack", StackName="demo", TemplateBody=template(A=group()), ClientRequestToken="t")
        two = await stacks("CreateStack", StackName="demo", TemplateBody=template(A=group()), ClientRequestToken="t")
        await stacks.settled()
        return one, two

    one, two = asyncio.run(run())

    assert one == two
    with pytest.raises(ServiceError, match=r"Stack \[demo\] already exists"):
        asyncio.run(stacks("CreateStack", StackName="demo", TemplateBody=template(A=group())))


def test_a_stack_can_be_deleted_while_it_is_created(stacks: Stacks) -> None:
    async def run() -> dict[str, Any]:
        body = template(A=group("/a"), B=group("/b") | {"DependsOn": "A"})
        made = await stacks("CreateStack", StackName="demo", TemplateBody=body)
        await stacks("DeleteStack", StackName="demo")
        return await stacks.settled(made["StackId"])

    assert asyncio.run(run())["StackStatus"] == "DELETE_COMPLETE"
    assert stacks.neighbours.groups == {}


def test_a_rollback_that_failed_can_go_on_without_what_failed(stacks: Stacks) -> None:
    before = template(A=group("/a", RetentionInDays=1))
    after = template(A=group("/a", RetentionInDays=3), B=group("/b") | {"DependsOn": "A"})

    def refuse(operation: str, params: dict[str, Any]) -> bool:
        return params.get("logGroupName") == "/b" or params.get("retentionInDays") == 1

    async def run() -> tuple[str, str]:
        await stacks.create(before)
        stacks.neighbours.refuse = refuse
        failed = await stacks.update(after)
        await stacks("ContinueUpdateRollback", StackName="demo", ResourcesToSkip=["A"])
        return failed["StackStatus"], (await stacks.settled())["StackStatus"]

    assert asyncio.run(run()) == ("UPDATE_ROLLBACK_FAILED", "UPDATE_ROLLBACK_COMPLETE")


def test_a_named_resource_cannot_be_replaced_under_its_name(stacks: Stacks) -> None:
    def role(path: str) -> dict[str, Any]:
        return {
            "Type": "AWS::IAM::Role",
            "Properties": {"RoleName": "r", "Path": path, "AssumeRolePolicyDocument": {}},
        }

    async def run() -> tuple[str, list[tuple[str, str]]]:
        await stacks.create(template(R=role("/")))
        stack = await stacks.update(template(R=role("/other/")))
        return stack["StackStatus"], await stacks.events()

    status, events = asyncio.run(run())

    assert status == "UPDATE_ROLLBACK_COMPLETE"
    assert ("R", "UPDATE_FAILED") in events
    assert events[-3] == ("R", "UPDATE_COMPLETE")
