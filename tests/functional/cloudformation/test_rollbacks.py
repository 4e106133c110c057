"""Going back by hand: what failed and was left, and what is under way."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import pytest

from mlfn_localstack.service import ServiceError
from mlfn_localstack.services.cloudformation import engine

if TYPE_CHECKING:
    from tests.functional.cloudformation.conftest import Stacks


def group(name: str, **properties: Any) -> dict[str, Any]:
    """A log group of that name."""
    return {"Type": "AWS::Logs::LogGroup", "Properties": {"LogGroupName": name, **properties}}


def template(**resources: dict[str, Any]) -> dict[str, Any]:
    return {"Resources": resources}


def refuse(stacks: Stacks, name: str) -> None:
    """From now on there is no log group of that name to be had."""
    stacks.neighbours.refuse = lambda operation, params: params.get("logGroupName") == name


def test_a_creation_that_was_left_failed_is_taken_back(stacks: Stacks) -> None:
    async def run() -> dict[str, Any]:
        refuse(stacks, "/b")
        await stacks.create(template(A=group("/a"), B=group("/b")), DisableRollback=True)
        await stacks("RollbackStack", StackName="demo")
        return await stacks.settled()

    assert asyncio.run(run())["StackStatus"] == "ROLLBACK_COMPLETE"
    assert stacks.neighbours.groups == {}


def test_an_update_that_was_left_failed_is_taken_back(stacks: Stacks) -> None:
    async def run() -> tuple[str, str]:
        await stacks.create(template(A=group("/a", RetentionInDays=1)))
        refuse(stacks, "/b")
        after = template(A=group("/a", RetentionInDays=7), B=group("/b") | {"DependsOn": "A"})
        failed = await stacks.update(after, DeploymentConfig={"Mode": "STANDARD", "DisableRollback": True})
        answer = await stacks("RollbackStack", StackName="demo")
        assert answer == {"StackId": failed["StackId"]}
        return failed["StackStatus"], (await stacks.settled())["StackStatus"]

    assert asyncio.run(run()) == ("UPDATE_FAILED", "UPDATE_ROLLBACK_COMPLETE")
    assert stacks.neighbours.groups == {"/a": {"retentionInDays": 1}}


def test_the_last_state_that_was_complete_is_what_a_second_failure_goes_back_to(stacks: Stacks) -> None:
    async def run() -> str:
        await stacks.create(template(A=group("/a", RetentionInDays=1)))
        refuse(stacks, "/b")
        for days in (3, 7):
            after = template(A=group("/a", RetentionInDays=days), B=group("/b") | {"DependsOn": "A"})
            await stacks.update(after, DisableRollback=True)
        await stacks("RollbackStack", StackName="demo")
        await stacks.settled()
        body: str = (await stacks("GetTemplate", StackName="demo"))["TemplateBody"]
        return body

    assert '"RetentionInDays": 1}' in asyncio.run(run())
    assert stacks.neighbours.groups == {"/a": {"retentionInDays": 1}}


def test_what_did_not_fail_is_not_taken_back(stacks: Stacks) -> None:
    asyncio.run(stacks.create(template(A=group("/a"))))

    with pytest.raises(ServiceError, match="is in CREATE_COMPLETE state and can not be rolled back"):
        asyncio.run(stacks("RollbackStack", StackName="demo"))
    with pytest.raises(ServiceError, match="CancelUpdateStack cannot be called from current stack status"):
        asyncio.run(stacks("CancelUpdateStack", StackName="demo"))


def test_a_cancelled_update_begins_nothing_more_and_goes_back(stacks: Stacks) -> None:
    async def run() -> tuple[str, list[tuple[str, str]]]:
        await stacks.create(template(A=group("/a", RetentionInDays=1)))
        after = template(A=group("/a", RetentionInDays=7), B=group("/b") | {"DependsOn": "A"})
        await stacks("UpdateStack", StackName="demo", TemplateBody=after)
        await stacks("CancelUpdateStack", StackName="demo")
        stack = await stacks.settled()
        return stack["StackStatus"], await stacks.events()

    status, events = asyncio.run(run())

    assert status == "UPDATE_ROLLBACK_COMPLETE"
    assert ("A", "UPDATE_FAILED") in events
    assert stacks.neighbours.groups == {"/a": {"retentionInDays": 1}}


def test_a_creation_that_takes_too_long_is_rolled_back(stacks: Stacks, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engine, "_MINUTE_S", 0.0)

    async def run() -> tuple[dict[str, Any], str]:
        stack = await stacks.create(template(A=group("/a"), B=group("/b") | {"DependsOn": "A"}), TimeoutInMinutes=1)
        events = (await stacks("DescribeStackEvents", StackName="demo"))["StackEvents"]
        reasons = [one["ResourceStatusReason"] for one in events if one["ResourceStatus"] == "ROLLBACK_IN_PROGRESS"]
        return stack, reasons[0]

    stack, reason = asyncio.run(run())

    assert (stack["StackStatus"], stack["TimeoutInMinutes"]) == ("ROLLBACK_COMPLETE", 1)
    assert reason == "Stack creation time exceeded the specified timeout. Rollback requested by user."
    assert stacks.neighbours.groups == {}


@pytest.mark.parametrize("goes", [True, False], ids=["goes", "stays"])
def test_what_is_retained_goes_with_a_rollback_if_the_operation_says_so(stacks: Stacks, goes: bool) -> None:
    refuse(stacks, "/b")
    body = template(A=group("/a") | {"DeletionPolicy": "Retain"}, B=group("/b") | {"DependsOn": "A"})

    stack = asyncio.run(stacks.create(body, RetainExceptOnCreate=goes))

    assert stack["StackStatus"] == "ROLLBACK_COMPLETE"
    assert ("/a" in stacks.neighbours.groups) is not goes
