"""What clients are told over the wire when a parameter breaks a rule, as recorded from AWS."""

from __future__ import annotations

import json
import uuid
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.fixtures.target import MakeRole, Target

PASS = json.dumps({"StartAt": "S", "States": {"S": {"Type": "Pass", "End": True}}})


@pytest.fixture
def machine(target: Target, make_role: MakeRole) -> Iterator[str]:
    """A state machine's ARN."""
    client, role = target.client("stepfunctions"), make_role("states.amazonaws.com", {"Action": "*", "Resource": "*"})
    name = f"conf-{uuid.uuid4().hex[:12]}"
    arn: str = client.create_state_machine(name=name, definition=PASS, roleArn=role)["stateMachineArn"]
    yield arn
    client.delete_state_machine(stateMachineArn=arn)


def _refused(call: Any, **params: Any) -> str:
    with pytest.raises(ClientError) as caught:
        call(**params)
    assert caught.value.response["Error"]["Code"] == "ValidationException"
    return str(caught.value.response["Error"]["Message"])


def test_a_status_is_one_of_those_named_in_awss_order(target: Target, machine: str) -> None:
    message = _refused(
        target.client("stepfunctions").list_executions, stateMachineArn=machine, statusFilter="succeeded"
    )

    assert message.endswith(
        "Value 'succeeded' at 'statusFilter' failed to satisfy constraint: Member must satisfy enum value set:"
        " [SUCCEEDED, TIMED_OUT, PENDING_REDRIVE, ABORTED, FAILED, RUNNING]"
    )


def test_an_alias_of_three_versions_is_shown_whole(target: Target, machine: str) -> None:
    routes = [{"stateMachineVersionArn": f"{machine}:{number}", "weight": 30 + number} for number in (1, 2, 3)]

    message = _refused(
        target.client("stepfunctions").create_state_machine_alias, name="live", routingConfiguration=routes
    )

    shown = (f"RoutingConfigurationListItem(stateMachineVersionArn={machine}:{n}, weight={30 + n})" for n in (1, 2, 3))
    assert message == (
        f"1 validation error detected: Value '[{', '.join(shown)}]' at 'routingConfiguration' failed to satisfy"
        " constraint: Member must have length less than or equal to 2"
    )
