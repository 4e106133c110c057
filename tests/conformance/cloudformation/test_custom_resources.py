"""Custom resources: what CloudFormation asks of a provider, and what it makes of the responses."""

from __future__ import annotations

import json
import time
import urllib.request
import uuid
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError, WaiterError
from tests.fixtures.target import PYTHON_RUNTIME

if TYPE_CHECKING:
    from tests.fixtures.emulator import LiveEmulator

FAST = {"Delay": 0.1, "MaxAttempts": 900}
REPLACED = "Requested update required the provider to create a new physical resource"
PROVIDER = """
import json
import boto3
import cfnresponse

def handler(event, context):
    event = json.loads(event["Records"][0]["Sns"]["Message"]) if "Records" in event else event
    told = event["ResourceProperties"]
    boto3.client("sqs").send_message(QueueUrl=told["Queue"], MessageBody=json.dumps(event))
    if told.get("Silent") == event["RequestType"]:
        return
    failed = told.get("Fails") == event["RequestType"]
    data = {"Color": "red", "Size": 3, "Long": "x" * int(told.get("Length", 0))}
    cfnresponse.send(
        event, context, cfnresponse.FAILED if failed else cfnresponse.SUCCESS, data, told.get("Id", "one"),
        noEcho=told.get("Secret") == "true", reason="because" if failed else None,
    )
"""
QUEUE = {"Ref": "Queue"}


def template(*, made_of: str = "Custom::Thing", token: Any = None, output: Any = None, **properties: Any) -> str:
    """A resource with all that its provider needs, which tells a queue what it is asked for."""
    trust = {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}
    allowed = {"Effect": "Allow", "Action": "sqs:SendMessage", "Resource": {"Fn::GetAtt": ["Queue", "Arn"]}}
    role = {
        "AssumeRolePolicyDocument": {"Statement": [trust]},
        "Policies": [{"PolicyName": "tell", "PolicyDocument": {"Statement": [allowed]}}],
    }
    function = {
        "Runtime": PYTHON_RUNTIME,
        "Handler": "index.handler",
        "Role": {"Fn::GetAtt": ["Role", "Arn"]},
        "Code": {"ZipFile": PROVIDER},
        "Timeout": 30,
    }
    source = {"Protocol": "lambda", "TopicArn": {"Ref": "Topic"}, "Endpoint": {"Fn::GetAtt": ["Provider", "Arn"]}}
    permission = {
        "FunctionName": {"Ref": "Provider"},
        "Action": "lambda:InvokeFunction",
        "Principal": "sns.amazonaws.com",
    }
    given = {"ServiceToken": token or {"Fn::GetAtt": ["Provider", "Arn"]}, "Queue": QUEUE, **properties}
    resources = {
        "Queue": {"Type": "AWS::SQS::Queue"},
        "Role": {"Type": "AWS::IAM::Role", "Properties": role},
        "Provider": {"Type": "AWS::Lambda::Function", "Properties": function},
        "Topic": {"Type": "AWS::SNS::Topic"},
        "Listener": {"Type": "AWS::SNS::Subscription", "Properties": source},
        "Let": {"Type": "AWS::Lambda::Permission", "Properties": permission},
        "Thing": {"Type": made_of, "Properties": given, "DependsOn": ["Listener", "Let"]},
    }
    color = output or {"Fn::GetAtt": ["Thing", "Color"]}
    return json.dumps({"Resources": resources, "Outputs": {"Queue": {"Value": QUEUE}, "Color": {"Value": color}}})


