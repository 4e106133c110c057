"""boto3's paginators and waiters over more than fits one page."""

from __future__ import annotations

import json
import uuid
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import WaiterError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.fixtures.emulator import LiveEmulator

MANY = 120
FAST = {"Delay": 1}


def template(**topic: Any) -> str:
    """A template with more resources, outputs and exports than a page holds."""
    names = [f"Topic{number:03}" for number in range(MANY)]
    topics = {name: {"Type": "AWS::SNS::Topic", "Properties": topic} for name in names}
    outputs = {
        name: {"Value": {"Ref": name}, "Export": {"Name": {"Fn::Sub": f"${{AWS::StackName}}-{name}"}}} for name in names
    }
    return json.dumps({"Resources": topics, "Outputs": outputs})


@pytest.fixture(scope="module")
def client(emulator: LiveEmulator) -> Any:
    return emulator.client("cloudformation")


@pytest.fixture(scope="module")
def stack(client: Any) -> Iterator[str]:
    """The name of a stack of many topics."""
    name = f"pages-{uuid.uuid4().hex[:8]}"
    client.create_stack(StackName=name, TemplateBody=template())
    client.get_waiter("stack_create_complete").wait(StackName=name, WaiterConfig=FAST)
    yield name
    client.delete_stack(StackName=name)


def pages(client: Any, operation: str, **params: Any) -> list[dict[str, Any]]:
    return list(client.get_paginator(operation).paginate(**params))


@pytest.mark.parametrize(
    ("operation", "member", "least"),
    [
        ("describe_stack_events", "StackEvents", 3 * MANY),
        ("list_stack_resources", "StackResourceSummaries", MANY),
    ],
)
def test_what_a_stack_has_comes_in_pages(client: Any, stack: str, operation: str, member: str, least: int) -> None:
    found = pages(client, operation, StackName=stack)

    assert len(found) > 1
    assert sum(len(page[member]) for page in found) >= least


def test_exports_come_in_pages(client: Any, stack: str) -> None:
    found = pages(client, "list_exports")

    assert sum(one["Name"].startswith(f"{stack}-Topic") for page in found for one in page["Exports"]) == MANY


def test_a_change_sets_changes_come_in_pages(client: Any, stack: str) -> None:
    client.create_change_set(StackName=stack, ChangeSetName="all", TemplateBody=template(DisplayName="x"))
    client.get_waiter("change_set_create_complete").wait(StackName=stack, ChangeSetName="all", WaiterConfig=FAST)

    found = pages(client, "describe_change_set", StackName=stack, ChangeSetName="all")

    assert [len(page["Changes"]) for page in found] == [100, 20]
    assert {page["ChangeSetName"] for page in found} == {"all"}


def test_deleted_stacks_are_waited_for_by_name(client: Any) -> None:
    name = f"gone-{uuid.uuid4().hex[:8]}"
    body = json.dumps({"Resources": {"Topic": {"Type": "AWS::SNS::Topic"}}})
    client.create_stack(StackName=name, TemplateBody=body)
    client.get_waiter("stack_exists").wait(StackName=name, WaiterConfig=FAST)
    client.get_waiter("stack_create_complete").wait(StackName=name, WaiterConfig=FAST)

    client.delete_stack(StackName=name)

    client.get_waiter("stack_delete_complete").wait(StackName=name, WaiterConfig=FAST)
    with pytest.raises(WaiterError, match="Max attempts exceeded"):
        client.get_waiter("stack_exists").wait(StackName=name, WaiterConfig={"Delay": 0, "MaxAttempts": 1})
