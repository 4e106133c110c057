"""Who hands a role to a service must be allowed to pass it."""

from __future__ import annotations

import json
import uuid
from typing import Any

import pytest
from botocore.exceptions import ClientError
from tests.conformance.clients.conftest import archive
from tests.fixtures.target import PYTHON_RUNTIME, trust

DEFINITION = json.dumps({"StartAt": "A", "States": {"A": {"Type": "Pass", "End": True}}})


def allow(emulator: Any, user: str, *statements: dict[str, Any]) -> None:
    document = {
        "Version": "2012-10-17",
        "Statement": [{"Effect": "Allow", "Resource": "*", **one} for one in statements],
    }
    emulator.client("iam").put_user_policy(UserName=user, PolicyName="may", PolicyDocument=json.dumps(document))


@pytest.fixture
def user(emulator: Any) -> tuple[str, dict[str, str]]:
    iam, name = emulator.client("iam"), f"passer-{uuid.uuid4().hex[:8]}"
    iam.create_user(UserName=name)
    pair = iam.create_access_key(UserName=name)["AccessKey"]
    return name, {"aws_access_key_id": pair["AccessKeyId"], "aws_secret_access_key": pair["SecretAccessKey"]}


def role(emulator: Any, name: str, service: str) -> str:
    made = emulator.client("iam").create_role(RoleName=name, AssumeRolePolicyDocument=trust(service))
    return str(made["Role"]["Arn"])


def passing(arn: str, service: str) -> dict[str, Any]:
    condition = {"StringEquals": {"iam:PassedToService": service}}
    return {"Action": "iam:PassRole", "Resource": arn, "Condition": condition}


def test_a_function_needs_its_creator_to_pass_the_role(emulator: Any, user: Any) -> None:
    name, keys = user
    arn = role(emulator, name, "lambda.amazonaws.com")
    client = emulator.client("lambda", **keys)
    code = {"ZipFile": archive({"app.py": "def handler(event, context):\n    return event\n"})}
    wanted = {"FunctionName": name, "Runtime": PYTHON_RUNTIME, "Handler": "app.handler", "Role": arn, "Code": code}
    allow(emulator, name, {"Action": "lambda:*"})

    with pytest.raises(ClientError) as raised:
        client.create_function(**wanted)

    assert raised.value.response["Error"] == {
        "Code": "AccessDeniedException",
        "Message": f"User: arn:aws:iam::000000000000:user/{name} is not authorized to perform: iam:PassRole "
        f"on resource: {arn} because no identity-based policy allows the iam:PassRole action",
    }
    allow(emulator, name, {"Action": "lambda:*"}, passing(arn, "states.amazonaws.com"))
    with pytest.raises(ClientError, match="iam:PassRole"):
        client.create_function(**wanted)
    allow(emulator, name, {"Action": "lambda:*"}, passing(arn, "lambda.amazonaws.com"))
    assert client.create_function(**wanted)["Role"] == arn


def test_a_configuration_without_a_role_passes_none(emulator: Any, user: Any) -> None:
    name, keys = user
    arn = role(emulator, name, "lambda.amazonaws.com")
    code = {"ZipFile": archive({"app.py": "def handler(event, context):\n    return event\n"})}
    emulator.client("lambda").create_function(
        FunctionName=name, Runtime=PYTHON_RUNTIME, Handler="app.handler", Role=arn, Code=code
    )
    allow(emulator, name, {"Action": "lambda:*"})
    client = emulator.client("lambda", **keys)

    client.update_function_configuration(FunctionName=name, Timeout=5)
    with pytest.raises(ClientError, match="iam:PassRole"):
        client.update_function_configuration(FunctionName=name, Role=arn)


def test_a_state_machine_needs_its_creator_to_pass_the_role(emulator: Any, user: Any) -> None:
    name, keys = user
    arn = role(emulator, name, "states.amazonaws.com")
    client = emulator.client("stepfunctions", **keys)
    allow(emulator, name, {"Action": "states:*"})

    with pytest.raises(ClientError, match="iam:PassRole"):
        client.create_state_machine(name=name, definition=DEFINITION, roleArn=arn)

    allow(emulator, name, {"Action": "states:*"}, passing(arn, "states.amazonaws.com"))
    machine = client.create_state_machine(name=name, definition=DEFINITION, roleArn=arn)["stateMachineArn"]
    allow(emulator, name, {"Action": "states:*"})
    with pytest.raises(ClientError, match="iam:PassRole"):
        client.update_state_machine(stateMachineArn=machine, roleArn=arn)


def test_a_tested_state_needs_its_role_passed(emulator: Any, user: Any) -> None:
    name, keys = user
    arn = role(emulator, name, "states.amazonaws.com")
    state = json.dumps({"Type": "Pass", "End": True})
    client = emulator.client("stepfunctions", **keys)
    allow(emulator, name, {"Action": "states:*"})

    with pytest.raises(ClientError, match="iam:PassRole"):
        client.test_state(definition=state, roleArn=arn)

    allow(emulator, name, {"Action": "states:*"}, passing(arn, "states.amazonaws.com"))
    assert client.test_state(definition=state, roleArn=arn)["status"] == "SUCCEEDED"


NO_ROLES = ["arn:aws:iam::000000000000:root", "arn:aws:iam::000000000000:user/jane", "arn:anything"]


@pytest.mark.parametrize("arn", NO_ROLES)
def test_what_is_no_role_is_passed_to_no_state_machine(emulator: Any, arn: str) -> None:
    client, name = emulator.client("stepfunctions"), f"roleless-{uuid.uuid4().hex[:8]}"

    with pytest.raises(ClientError, match="Invalid Role Arn"):
        client.create_state_machine(name=name, definition=DEFINITION, roleArn=arn)
    with pytest.raises(ClientError, match="Invalid Role Arn"):
        client.test_state(definition=json.dumps({"Type": "Pass", "End": True}), roleArn=arn)


def test_a_role_passed_under_another_path_opens_nothing(emulator: Any) -> None:
    name = f"pathless-{uuid.uuid4().hex[:8]}"
    everything = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}
    arn = role(emulator, name, "states.amazonaws.com")
    emulator.client("iam").put_role_policy(RoleName=name, PolicyName="all", PolicyDocument=json.dumps(everything))
    task = {
        "Type": "Task",
        "Resource": "arn:aws:states:::aws-sdk:sqs:listQueues",
        "Arguments": {},
        "QueryLanguage": "JSONata",
        "End": True,
    }
    client = emulator.client("stepfunctions")

    for given in (arn, arn.replace(":role/", ":role/harmless/"), arn.replace("000000000000", "111111111111")):
        answer = client.test_state(definition=json.dumps(task), roleArn=given)
        assert answer["status"] == ("SUCCEEDED" if given == arn else "FAILED"), answer
