"""Transforms of parts of templates and of whole ones: macros that functions make, and AWS::Include."""

from __future__ import annotations

import json
import uuid
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError, WaiterError
from tests.fixtures.target import PYTHON_RUNTIME

if TYPE_CHECKING:
    from tests.fixtures.emulator import LiveEmulator

FAST = {"Delay": 0.1, "MaxAttempts": 900}
ACCOUNT = "000000000000"
CAPABILITIES = ["CAPABILITY_IAM", "CAPABILITY_AUTO_EXPAND"]
CODE = """
def handler(event, context):
    answer = {"requestId": event["requestId"], "status": "success", "fragment": event["fragment"]}
    does, params = event["params"].get("Does"), event["params"]
    if does == "break":
        raise ValueError("broken")
    if does == "fail":
        return answer | {"status": "failure"} | ({"errorMessage": params["Message"]} if "Message" in params else {})
    if does == "text":
        return answer | {"fragment": "no template"}
    if does == "tell":
        value, description = str(sorted(event)), str(event["params"])
        return answer | {"fragment": {"Type": "String", "Value": value, "Description": description}}
    return answer | {"fragment": replaced(event["fragment"], params["Input"])}

def replaced(node, text):
    if isinstance(node, dict):
        return {key: replaced(value, text) for key, value in node.items()}
    return node.replace("<here>", f"{text} <here>") if isinstance(node, str) else node
"""


class Deployments:
    """Stacks beside one that declares a macro."""

    def __init__(self, emulator: LiveEmulator) -> None:
        self.client = emulator.client("cloudformation")
        self.macro = f"Macro{uuid.uuid4().hex[:8]}"
        trust = {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}
        function = {
            "Runtime": PYTHON_RUNTIME,
            "Handler": "index.handler",
            "Role": {"Fn::GetAtt": ["Role", "Arn"]},
            "Code": {"ZipFile": CODE},
            "Timeout": 30,
        }
        declared = {"Name": self.macro, "FunctionName": {"Fn::GetAtt": ["Function", "Arn"]}}
        resources = {
            "Role": {"Type": "AWS::IAM::Role", "Properties": {"AssumeRolePolicyDocument": {"Statement": [trust]}}},
            "Function": {"Type": "AWS::Lambda::Function", "Properties": function},
            "Macro": {"Type": "AWS::CloudFormation::Macro", "Properties": declared},
        }
        self.deploy({"Resources": resources})

    def deploy(self, body: dict[str, Any], name: str = "", **params: Any) -> str:
        """The name of a stack once it is there."""
        name = name or f"macros-{uuid.uuid4().hex[:8]}"
        text = json.dumps(body)
        self.client.create_stack(StackName=name, TemplateBody=text, Capabilities=CAPABILITIES, **params)
        self.client.get_waiter("stack_create_complete").wait(StackName=name, WaiterConfig=FAST)
        return name

    def processed(self, body: dict[str, Any], **params: Any) -> dict[str, Any]:
        """A template as its transforms left it."""
        answer = self.client.get_template(StackName=self.deploy(body, **params))
        found: dict[str, Any] = answer["TemplateBody"]
        return found

    def use(self, **params: Any) -> dict[str, Any]:
        """The macro, with parameters."""
        return {"Name": self.macro, "Parameters": params}

    def failure(self, body: dict[str, Any]) -> str:
        """Why a stack is rolled back."""
        name = f"macros-{uuid.uuid4().hex[:8]}"
        with pytest.raises(WaiterError, match="ROLLBACK_COMPLETE"):
            self.deploy(body, name)
        events = self.client.describe_stack_events(StackName=name)["StackEvents"]
        (reason,) = [one["ResourceStatusReason"] for one in events if one["ResourceStatus"] == "ROLLBACK_IN_PROGRESS"]
        return str(reason)


@pytest.fixture(scope="module")
def stacks(emulator: LiveEmulator) -> Deployments:
    return Deployments(emulator)


def parameter(**properties: Any) -> dict[str, Any]:
    """A resource that holds a value."""
    return {"P": {"Type": "AWS::SSM::Parameter", "Properties": {"Type": "String", "Value": "<here>", **properties}}}


def test_transforms_of_parts_come_before_those_of_the_template(stacks: Deployments) -> None:
    part = [stacks.use(Input="first"), stacks.use(Input="second")]
    body = {"Transform": [stacks.use(Input="third"), stacks.use(Input="fourth")]}

    processed = stacks.processed(body | {"Resources": parameter(**{"Fn::Transform": part})})

    assert processed == {"Resources": parameter(Value="first second third fourth <here>")}


def test_a_macro_is_told_of_the_template_it_is_used_in(stacks: Deployments) -> None:
    use = stacks.use(Does="tell", Given={"Ref": "Given"})
    declared = {"Parameters": {"Given": {"Type": "String"}}, "Resources": parameter(**{"Fn::Transform": use})}
    given = [{"ParameterKey": "Given", "ParameterValue": "a value"}]

    properties = stacks.processed(declared, Parameters=given)["Resources"]["P"]["Properties"]

    names = ["accountId", "fragment", "params", "region", "requestId", "templateParameterValues", "transformId"]
    assert properties["Value"] == str(names)
    assert "'Given': 'a value'" in properties["Description"]


