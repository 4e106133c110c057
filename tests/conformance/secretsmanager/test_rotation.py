"""Secrets that a function rotates: four steps, and a label that moves at the end."""

from __future__ import annotations

import json
import time
import uuid
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import pytest
from tests.conformance.secretsmanager.conftest import MakeSecret
from tests.fixtures.refusals import refusal
from tests.fixtures.target import PYTHON_RUNTIME
from tests.fixtures.zip_functions import archive

if TYPE_CHECKING:
    from tests.fixtures.target import MakeRole, Target

CODE = """
import boto3, os

def handler(event, context):
    secrets = boto3.client("secretsmanager", endpoint_url=os.environ.get("AWS_ENDPOINT_URL"))
    secret, token, step = event["SecretId"], event["ClientRequestToken"], event["Step"]
    versions = secrets.describe_secret(SecretId=secret)["VersionIdsToStages"]
    assert "AWSPENDING" in versions[token], versions
    current = next(name for name, labels in versions.items() if "AWSCURRENT" in labels)
    before = secrets.get_secret_value(SecretId=secret)["SecretString"]
    if step == "createSecret":
        try:
            secrets.get_secret_value(SecretId=secret, VersionId=token, VersionStage="AWSPENDING")
        except secrets.exceptions.ResourceNotFoundException:
            made = dict(SecretId=secret, ClientRequestToken=token, VersionStages=["AWSPENDING"])
            secrets.put_secret_value(SecretString=before + "+", **made)
    if step == "testSecret" and before == "bad":
        raise ValueError("no such password")
    if step == "finishSecret":
        moved = dict(SecretId=secret, VersionStage="AWSCURRENT")
        secrets.update_secret_version_stage(MoveToVersionId=token, RemoveFromVersionId=current, **moved)
"""
CEILING_S = 60
DENIED = (
    "Secrets Manager cannot invoke the specified Lambda function. Ensure that the function policy grants access to "
    "the principal secretsmanager.amazonaws.com."
)
UNFINISHED = "A previous rotation isn't complete. That rotation will be reattempted."


@pytest.fixture(scope="module")
def functions(target: Target, make_role: MakeRole) -> Iterator[tuple[str, str]]:
    """A function that Secrets Manager may call, and one that it may not."""
    role = make_role("lambda.amazonaws.com", {"Action": "secretsmanager:*", "Resource": "*"})
    client, names = target.client("lambda"), [f"conf-{uuid.uuid4().hex[:12]}" for _ in range(2)]
    settings = {"Runtime": PYTHON_RUNTIME, "Handler": "app.handler", "Timeout": 30, "MemorySize": 512}
    arns = []
    for name in names:
        made = client.create_function(FunctionName=name, Role=role, Code={"ZipFile": archive(CODE)}, **settings)
        arns.append(made["FunctionArn"])
        client.get_waiter("function_active_v2").wait(FunctionName=name)
    who = {"Action": "lambda:InvokeFunction", "Principal": "secretsmanager.amazonaws.com"}
    client.add_permission(FunctionName=names[0], StatementId="rotate", **who)
    yield arns[0], arns[1]
    for name in names:
        client.delete_function(FunctionName=name)


def until(holds: Callable[[], bool]) -> None:
    end = time.monotonic() + CEILING_S
    while not holds():
        assert time.monotonic() < end
        time.sleep(0.05)


def labels(secretsmanager: Any, name: str) -> dict[str, list[str]]:
    return {key: sorted(value) for key, value in described(secretsmanager, name)["VersionIdsToStages"].items()}


def described(secretsmanager: Any, name: str) -> dict[str, Any]:
    found: dict[str, Any] = secretsmanager.describe_secret(SecretId=name)
    return found


def rotated(secretsmanager: Any, name: str) -> bool:
    return "LastRotatedDate" in described(secretsmanager, name)