class Deployment:
    """A stack with a custom resource."""

    def __init__(self, emulator: LiveEmulator) -> None:
        self.name = f"custom-{uuid.uuid4().hex[:8]}"
        self.client = emulator.client("cloudformation")
        self._sqs = emulator.client("sqs")

    def deploy(self, kind: str = "create", **properties: Any) -> dict[str, str]:
        """The outputs of the stack once it is there."""
        arguments = {"StackName": self.name, "TemplateBody": template(**properties)}
        getattr(self.client, f"{kind}_stack")(**arguments, Capabilities=["CAPABILITY_IAM"])
        self.client.get_waiter(f"stack_{kind}_complete").wait(StackName=self.name, WaiterConfig=FAST)
        stack = self.client.describe_stacks(StackName=self.name)["Stacks"][0]
        return {one["OutputKey"]: one["OutputValue"] for one in stack["Outputs"]}

    def asked(self) -> list[dict[str, Any]]:
        """What the provider was asked since the last time."""
        queue = self.client.describe_stack_resource(StackName=self.name, LogicalResourceId="Queue")
        url, found = queue["StackResourceDetail"]["PhysicalResourceId"], []
        while messages := self._sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages"):
            for one in messages:
                found.append(json.loads(one["Body"]))
                self._sqs.delete_message(QueueUrl=url, ReceiptHandle=one["ReceiptHandle"])
        return found

    def events(self) -> list[tuple[str, str, str]]:
        """Status, physical id and reason of every event of the resource, oldest first."""
        answer = self.client.describe_stack_events(StackName=self.name)
        own = [one for one in reversed(answer["StackEvents"]) if one["LogicalResourceId"] == "Thing"]
        return [(one["ResourceStatus"], one["PhysicalResourceId"], one.get("ResourceStatusReason", "")) for one in own]

    def reason(self, status: str) -> str:
        """What the resource's last event of a status says."""
        return [reason for state, _, reason in self.events() if state == status][-1]


@pytest.fixture
def stack(emulator: LiveEmulator) -> Deployment:
    return Deployment(emulator)


def test_a_provider_is_asked_to_create_and_its_data_are_attributes(stack: Deployment) -> None:
    outputs = stack.deploy(Count=1, On=True, Inner=[{"Ratio": 2.5}])

    (asked,) = stack.asked()
    assert outputs["Color"] == "red"
    assert asked["RequestType"] == "Create"
    assert (asked["ResourceType"], asked["LogicalResourceId"]) == ("Custom::Thing", "Thing")
    assert asked["ServiceToken"] == asked["ResourceProperties"].pop("ServiceToken")
    asked["ResourceProperties"].pop("Queue")
    assert asked["ResourceProperties"] == {"Count": "1", "On": "true", "Inner": [{"Ratio": "2.5"}]}
    assert f"%7CThing%7C{asked['RequestId']}?" in asked["ResponseURL"]
    assert not {"PhysicalResourceId", "OldResourceProperties"} & set(asked)
    assert stack.events() == [
        ("CREATE_IN_PROGRESS", "", ""),
        ("CREATE_IN_PROGRESS", "one", "Resource creation Initiated"),
        ("CREATE_COMPLETE", "one", ""),
    ]


def test_another_physical_id_is_a_replacement_whose_predecessor_is_deleted(stack: Deployment) -> None:
    stack.deploy(Step=1)
    stack.asked()

    stack.deploy("update", Step=2, Id="two")

    update, delete = sorted(stack.asked(), key=lambda one: str(one["RequestType"]), reverse=True)
    assert (update["RequestType"], update["PhysicalResourceId"]) == ("Update", "one")
    assert (update["OldResourceProperties"]["Step"], update["ResourceProperties"]["Step"]) == ("1", "2")
    assert (delete["RequestType"], delete["PhysicalResourceId"]) == ("Delete", "one")
    assert delete["ResourceProperties"]["Step"] == "1"
    assert stack.events()[3:] == [
        ("UPDATE_IN_PROGRESS", "one", ""),
        ("UPDATE_IN_PROGRESS", "two", REPLACED),
        ("UPDATE_COMPLETE", "two", ""),
        ("DELETE_IN_PROGRESS", "one", ""),
        ("DELETE_COMPLETE", "one", ""),
    ]


