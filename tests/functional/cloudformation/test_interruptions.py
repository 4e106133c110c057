"""An operation goes on after the emulator was killed in the middle of it."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from tests.functional.cloudformation.conftest import Stacks


def group(name: str, **properties: Any) -> dict[str, Any]:
    return {"Type": "AWS::Logs::LogGroup", "Properties": {"LogGroupName": name, **properties}}


FIRST = {"Resources": {"A": group("/a", RetentionInDays=7), "B": group("/b") | {"DependsOn": "A"}}}
SECOND = {"Resources": {"A": group("/a", RetentionInDays=30), "B": group("/b2") | {"DependsOn": "A"}, "C": group("/c")}}


async def interrupted(stacks: Stacks, at: int, start: Any) -> None:
    """Start an operation, and stop the service at the neighbours' `at`-th call, after or before it took effect."""
    stacks.neighbours.calls.clear()
    stacks.neighbours.wait = lambda operation, params: len(stacks.neighbours.calls) == at
    await start
    for _ in range(400):
        await asyncio.sleep(0)
    await stacks.restart()


@pytest.mark.parametrize("at", range(1, 8))
def test_a_creation_is_completed(stacks: Stacks, at: int) -> None:
    async def run() -> dict[str, Any]:
        await interrupted(stacks, at, stacks("CreateStack", StackName="demo", TemplateBody=FIRST))
        return await stacks.settled()

    assert asyncio.run(run())["StackStatus"] == "CREATE_COMPLETE"
    assert stacks.neighbours.groups == {"/a": {"retentionInDays": 7}, "/b": {}}


@pytest.mark.parametrize("at", range(1, 10))
def test_an_update_is_completed(stacks: Stacks, at: int) -> None:
    async def run() -> dict[str, Any]:
        await stacks.create(FIRST)
        await interrupted(stacks, at, stacks("UpdateStack", StackName="demo", TemplateBody=SECOND))
        return await stacks.settled()

    assert asyncio.run(run())["StackStatus"] == "UPDATE_COMPLETE"
    assert stacks.neighbours.groups == {"/a": {"retentionInDays": 30}, "/b2": {}, "/c": {}}


@pytest.mark.parametrize("at", range(1, 14))
def test_a_rollback_is_completed(stacks: Stacks, at: int) -> None:
    refused = {"Resources": {**SECOND["Resources"], "D": group("/refused") | {"DependsOn": ["B", "C"]}}}

    async def run() -> dict[str, Any]:
        await stacks.create(FIRST)
        stacks.neighbours.refuse = lambda operation, params: params.get("logGroupName") == "/refused"
        await interrupted(stacks, at, stacks("UpdateStack", StackName="demo", TemplateBody=refused))
        return await stacks.settled()

    assert asyncio.run(run())["StackStatus"] == "UPDATE_ROLLBACK_COMPLETE"
    assert stacks.neighbours.groups == {"/a": {"retentionInDays": 7}, "/b": {}}


@pytest.mark.parametrize("at", range(1, 4))
def test_a_deletion_is_completed(stacks: Stacks, at: int) -> None:
    async def run() -> dict[str, Any]:
        stack = await stacks.create(FIRST)
        await interrupted(stacks, at, stacks("DeleteStack", StackName="demo"))
        return await stacks.settled(stack["StackId"])

    assert asyncio.run(run())["StackStatus"] == "DELETE_COMPLETE"
    assert stacks.neighbours.groups == {}


def test_what_took_effect_but_was_not_recorded_is_adopted(stacks: Stacks) -> None:
    async def run() -> dict[str, Any]:
        stacks.neighbours.wait = lambda operation, params: operation == "CreateLogGroup"
        await stacks("CreateStack", StackName="demo", TemplateBody={"Resources": {"A": group("/a")}})
        for _ in range(100):
            await asyncio.sleep(0)
        stacks.neighbours.groups["/a"] = {}
        await stacks.restart()
        return await stacks.settled()

    assert asyncio.run(run())["StackStatus"] == "CREATE_COMPLETE"