def test_a_rotation_makes_a_new_current_value(
    secretsmanager: Any, make_secret: MakeSecret, functions: tuple[str, str]
) -> None:
    name, token = make_secret("one"), str(uuid.uuid4())
    (first,) = labels(secretsmanager, name)
    about = {"RotationLambdaARN": functions[0], "RotationRules": {"AutomaticallyAfterDays": 1}}

    answer = secretsmanager.rotate_secret(SecretId=name, ClientRequestToken=token, **about)

    assert (answer["Name"], answer["VersionId"]) == (name, token)
    until(lambda: rotated(secretsmanager, name))
    assert labels(secretsmanager, name) == {first: ["AWSPREVIOUS"], token: ["AWSCURRENT", "AWSPENDING"]}
    assert secretsmanager.get_secret_value(SecretId=name)["SecretString"] == "one+"
    shown = described(secretsmanager, name)
    assert {member: shown[member] for member in about} == about
    assert shown["RotationEnabled"] is True
    assert shown["NextRotationDate"] > shown["LastRotatedDate"]


def test_a_rotation_that_failed_is_tried_again(
    secretsmanager: Any, make_secret: MakeSecret, functions: tuple[str, str]
) -> None:
    name, token = make_secret("bad"), str(uuid.uuid4())
    asked = {"SecretId": name, "RotationLambdaARN": functions[0], "RotationRules": {"AutomaticallyAfterDays": 1}}
    secretsmanager.rotate_secret(ClientRequestToken=token, **asked)
    until(lambda: _is_pending(secretsmanager, name, token))

    again = refusal(secretsmanager.rotate_secret, **asked)

    assert again == ("InvalidRequestException", UNFINISHED)
    assert secretsmanager.get_secret_value(SecretId=name)["SecretString"] == "bad"
    stopped = secretsmanager.cancel_rotate_secret(SecretId=name)
    assert (stopped["VersionId"], described(secretsmanager, name)["RotationEnabled"]) == (token, False)
    assert "NextRotationDate" not in described(secretsmanager, name)


def _is_pending(secretsmanager: Any, name: str, token: str) -> bool:
    try:
        secretsmanager.get_secret_value(SecretId=name, VersionId=token)
    except secretsmanager.exceptions.ResourceNotFoundException:
        return False
    return True


def test_a_function_must_let_itself_be_called(
    secretsmanager: Any, make_secret: MakeSecret, functions: tuple[str, str]
) -> None:
    name = make_secret("one")
    nobody = functions[1].rpartition(":")[0] + ":nobody"

    for arn in (functions[1], nobody):
        rules = {"RotationLambdaARN": arn, "RotationRules": {"AutomaticallyAfterDays": 1}}
        assert refusal(secretsmanager.rotate_secret, SecretId=name, **rules) == ("AccessDeniedException", DENIED)

    assert "RotationEnabled" not in described(secretsmanager, name)


def test_a_secret_without_a_function_is_not_rotated(secretsmanager: Any, make_secret: MakeSecret) -> None:
    name = make_secret("one")

    message = "No Lambda rotation function ARN is associated with this secret."
    assert refusal(secretsmanager.rotate_secret, SecretId=name) == ("InvalidRequestException", message)


def test_a_stack_sets_how_a_secret_is_rotated(
    target: Target, secretsmanager: Any, make_secret: MakeSecret, functions: tuple[str, str], name: str
) -> None:
    secret, client = make_secret("one"), target.client("cloudformation")
    properties = {
        "SecretId": described(secretsmanager, secret)["ARN"],
        "RotationLambdaARN": functions[0],
        "RotationRules": {"ScheduleExpression": "rate(10 days)"},
    }
    resource = {"Type": "AWS::SecretsManager::RotationSchedule", "Properties": properties}

    client.create_stack(StackName=name, TemplateBody=json.dumps({"Resources": {"Schedule": resource}}))

    client.get_waiter("stack_create_complete").wait(StackName=name, WaiterConfig={"Delay": 1})
    until(lambda: rotated(secretsmanager, secret))
    assert described(secretsmanager, secret)["RotationRules"] == {"ScheduleExpression": "rate(10 days)"}
    client.delete_stack(StackName=name)
    client.get_waiter("stack_delete_complete").wait(StackName=name, WaiterConfig={"Delay": 1})
    assert described(secretsmanager, secret)["RotationEnabled"] is False