def test_a_failed_creation_says_why_and_is_asked_to_be_deleted(stack: Deployment) -> None:
    with pytest.raises(WaiterError, match="ROLLBACK_COMPLETE"):
        stack.deploy(Fails="Create")

    said = "Received response status [FAILED] from custom resource. Message returned: because (RequestId: "
    assert stack.reason("CREATE_FAILED").startswith(said)
    assert [(status, physical_id) for status, physical_id, _ in stack.events()] == [
        ("CREATE_IN_PROGRESS", ""),
        ("CREATE_FAILED", "one"),
        ("DELETE_IN_PROGRESS", "one"),
        ("DELETE_COMPLETE", "one"),
    ]


def test_a_failed_update_is_taken_back_by_another_one(stack: Deployment) -> None:
    stack.deploy(Step=1)
    stack.asked()

    with pytest.raises(WaiterError, match="UPDATE_ROLLBACK_COMPLETE"):
        stack.deploy("update", Step=2, Fails="Update")

    there, back = sorted(stack.asked(), key=lambda one: str(one["ResourceProperties"]["Step"]), reverse=True)
    assert (there["ResourceProperties"]["Step"], there["OldResourceProperties"]["Step"]) == ("2", "1")
    assert (back["ResourceProperties"]["Step"], back["OldResourceProperties"]["Step"]) == ("1", "2")


def test_what_a_failed_update_made_is_deleted_once_it_is_taken_back(stack: Deployment) -> None:
    stack.deploy(Step=1)
    stack.asked()

    with pytest.raises(WaiterError, match="UPDATE_ROLLBACK_COMPLETE"):
        stack.deploy("update", Step=2, Id="two", Fails="Update")

    told = [(one["RequestType"], one["PhysicalResourceId"], one["ResourceProperties"]["Step"]) for one in stack.asked()]
    assert sorted(told) == [("Delete", "two", "2"), ("Update", "one", "2"), ("Update", "two", "1")]


def test_a_provider_that_never_answers_is_given_up_and_asked_to_delete(stack: Deployment) -> None:
    with pytest.raises(WaiterError, match="ROLLBACK_"):  # failed, where a second is too little for the deletion
        stack.deploy(Silent="Create", ServiceTimeout=1)

    assert stack.reason("CREATE_FAILED").startswith(
        "CloudFormation did not receive a response from your Custom Resource. Please check your logs for requestId ["
    )
    asked, failed, deleting, *_ = stack.events()
    assert (asked[:2], failed[0], deleting[0]) == (("CREATE_IN_PROGRESS", ""), "CREATE_FAILED", "DELETE_IN_PROGRESS")
    assert failed[1] == deleting[1]
    assert deleting[1].startswith(f"{stack.name}-Thing-")


def test_a_stack_that_is_deleted_waits_for_no_response(stack: Deployment) -> None:
    body = template(Silent="Create")
    stack_id = stack.client.create_stack(
        StackName=stack.name, TemplateBody=body, Capabilities=["CAPABILITY_IAM"]
    )["StackId"]  # fmt: skip
    _until(lambda: bool(stack.events()))

    stack.client.delete_stack(StackName=stack.name)

    stack.client.get_waiter("stack_delete_complete").wait(StackName=stack_id, WaiterConfig=FAST)
    stack.name = stack_id
    assert stack.reason("CREATE_FAILED") == "Resource creation cancelled"


def test_a_long_response_is_refused(stack: Deployment) -> None:
    with pytest.raises(WaiterError, match="ROLLBACK_FAILED"):
        stack.deploy(Length=4096)

    assert stack.reason("CREATE_FAILED") == "Response object is too long."


def test_an_attribute_that_was_not_sent_fails_the_stack(stack: Deployment) -> None:
    with pytest.raises(WaiterError, match="ROLLBACK_COMPLETE"):
        stack.deploy(output={"Fn::GetAtt": ["Thing", "Shape"]})

    events = stack.client.describe_stack_events(StackName=stack.name)["StackEvents"]
    reasons = [one.get("ResourceStatusReason", "") for one in events if one["LogicalResourceId"] == stack.name]
    said = "CustomResource attribute error: Vendor response doesn't contain Shape attribute in object arn:aws:"
    assert any(reason.startswith(said) for reason in reasons)


