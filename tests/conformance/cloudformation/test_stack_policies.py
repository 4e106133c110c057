"""Stack policies: kept and refused as AWS was recorded to in 2022, and held to by updates."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError, WaiterError

if TYPE_CHECKING:
    from tests.fixtures.emulator import LiveEmulator

INVALID = "Error validating stack policy: Invalid stack policy"


@pytest.fixture
def stacks(emulator: LiveEmulator) -> Any:
    """CloudFormation."""
    return emulator.client("cloudformation")


def policy(effect: str = "Allow", action: str = "Update:*", resource: str = "*", **more: Any) -> dict[str, Any]:
    """A statement."""
    return {"Effect": effect, "Action": action, "Principal": "*", "Resource": resource, **more}


def text(*statements: dict[str, Any]) -> str:
    """A policy."""
    return json.dumps({"Statement": list(statements)})


def template(**resources: Any) -> str:
    """Log groups by logical id: name and retention."""
    made = {
        logical_id: {
            "Type": "AWS::Logs::LogGroup",
            "Properties": {"LogGroupName": f"/stack-policy/{name}", "RetentionInDays": days},
        }
        for logical_id, (name, days) in resources.items()
    }
    return json.dumps({"Resources": made})


def create(stacks: Any, name: str, **more: Any) -> None:
    """A stack of two log groups."""
    body = template(Kept=(f"{name}-kept", 1), Other=(f"{name}-other", 1))
    stacks.create_stack(StackName=name, TemplateBody=body, **more)
    stacks.get_waiter("stack_create_complete").wait(StackName=name, WaiterConfig={"Delay": 1})


def update(stacks: Any, name: str, body: str, **more: Any) -> bool:
    """Whether an update goes through."""
    stacks.update_stack(StackName=name, TemplateBody=body, **more)
    try:
        stacks.get_waiter("stack_update_complete").wait(StackName=name, WaiterConfig={"Delay": 1})
    except WaiterError:
        return False
    return True


def delete(stacks: Any, name: str) -> None:
    """The stack goes, whatever its policy says."""
    stacks.delete_stack(StackName=name)
    stacks.get_waiter("stack_delete_complete").wait(StackName=name, WaiterConfig={"Delay": 1})


def test_a_policy_is_set_changed_and_emptied(stacks: Any) -> None:
    create(stacks, "policy-life")
    before = stacks.get_stack_policy(StackName="policy-life")

    for body in (text(policy()), text(policy("Deny")), "{}"):
        stacks.set_stack_policy(StackName="policy-life", StackPolicyBody=body)
        assert json.loads(stacks.get_stack_policy(StackName="policy-life")["StackPolicyBody"]) == json.loads(body)

    assert "StackPolicyBody" not in before
    delete(stacks, "policy-life")


@pytest.mark.parametrize(
    ("params", "message"),
    [
        ({"StackPolicyBody": "no JSON"}, INVALID),
        ({"StackPolicyBody": text(policy(Principal="me"))}, INVALID),
        ({"StackPolicyBody": text(policy(action="Delete:*"))}, INVALID),
        ({"StackPolicyBody": json.dumps({"Statement": []})}, INVALID),
        (
            {"StackPolicyBody": "{}", "StackPolicyURL": "https://bucket.s3.amazonaws.com/key"},
            "You cannot specify both StackPolicyURL and StackPolicyBody",
        ),
    ],
    ids=["text", "principal", "action", "empty", "both"],
)
def test_a_policy_that_is_refused(stacks: Any, params: dict[str, str], message: str) -> None:
    body = template(Kept=("refused", 1))
    with pytest.raises(ClientError) as caught:
        stacks.create_stack(StackName="policy-refused", TemplateBody=body, **params)

    error: Any = caught.value.response["Error"]
    assert error == {"Code": "ValidationError", "Message": message, "Type": "Sender"}


@pytest.mark.parametrize(
    ("statement", "change", "action"),
    [
        (policy("Deny", "Update:Modify", "LogicalResourceId/Kept"), {"Kept": 3}, "Update:Modify"),
        (policy("Deny", "Update:Replace", "LogicalResourceId/Ke*"), {"Kept": "new"}, "Update:Replace"),
        (policy("Deny", "Update:Delete", "LogicalResourceId/Kept"), {}, "Update:Delete"),
        (
            policy("Deny", Condition={"StringEquals": {"ResourceType": ["AWS::Logs::LogGroup"]}}),
            {"Kept": 3},
            "Update:Modify",
        ),
    ],
    ids=["modify", "replace", "delete", "type"],
)
def test_an_update_that_the_policy_denies_is_rolled_back(
    stacks: Any, request: pytest.FixtureRequest, statement: dict[str, Any], change: dict[str, Any], action: str
) -> None:
    name = f"policy-{request.node.callspec.id}"
    create(stacks, name, StackPolicyBody=text(statement, policy()))
    resources: dict[str, Any] = {"Other": (f"{name}-other", 1)}
    for logical_id, value in change.items():
        is_name = isinstance(value, str)
        resources[logical_id] = (f"{name}-{value}", 1) if is_name else (f"{name}-kept", value)

    went_through = update(stacks, name, template(**resources))

    events = stacks.describe_stack_events(StackName=name)["StackEvents"]
    reasons = [each.get("ResourceStatusReason") for each in events if each["ResourceStatus"] == "UPDATE_FAILED"]
    assert not went_through
    assert stacks.describe_stacks(StackName=name)["Stacks"][0]["StackStatus"] == "UPDATE_ROLLBACK_COMPLETE"
    assert (
        f"Action denied by stack policy: Statement [#1] does not allow [{action}] for resource [LogicalResourceId/Kept]"
    ) in reasons
    assert stacks.describe_stack_resource(StackName=name, LogicalResourceId="Kept")["StackResourceDetail"]
    delete(stacks, name)


def test_what_no_statement_allows_is_denied_unless_the_update_says_otherwise(stacks: Any) -> None:
    name = "policy-during"
    create(stacks, name, StackPolicyBody=text(policy(resource="LogicalResourceId/Other")))
    changed = template(Kept=(f"{name}-kept", 3), Other=(f"{name}-other", 3))

    assert not update(stacks, name, changed)
    assert update(stacks, name, changed, StackPolicyDuringUpdateBody=text(policy()))
    assert not update(stacks, name, template(Kept=(f"{name}-kept", 5), Other=(f"{name}-other", 3)))
    delete(stacks, name)
