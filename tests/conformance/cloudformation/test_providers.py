"""Providers as the CDK and AWS's samples have them, under the strictest runner of this machine."""

from __future__ import annotations

import json
import os
import shutil
import uuid
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError
from tests.conformance.fetch import JS
from tests.fixtures.emulator import LiveEmulator
from tests.fixtures.target import PYTHON_RUNTIME

from mlfn_localstack.process import read_credentials, start, stop

if TYPE_CHECKING:
    from collections.abc import Iterator

FAST = {"Delay": 0.1, "MaxAttempts": 900}
EMPTIES = """
const https = require("https");
const { S3Client, ListObjectsV2Command, DeleteObjectsCommand } = require("@aws-sdk/client-s3");
const s3 = new S3Client({ forcePathStyle: true });

exports.handler = async (event) => {
  const Bucket = event.ResourceProperties.Bucket;
  if (event.RequestType === "Delete") {
    const { Contents = [] } = await s3.send(new ListObjectsV2Command({ Bucket }));
    const Objects = Contents.map(({ Key }) => ({ Key }));
    await s3.send(new DeleteObjectsCommand({ Bucket, Delete: { Objects } }));
  }
  await respond(event);
};

// neither protocol nor port are taken from the address
const respond = (event) => new Promise((resolve, reject) => {
  const { hostname, pathname, search } = new URL(event.ResponseURL);
  const { StackId, RequestId, LogicalResourceId } = event;
  const told = { Status: "SUCCESS", PhysicalResourceId: "empties", StackId, RequestId, LogicalResourceId };
  const body = JSON.stringify(told);
  const headers = { "content-type": "", "content-length": body.length };
  const request = https.request({ hostname, path: pathname + search, method: "PUT", headers }, (answer) => {
    answer.resume();
    answer.on("end", answer.statusCode === 200 ? resolve : reject);
  });
  request.on("error", reject);
  request.end(body);
});
"""
ANSWERS = """
const response = require("cfn-response");
exports.handler = (event, context) => {
  response.send(event, context, response.SUCCESS, { Said: `${event.RequestType} of ${event.LogicalResourceId}` });
};
"""
INSISTS = """
import json
from http.client import HTTPSConnection
from urllib.parse import urlsplit

def handler(event, context):
    url = urlsplit(event["ResponseURL"])
    names = ("StackId", "RequestId", "LogicalResourceId")
    body = {"Status": "SUCCESS", "PhysicalResourceId": "insists", "Data": {"Said": "over TLS"}}
    connection = HTTPSConnection(url.netloc)
    connection.request("PUT", f"{url.path}?{url.query}", json.dumps(body | {name: event[name] for name in names}))
    return connection.getresponse().status
"""


@pytest.fixture(scope="module")
def node(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveEmulator]:
    """An emulator whose Node.js functions have AWS's SDK."""
    if shutil.which("node") is None or not JS.exists():
        reason = "apt-get install nodejs, and run python -m tests.conformance.fetch js"
        (pytest.fail if os.environ.get("CI") else pytest.skip)(reason)
    state_dir = tmp_path_factory.mktemp("node")
    options = ("--option", f"node_modules={JS / 'node_modules'}", "--option", "lambda_runner=auto")
    running = start(state_dir, port=0, arguments=options)
    credentials = read_credentials(state_dir)
    assert credentials is not None
    yield LiveEmulator(endpoint=running.endpoint, credentials=credentials, state_dir=state_dir)
    stop(state_dir)


def provided(code: str, runtime: str = "nodejs22.x", **properties: Any) -> dict[str, Any]:
    """A custom resource, and its provider."""
    trust = {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}
    role = {
        "AssumeRolePolicyDocument": {"Statement": [trust]},
        "ManagedPolicyArns": ["arn:aws:iam::aws:policy/AmazonS3FullAccess"],
    }
    function = {
        "Runtime": runtime,
        "Handler": "index.handler",
        "Role": {"Fn::GetAtt": ["Role", "Arn"]},
        "Code": {"ZipFile": code},
        "MemorySize": 256,
        "Timeout": 60,
    }
    token = {"Fn::GetAtt": ["Provider", "Arn"]}
    return {
        "Role": {"Type": "AWS::IAM::Role", "Properties": role},
        "Provider": {"Type": "AWS::Lambda::Function", "Properties": function},
        "Thing": {"Type": "Custom::Thing", "Properties": {"ServiceToken": token, **properties}},
    }


def deploy(client: Any, resources: dict[str, Any], **outputs: Any) -> dict[str, Any]:
    """A stack once it is there."""
    name = f"node-{uuid.uuid4().hex[:8]}"
    body = json.dumps({"Resources": resources, "Outputs": {key: {"Value": value} for key, value in outputs.items()}})
    client.create_stack(StackName=name, TemplateBody=body, Capabilities=["CAPABILITY_IAM"])
    client.get_waiter("stack_create_complete").wait(StackName=name, WaiterConfig=FAST)
    found: dict[str, Any] = client.describe_stacks(StackName=name)["Stacks"][0]
    return found


def test_a_bucket_is_emptied_before_it_is_deleted(node: LiveEmulator) -> None:
    client, s3, bucket = node.client("cloudformation"), node.client("s3"), f"emptied-{uuid.uuid4().hex[:8]}"
    place = {"Type": "AWS::S3::Bucket", "Properties": {"BucketName": bucket}}
    stack = deploy(client, {"Bucket": place, **provided(EMPTIES, Bucket={"Ref": "Bucket"})})
    s3.put_object(Bucket=bucket, Key="left", Body=b"here")

    client.delete_stack(StackName=stack["StackName"])

    client.get_waiter("stack_delete_complete").wait(StackName=stack["StackId"], WaiterConfig=FAST)
    with pytest.raises(ClientError, match="404"):
        s3.head_bucket(Bucket=bucket)


def test_inline_code_has_the_module_that_responds(node: LiveEmulator) -> None:
    stack = deploy(node.client("cloudformation"), provided(ANSWERS), Said={"Fn::GetAtt": ["Thing", "Said"]})

    assert stack["Outputs"][0]["OutputValue"] == "Create of Thing"


def test_a_provider_that_takes_every_address_for_one_of_https_is_heard(node: LiveEmulator) -> None:
    said = {"Fn::GetAtt": ["Thing", "Said"]}

    stack = deploy(node.client("cloudformation"), provided(INSISTS, PYTHON_RUNTIME), Said=said)

    assert stack["Outputs"][0]["OutputValue"] == "over TLS"
