"""On whose behalf a stack's resources are changed: its role's, or the session's that asked, narrowed as that is."""

from __future__ import annotations

import json
import time
import uuid
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError
from tests.fixtures.target import trust
from tests.fixtures.users import new_user

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.fixtures.emulator import LiveEmulator

STACKS = "cloudformation:*"
MAKE, MARK = "sqs:CreateQueue", "sqs:SetQueueAttributes"
READ = ("sqs:GetQueueAttributes", "sqs:GetQueueUrl")
GONE = "sqs:DeleteQueue"


def allowing(*actions: str) -> str:
    statement = {"Effect": "Allow", "Action": list(actions), "Resource": "*"}
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


def queue(delay_s: int = 0) -> str:
    properties = {"DelaySeconds": delay_s}
    return json.dumps({"Resources": {"Queue": {"Type": "AWS::SQS::Queue", "Properties": properties}}})


@pytest.fixture
def name() -> str:
    return f"behalf-{uuid.uuid4().hex[:8]}"


@pytest.fixture
def narrowed(emulator: LiveEmulator, name: str) -> Callable[..., Any]:
    """Clients of CloudFormation in sessions of a role that may do everything, whose policies allow these actions."""
    iam, user = emulator.client("iam"), new_user(emulator.client("iam"), "behalf")
    statement = {"Effect": "Allow", "Principal": {"AWS": user.arn}, "Action": "sts:AssumeRole"}
    document = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    role = iam.create_role(RoleName=name, AssumeRolePolicyDocument=document)["Role"]["Arn"]
    iam.put_role_policy(RoleName=name, PolicyName="all", PolicyDocument=allowing("*"))
    sts = emulator.client("sts", **user.keys)

    def client(*actions: str) -> Any:
        taken = sts.assume_role(RoleArn=role, RoleSessionName="narrow", Policy=allowing(STACKS, *actions))
        keys = taken["Credentials"]
        return emulator.client(
            "cloudformation",
            aws_access_key_id=keys["AccessKeyId"],
            aws_secret_access_key=keys["SecretAccessKey"],
            aws_session_token=keys["SessionToken"],
        )

    return client


def settle(client: Any, name: str) -> str:
    """The stack's status, once nothing is under way."""
    deadline = time.monotonic() + 60
    while (status := client.describe_stacks(StackName=name)["Stacks"][0]["StackStatus"]).endswith("_IN_PROGRESS"):
        assert time.monotonic() < deadline, status
        time.sleep(0.05)
    return str(status)


def reasons(client: Any, name: str) -> str:
    events = client.describe_stack_events(StackName=name)["StackEvents"]
    return " ".join(each.get("ResourceStatusReason", "") for each in events)


def test_a_stack_is_made_within_the_policies_of_the_session(narrowed: Callable[..., Any], name: str) -> None:
    client = narrowed(*READ)

    client.create_stack(StackName=name, TemplateBody=queue())

    assert settle(client, name) == "ROLLBACK_COMPLETE"
    assert "because no session policy allows the sqs:CreateQueue action" in reasons(client, name)


def test_a_change_set_is_carried_out_within_the_policies_of_who_executes_it(
    narrowed: Callable[..., Any], name: str
) -> None:
    wide, narrow = narrowed(MAKE, *READ), narrowed(*READ)
    wide.create_change_set(StackName=name, ChangeSetName="first", ChangeSetType="CREATE", TemplateBody=queue())

    narrow.execute_change_set(StackName=name, ChangeSetName="first")

    assert settle(narrow, name) == "ROLLBACK_COMPLETE"
    assert "because no session policy allows the sqs:CreateQueue action" in reasons(narrow, name)


def test_an_update_and_a_deletion_are_those_of_the_session_that_asks(narrowed: Callable[..., Any], name: str) -> None:
    maker, reader, deleter = narrowed(MAKE, MARK, *READ), narrowed(*READ), narrowed(GONE, *READ)
    maker.create_stack(StackName=name, TemplateBody=queue())
    assert settle(maker, name) == "CREATE_COMPLETE"

    reader.update_stack(StackName=name, TemplateBody=queue(5), DisableRollback=True)

    assert settle(reader, name) == "UPDATE_FAILED"
    assert "because no session policy allows the sqs:SetQueueAttributes action" in reasons(reader, name)
    reader.delete_stack(StackName=name)
    assert settle(reader, name) == "DELETE_FAILED"
    (stack,) = reader.describe_stacks(StackName=name)["Stacks"]
    deleter.delete_stack(StackName=name)
    assert settle(deleter, stack["StackId"]) == "DELETE_COMPLETE"


def test_a_rollback_is_that_of_the_session_that_asks(narrowed: Callable[..., Any], name: str) -> None:
    maker, reader = narrowed(MAKE, MARK, *READ), narrowed(*READ)
    maker.create_stack(StackName=name, TemplateBody=queue())
    assert settle(maker, name) == "CREATE_COMPLETE"
    reader.update_stack(StackName=name, TemplateBody=queue(5), DisableRollback=True)
    assert settle(reader, name) == "UPDATE_FAILED"

    maker.rollback_stack(StackName=name)

    assert settle(maker, name) == "UPDATE_ROLLBACK_COMPLETE"


@pytest.mark.parametrize("operation", ["delete_stack", "update_stack", "rollback_stack"])
def test_a_stack_whose_role_is_gone_cannot_be_changed(emulator: LiveEmulator, name: str, operation: str) -> None:
    client, iam = emulator.client("cloudformation"), emulator.client("iam")
    role = iam.create_role(RoleName=name, AssumeRolePolicyDocument=trust("cloudformation.amazonaws.com"))["Role"]["Arn"]
    iam.put_role_policy(RoleName=name, PolicyName="all", PolicyDocument=allowing("*"))
    client.create_stack(StackName=name, TemplateBody=queue(), RoleARN=role)
    assert settle(client, name) == "CREATE_COMPLETE"
    iam.delete_role_policy(RoleName=name, PolicyName="all")
    iam.delete_role(RoleName=name)
    changed = {"TemplateBody": queue(5)} if operation == "update_stack" else {}

    with pytest.raises(ClientError) as caught:
        getattr(client, operation)(StackName=name, **changed)

    message = f"Role {role} is invalid or cannot be assumed"
    told = caught.value.response["Error"]
    assert (told["Code"], told["Message"]) == ("ValidationError", message)