def test_a_value_may_be_what_a_macro_makes(stacks: Deployments) -> None:
    inner = {"Fn::Transform": stacks.use(Does="text")}

    properties = stacks.processed({"Resources": parameter(Value=inner)})["Resources"]["P"]["Properties"]

    assert properties["Value"] == "no template"


@pytest.mark.parametrize(
    ("params", "why"),
    [
        ({"Does": "fail", "Message": "of a test"}, "Transform {} failed with: of a test."),
        ({"Does": "fail"}, "Transform {} failed without an error message.."),
        ({"Does": "break"}, "Received malformed response from transform {}."),
        ({"Does": "text"}, "Template format error: unsupported structure.."),
    ],
    ids=["said", "unsaid", "broken", "no template"],
)
def test_a_macro_that_fails_rolls_the_stack_back(stacks: Deployments, params: dict[str, str], why: str) -> None:
    reason = stacks.failure({"Transform": stacks.use(**params), "Resources": parameter()})

    assert reason == f"{why.format(f'{ACCOUNT}::{stacks.macro}')} Rollback requested by user."


def test_a_change_set_tells_of_a_macro_that_nobody_has(stacks: Deployments) -> None:
    body = json.dumps({"Transform": "Nobodys", "Resources": parameter()})
    names = {"StackName": f"macros-{uuid.uuid4().hex[:8]}", "ChangeSetName": "look"}

    stacks.client.create_change_set(**names, ChangeSetType="CREATE", TemplateBody=body)

    change_set = stacks.client.describe_change_set(**names)
    assert (change_set["Status"], change_set["StatusReason"]) == (
        "FAILED",
        f"No transform named {ACCOUNT}::Nobodys found.",
    )


def test_transforms_are_acknowledged(stacks: Deployments) -> None:
    body = json.dumps({"Resources": parameter(**{"Fn::Transform": stacks.use(Input="a")})})

    with pytest.raises(ClientError, match=r"Requires capabilities : \[CAPABILITY_AUTO_EXPAND\]"):
        stacks.client.create_stack(StackName="macros-bare", TemplateBody=body)


def test_a_name_is_one_macros(stacks: Deployments) -> None:
    declared = {"Name": stacks.macro, "FunctionName": "other"}
    body = {"Resources": {"Macro": {"Type": "AWS::CloudFormation::Macro", "Properties": declared}}}

    assert stacks.failure(body).startswith("The following resource(s) failed to create: [Macro].")


@pytest.fixture(scope="module")
def bucket(emulator: LiveEmulator) -> str:
    """A bucket with parts of templates."""
    name, s3 = f"parts-{uuid.uuid4().hex[:8]}", emulator.client("s3")
    s3.create_bucket(Bucket=name)
    parts = {
        "value.yaml": "Value: from afar\n",
        "value.json": '{"Value": "from afar"}',
        "outputs.yaml": "Outputs:\n  P:\n    Value:\n      Ref: P\n",
        "short.yaml": "Value: !Ref P\n",
    }
    for key, text in parts.items():
        s3.put_object(Bucket=name, Key=key, Body=text.encode())
    return name


def include(bucket: str, key: str) -> dict[str, Any]:
    """What has a part included."""
    return {"Name": "AWS::Include", "Parameters": {"Location": {"Fn::Sub": f"s3://{bucket}/{key}"}}}


@pytest.mark.parametrize("key", ["value.yaml", "value.json"])
def test_a_part_is_included_beside_what_is_there(stacks: Deployments, bucket: str, key: str) -> None:
    body = {"Resources": parameter(**{"Fn::Transform": include(bucket, key)})}
    del body["Resources"]["P"]["Properties"]["Value"]

    assert stacks.processed(body) == {"Resources": parameter(Value="from afar")}


def test_sections_are_included(stacks: Deployments, bucket: str) -> None:
    processed = stacks.processed({"Transform": include(bucket, "outputs.yaml"), "Resources": parameter()})

    assert processed == {"Outputs": {"P": {"Value": {"Ref": "P"}}}, "Resources": parameter()}


def test_what_cannot_be_included_is_told(stacks: Deployments, bucket: str) -> None:
    short = stacks.failure({"Transform": include(bucket, "short.yaml"), "Resources": parameter()})
    missing = stacks.failure({"Transform": include(f"{bucket}-not", "a"), "Resources": parameter()})

    start, end = "Transform AWS::Include failed with: ", " Rollback requested by user."
    assert short == f"{start}The specified S3 object's content should be valid Yaml/JSON.{end}"
    assert missing == f"{start}S3 bucket [{bucket}-not] does not exist..{end}"