def test_what_is_not_to_be_echoed_is_masked(stack: Deployment) -> None:
    outputs = stack.deploy(Secret=True)

    assert outputs["Color"] == "****"


def test_a_topic_is_a_provider_too(stack: Deployment) -> None:
    outputs = stack.deploy(made_of="AWS::CloudFormation::CustomResource", token={"Ref": "Topic"})

    (asked,) = stack.asked()
    assert (asked["RequestType"], outputs["Color"]) == ("Create", "red")
    assert asked["ServiceToken"].startswith("arn:aws:sns:")


def test_another_provider_cannot_take_over(stack: Deployment) -> None:
    stack.deploy()

    with pytest.raises(WaiterError, match="UPDATE_ROLLBACK_COMPLETE"):
        stack.deploy("update", token={"Ref": "Topic"})

    assert stack.reason("UPDATE_FAILED") == "Modifying service token is not allowed."


def test_a_custom_resource_needs_a_provider(stack: Deployment) -> None:
    body = json.dumps({"Resources": {"Thing": {"Type": "Custom::Thing"}}})

    with pytest.raises(ClientError, match="ServiceToken"):
        stack.client.create_stack(StackName=stack.name, TemplateBody=body)


def test_a_response_may_come_from_outside_and_in_chunks(stack: Deployment) -> None:
    body = template(Silent="Create")
    stack.client.create_stack(StackName=stack.name, TemplateBody=body, Capabilities=["CAPABILITY_IAM"])
    _until(lambda: bool(stack.events()))
    asked: list[dict[str, Any]] = []

    def is_asked() -> bool:
        asked.extend(stack.asked())
        return bool(asked)

    _until(is_asked)
    _answer(asked[0], in_chunks=True)

    stack.client.get_waiter("stack_create_complete").wait(StackName=stack.name, WaiterConfig=FAST)
    assert stack.events()[-1] == ("CREATE_COMPLETE", "late", "")


@pytest.mark.parametrize("moment", ["asked", "deleting"])
def test_a_stack_goes_on_waiting_after_the_emulator_was_killed(emulator: Any, stack: Deployment, moment: str) -> None:
    if moment == "deleting":
        stack.deploy(Silent="Delete", ServiceTimeout=600)
        stack_id = stack.client.describe_stacks(StackName=stack.name)["Stacks"][0]["StackId"]
        stack.client.delete_stack(StackName=stack.name)
    else:
        body = template(Silent="Create", ServiceTimeout=600)
        created = stack.client.create_stack(StackName=stack.name, TemplateBody=body, Capabilities=["CAPABILITY_IAM"])
        stack_id = created["StackId"]
    stack.name = stack_id
    request = "Create" if moment == "asked" else "Delete"
    asked: list[dict[str, Any]] = []

    def is_asked() -> bool:
        asked[:] = [one for one in stack.asked() if one["RequestType"] == request]
        return bool(asked)

    _until(lambda: bool(stack.events()))  # by then there is a queue
    _until(is_asked)

    emulator.kill()
    emulator.restart()
    _answer(asked[-1])

    waiter = "stack_create_complete" if moment == "asked" else "stack_delete_complete"
    stack.client.get_waiter(waiter).wait(StackName=stack_id, WaiterConfig=FAST)


def _answer(asked: dict[str, Any], *, in_chunks: bool = False) -> None:
    """Respond late, from outside."""
    names = ("StackId", "RequestId", "LogicalResourceId")
    given = {"Status": "SUCCESS", "PhysicalResourceId": "late", "Data": {"Color": "red"}}
    body = json.dumps(given | {name: asked[name] for name in names}).encode()
    request = urllib.request.Request(asked["ResponseURL"], body, {"content-type": ""}, method="PUT")  # noqa: S310
    if in_chunks:
        request.data = iter([body[:10], body[10:]])
        request.add_header("transfer-encoding", "chunked")
    urllib.request.urlopen(request).close()  # noqa: S310 - our own loopback server


def _until(condition: Any) -> None:
    deadline = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.05)
