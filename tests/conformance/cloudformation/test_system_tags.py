"""Tags by which CloudFormation knows what belongs to a stack, on the types whose schema says so."""

from __future__ import annotations

import json
import uuid
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.fixtures.emulator import LiveEmulator

Tags = dict[str, str]


@pytest.fixture
def name() -> str:
    return f"tags-{uuid.uuid4().hex[:8]}"


def deploy(client: Any, name: str, resource: dict[str, Any], *, create: bool = True) -> str:
    """The id of a stack with one resource, once it is there."""
    body = json.dumps({"Resources": {"One": resource}})
    if create:
        client.create_stack(StackName=name, TemplateBody=body)
    else:
        client.update_stack(StackName=name, TemplateBody=body)
    waiter = client.get_waiter("stack_create_complete" if create else "stack_update_complete")
    waiter.wait(StackName=name, WaiterConfig={"Delay": 1})
    return str(client.describe_stacks(StackName=name)["Stacks"][0]["StackId"])


def pairs(tags: list[dict[str, str]]) -> Tags:
    return {tag["Key"]: tag["Value"] for tag in tags}


def bucket(client: Callable[[str], Any], name: str) -> Tags:
    return pairs(client("s3").get_bucket_tagging(Bucket=name)["TagSet"])


def secret(client: Callable[[str], Any], name: str) -> Tags:
    return pairs(client("secretsmanager").describe_secret(SecretId=name)["Tags"])


def group(client: Callable[[str], Any], name: str) -> Tags:
    arn = f"arn:aws:logs:us-east-1:000000000000:log-group:{name}"
    return dict(client("logs").list_tags_for_resource(resourceArn=arn)["tags"])


def topic(client: Callable[[str], Any], name: str) -> Tags:
    arn = f"arn:aws:sns:us-east-1:000000000000:{name}"
    return pairs(client("sns").list_tags_for_resource(ResourceArn=arn)["Tags"])


def queue(client: Callable[[str], Any], name: str) -> Tags:
    sqs = client("sqs")
    return dict(sqs.list_queue_tags(QueueUrl=sqs.get_queue_url(QueueName=name)["QueueUrl"]).get("Tags", {}))


MARKED = {
    "AWS::S3::Bucket": ("BucketName", bucket),
    "AWS::SecretsManager::Secret": ("Name", secret),
    "AWS::Logs::LogGroup": ("LogGroupName", group),
    "AWS::SNS::Topic": ("TopicName", topic),
}


@pytest.mark.parametrize("kind", MARKED)
def test_what_a_stack_makes_says_so(emulator: LiveEmulator, name: str, kind: str) -> None:
    named, tags_of = MARKED[kind]
    client = emulator.client("cloudformation")
    resource: dict[str, Any] = {"Type": kind, "Properties": {named: name}}

    stack_id = deploy(client, name, resource)

    own = {
        "aws:cloudformation:stack-name": name,
        "aws:cloudformation:logical-id": "One",
        "aws:cloudformation:stack-id": stack_id,
    }
    assert tags_of(emulator.client, name) == own
    resource["Properties"]["Tags"] = [{"Key": "team", "Value": "ml"}]
    deploy(client, name, resource, create=False)
    assert tags_of(emulator.client, name) == {**own, "team": "ml"}


def test_queues_are_not_marked(emulator: LiveEmulator, name: str) -> None:
    deploy(emulator.client("cloudformation"), name, {"Type": "AWS::SQS::Queue", "Properties": {"QueueName": name}})

    assert queue(emulator.client, name) == {}


def test_the_marks_are_no_drift(emulator: LiveEmulator, name: str) -> None:
    client = emulator.client("cloudformation")
    tagged = {"BucketName": name, "Tags": [{"Key": "team", "Value": "ml"}]}
    deploy(client, name, {"Type": "AWS::S3::Bucket", "Properties": tagged})

    drift = client.detect_stack_resource_drift(StackName=name, LogicalResourceId="One")["StackResourceDrift"]

    assert drift["StackResourceDriftStatus"] == "IN_SYNC"
    assert "aws:" not in drift["ActualProperties"]


def test_nobody_needs_a_permission_for_the_marks(emulator: LiveEmulator, name: str) -> None:
    iam = emulator.client("iam")
    iam.create_user(UserName=name)
    pair = iam.create_access_key(UserName=name)["AccessKey"]
    actions = ["cloudformation:*", "s3:CreateBucket", "s3:DeleteBucket", "s3:ListBucket"]
    statement = {"Effect": "Allow", "Action": actions, "Resource": "*"}
    document = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    iam.put_user_policy(UserName=name, PolicyName="may", PolicyDocument=document)
    keys = {"aws_access_key_id": pair["AccessKeyId"], "aws_secret_access_key": pair["SecretAccessKey"]}

    deploy(
        emulator.client("cloudformation", **keys), name, {"Type": "AWS::S3::Bucket", "Properties": {"BucketName": name}}
    )

    assert bucket(emulator.client, name)["aws:cloudformation:stack-name"] == name
