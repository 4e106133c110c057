"""A state machine's role has to trust Step Functions before anything runs."""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.fixtures.target import MakeRole, Target

PASS = json.dumps({"StartAt": "S", "States": {"S": {"Type": "Pass", "End": True}}})
NOTHING = {"Action": "states:DescribeStateMachine", "Resource": "*"}
UNTRUSTING = {
    "Code": "AccessDeniedException",
    "Message": "Neither the global service principal states.amazonaws.com, nor the regional one is authorized to"
    " assume the provided role.",
}
Create = Callable[[str], str]


@pytest.fixture
def create(target: Target) -> Iterator[Create]:
    """Makes state machines of roles; they go with the test."""
    client, made = target.client("stepfunctions"), list[str]()

    def of_role(role: str) -> str:
        name = f"conf-{uuid.uuid4().hex[:12]}"
        made.append(client.create_state_machine(name=name, definition=PASS, roleArn=role)["stateMachineArn"])
        return made[-1]

    yield of_role
    for arn in made:
        client.delete_state_machine(stateMachineArn=arn)


def _refused(call: Any, *args: Any, **params: Any) -> Any:
    with pytest.raises(ClientError) as caught:
        call(*args, **params)
    return caught.value.response["Error"]


def test_a_role_of_another_service_makes_no_state_machine(create: Create, make_role: MakeRole) -> None:
    assert _refused(create, make_role("lambda.amazonaws.com", NOTHING)) == UNTRUSTING


def test_a_role_that_is_not_there_makes_no_state_machine(create: Create, make_role: MakeRole) -> None:
    there = make_role("states.amazonaws.com", NOTHING)

    assert _refused(create, f"{there}-not") == UNTRUSTING


def test_a_state_machine_keeps_its_role_if_the_next_one_does_not_trust(
    target: Target, create: Create, make_role: MakeRole
) -> None:
    client, role = target.client("stepfunctions"), make_role("states.amazonaws.com", NOTHING)
    arn = create(role)

    other = make_role("lambda.amazonaws.com", NOTHING)

    assert _refused(client.update_state_machine, stateMachineArn=arn, roleArn=other) == UNTRUSTING
    assert client.describe_state_machine(stateMachineArn=arn)["roleArn"] == role


def test_a_role_may_trust_step_functions_in_its_region_alone(
    target: Target, create: Create, make_role: MakeRole
) -> None:
    role = make_role(f"states.{target.region}.amazonaws.com", NOTHING)

    assert create(role).startswith(f"arn:aws:states:{target.region}:")


@pytest.mark.parametrize(("place", "trusts"), [("stateMachine:*", True), ("activity:*", False)])
def test_a_role_may_trust_step_functions_on_behalf_of_certain_state_machines(
    target: Target, create: Create, make_role: MakeRole, place: str, trusts: bool
) -> None:
    role = make_role("states.amazonaws.com", NOTHING)
    condition = {"ArnLike": {"aws:SourceArn": f"arn:aws:states:{target.region}:*:{place}"}}
    statement = {"Effect": "Allow", "Principal": {"Service": "states.amazonaws.com"}, "Action": "sts:AssumeRole"}
    document = json.dumps({"Version": "2012-10-17", "Statement": [{**statement, "Condition": condition}]})
    target.client("iam").update_assume_role_policy(RoleName=role.split("/")[-1], PolicyDocument=document)

    if trusts:
        assert create(role)
    else:
        assert _refused(create, role) == UNTRUSTING
