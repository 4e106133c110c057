"""Templates of AWS SAM, with the calls that `sam deploy` makes; AWS's own translator expands them."""

from __future__ import annotations

import io
import json
import os
import urllib.request
import uuid
import zipfile
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError
from tests.conformance.fetch import SAM_PYTHON
from tests.fixtures.emulator import LiveEmulator
from tests.fixtures.target import PYTHON_RUNTIME

from mlfn_localstack.process import read_credentials, start, stop

if TYPE_CHECKING:
    from collections.abc import Iterator

SERVERLESS = "AWS::Serverless-2016-10-31"
FAST = {"Delay": 1}
CODE = 'def handler(event, context):\n    return {"statusCode": 200, "body": event["rawPath"]}\n'


@pytest.fixture(scope="module")
def sam(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveEmulator]:
    """An emulator that has the translator."""
    if not SAM_PYTHON.exists():
        reason = "run python -m tests.conformance.fetch sam-translator"
        (pytest.fail if os.environ.get("CI") else pytest.skip)(reason)
    state_dir = tmp_path_factory.mktemp("sam")
    running = start(state_dir, port=0, arguments=("--option", f"sam_python={SAM_PYTHON}"))
    credentials = read_credentials(state_dir)
    assert credentials is not None
    yield LiveEmulator(endpoint=running.endpoint, credentials=credentials, state_dir=state_dir)
    stop(state_dir)


@pytest.fixture(scope="module")
def cloudformation(sam: LiveEmulator) -> Any:
    return sam.client("cloudformation")


@pytest.fixture(scope="module")
def code(sam: LiveEmulator) -> str:
    """Where `sam package` would have put a function's code."""
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as file:
        file.writestr("app.py", CODE)
    s3 = sam.client("s3")
    s3.create_bucket(Bucket="sam-code")
    s3.put_object(Bucket="sam-code", Key="code.zip", Body=archive.getvalue())
    return "s3://sam-code/code.zip"


def template(code: str, **properties: Any) -> str:
    """A function behind an HTTP API, with a version of its own for each content."""
    function = {
        "CodeUri": code,
        "Handler": "app.handler",
        "AutoPublishAlias": "live",
        "Environment": {"Variables": {"STAGE": {"Ref": "Stage"}}},
        "Policies": ["AWSLambdaBasicExecutionRole", {"DynamoDBCrudPolicy": {"TableName": {"Ref": "Table"}}}],
        "Events": {
            "Get": {"Type": "HttpApi", "Properties": {"Path": "/hello", "Method": "get"}},
            "Nightly": {"Type": "ScheduleV2", "Properties": {"ScheduleExpression": "rate(1 day)"}},
            "Orders": {"Type": "SQS", "Properties": {"Queue": {"Fn::GetAtt": ["Queue", "Arn"]}}},
        },
    }
    body = {
        "AWSTemplateFormatVersion": "2010-09-09",
        "Transform": SERVERLESS,
        "Globals": {"Function": {"Runtime": PYTHON_RUNTIME, "Timeout": 5}},
        "Parameters": {"Stage": {"Type": "String", "Default": "dev"}},
        "Resources": {
            "Hello": {"Type": "AWS::Serverless::Function", "Properties": function | properties},
            "Table": {"Type": "AWS::Serverless::SimpleTable"},
            "Queue": {"Type": "AWS::SQS::Queue"},
        },
        "Outputs": {"Api": {"Value": {"Ref": "ServerlessHttpApi"}}},
    }
    return json.dumps(body)


def review(client: Any, stack: str, body: str, kind: str, **params: Any) -> dict[str, Any]:
    """A change set as `sam deploy` makes it."""
    made = client.create_change_set(
        StackName=stack, ChangeSetName=f"samcli-{uuid.uuid4().hex}", ChangeSetType=kind, TemplateBody=body, **params
    )
    found: dict[str, Any] = client.describe_change_set(ChangeSetName=made["Id"])
    return found


def deploy(client: Any, stack: str, body: str, kind: str) -> dict[str, Any]:
    """The stack once it is deployed."""
    change_set = review(client, stack, body, kind, Capabilities=["CAPABILITY_IAM"])
    assert change_set["Status"] == "CREATE_COMPLETE", change_set["StatusReason"]
    client.execute_change_set(ChangeSetName=change_set["ChangeSetId"])
    waiter = client.get_waiter(f"stack_{kind.lower()}_complete")
    waiter.wait(StackName=stack, WaiterConfig=FAST)
    found: dict[str, Any] = client.describe_stacks(StackName=stack)["Stacks"][0]
    return found


