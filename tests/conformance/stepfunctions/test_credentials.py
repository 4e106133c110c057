"""Tasks that call as another role than their state machine's."""

from __future__ import annotations

import json
import time
import uuid
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from tests.fixtures.target import MakeRole, Target

_ASSUME = {"Action": "sts:AssumeRole", "Resource": "*"}


def _run(target: Target, own: str, other: str) -> Any:
    client = target.client("stepfunctions")
    resource = "arn:aws:states:::aws-sdk:sts:getCallerIdentity"
    state = {"Type": "Task", "Resource": resource, "Credentials": {"RoleArn": other}, "End": True}
    definition = json.dumps({"StartAt": "S", "States": {"S": {**state, "Parameters": {}}}})
    name = f"conf-{uuid.uuid4().hex[:12]}"
    machine = client.create_state_machine(name=name, definition=definition, roleArn=own)["stateMachineArn"]
    started, deadline = client.start_execution(stateMachineArn=machine)["executionArn"], time.monotonic() + 60
    while (described := client.describe_execution(executionArn=started))["status"] == "RUNNING":
        assert time.monotonic() < deadline
        time.sleep(0.05)
    client.delete_state_machine(stateMachineArn=machine)
    return described


@pytest.mark.parametrize("trusted", [True, False], ids=["trusted", "not trusted"])
def test_a_task_calls_as_another_role_only_if_that_role_trusts_the_machines(
    target: Target, make_role: MakeRole, trusted: bool
) -> None:
    own, other = (make_role("states.amazonaws.com", _ASSUME) for _ in range(2))
    if trusted:
        statement = {"Effect": "Allow", "Principal": {"AWS": own}, "Action": "sts:AssumeRole"}
        document = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
        target.client("iam").update_assume_role_policy(RoleName=other.split("/")[-1], PolicyDocument=document)

    described = _run(target, own, other)

    if trusted:
        assert f"/{other.split('/')[-1]}" in json.loads(described["output"])["Arn"]
    else:
        cause = f"The role {own} is not authorized to assume the task state's role, {other}."
        assert (described["error"], described["cause"]) == ("States.TaskFailed", cause)