def test_a_function_is_deployed_changed_and_deleted(sam: LiveEmulator, cloudformation: Any, code: str) -> None:
    stack = deploy(cloudformation, "hello", template(code), "CREATE")

    (api,) = [one["OutputValue"] for one in stack["Outputs"]]
    with urllib.request.urlopen(f"{sam.endpoint}/_aws/execute-api/{api}/hello") as answer:  # noqa: S310 - our own loopback server
        assert answer.read() == b"/hello"
    deploy(cloudformation, "hello", template(code, MemorySize=256), "UPDATE")
    again = review(cloudformation, "hello", template(code, MemorySize=256), "UPDATE", Capabilities=["CAPABILITY_IAM"])
    assert again["StatusReason"].startswith("The submitted information didn't contain changes.")
    cloudformation.delete_stack(StackName="hello")
    cloudformation.get_waiter("stack_delete_complete").wait(StackName="hello", WaiterConfig=FAST)
    assert sam.client("apigatewayv2").get_apis()["Items"] == []


def test_the_template_is_kept_as_it_was_given_and_as_it_was_expanded(cloudformation: Any, code: str) -> None:
    body = template(code)
    review(cloudformation, "stages", body, "CREATE", Capabilities=["CAPABILITY_IAM"])

    by_default = cloudformation.get_template(StackName="stages")
    given = cloudformation.get_template(StackName="stages", TemplateStage="Original")

    assert given["TemplateBody"] == json.loads(body)
    assert by_default["TemplateBody"]["Resources"]["Hello"]["Type"] == "AWS::Lambda::Function"
    assert by_default["StagesAvailable"] == ["Original", "Processed"]


def test_what_a_template_declares_is_told_before_it_is_expanded(cloudformation: Any, code: str) -> None:
    checked = cloudformation.validate_template(TemplateBody=template(code))
    summary = cloudformation.get_template_summary(TemplateBody=template(code))

    assert checked["Capabilities"] == ["CAPABILITY_AUTO_EXPAND"]
    assert checked["DeclaredTransforms"] == summary["DeclaredTransforms"] == [SERVERLESS]
    assert "AWS::Serverless::Function" in summary["ResourceTypes"]


@pytest.mark.parametrize(
    ("properties", "capabilities", "reason"),
    [
        ({}, [], "Requires capabilities : [CAPABILITY_IAM]"),
        (
            {"CodeUri": "src/"},
            ["CAPABILITY_IAM"],
            f"Transform {SERVERLESS} failed with: Invalid Serverless Application Specification document. Number of "
            "errors found: 1. Resource with id [Hello] is invalid. 'CodeUri' is not a valid S3 Uri of the form "
            "'s3://bucket/key' with optional versionId query parameter.",
        ),
        (
            {"Events": {"Get": {"Type": "Api", "Properties": {"Path": "/", "Method": "get"}}}},
            ["CAPABILITY_IAM"],
            "Template format error: Unrecognized resource types: [AWS::ApiGateway::Deployment, "
            "AWS::ApiGateway::RestApi, AWS::ApiGateway::Stage]",
        ),
    ],
    ids=["roles", "code that is not packaged", "a REST API"],
)
def test_a_change_set_tells_why_it_failed(
    cloudformation: Any, code: str, properties: dict[str, Any], capabilities: list[str], reason: str
) -> None:
    name = f"failed-{uuid.uuid4().hex[:8]}"

    failed = review(cloudformation, name, template(code, **properties), "CREATE", Capabilities=capabilities)

    assert (failed["Status"], failed["ExecutionStatus"]) == ("FAILED", "UNAVAILABLE")
    assert failed["StatusReason"] == reason
    assert failed["Changes"] == []


def test_what_nobody_reviews_needs_a_capability_of_its_own(cloudformation: Any, code: str) -> None:
    with pytest.raises(ClientError) as caught:
        cloudformation.create_stack(StackName="direct", TemplateBody=template(code), Capabilities=["CAPABILITY_IAM"])

    assert caught.value.response["Error"]["Code"] == "InsufficientCapabilitiesException"
    assert caught.value.response["Error"]["Message"] == "Requires capabilities : [CAPABILITY_AUTO_EXPAND]"


def test_a_stack_under_review_has_its_event(cloudformation: Any, code: str) -> None:
    review(cloudformation, "reviewed", template(code), "CREATE", Capabilities=["CAPABILITY_IAM"])

    (event,) = cloudformation.describe_stack_events(StackName="reviewed")["StackEvents"]

    assert (event["ResourceStatus"], event["ResourceStatusReason"]) == ("REVIEW_IN_PROGRESS", "User Initiated")
