"""Stacks of queues, topics and what hangs on them."""

from __future__ import annotations

import json
import sys
import time
import uuid
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.fixtures.target import Target

TEMPLATE: dict[str, Any] = {
    "Parameters": {"Timeout": {"Type": "Number", "Default": 30}, "Raw": {"Type": "String", "Default": "true"}},
    "Conditions": {"Retained": {"Fn::Equals": [{"Ref": "Timeout"}, "30"]}},
    "Resources": {
        "Dead": {"Type": "AWS::SQS::Queue"},
        "Queue": {
            "Type": "AWS::SQS::Queue",
            "Properties": {
                "VisibilityTimeout": {"Ref": "Timeout"},
                "MessageRetentionPeriod": {"Fn::If": ["Retained", 600, {"Ref": "AWS::NoValue"}]},
                "RedrivePolicy": {"deadLetterTargetArn": {"Fn::GetAtt": ["Dead", "Arn"]}, "maxReceiveCount": 3},
                "Tags": [{"Key": "team", "Value": "a"}],
            },
        },
        "Ordered": {
            "Type": "AWS::SQS::Queue",
            "Properties": {"FifoQueue": True, "ContentBasedDeduplication": True},
        },
        "Policy": {
            "Type": "AWS::SQS::QueuePolicy",
            "Properties": {
                "Queues": [{"Ref": "Queue"}],
                "PolicyDocument": {
                    "Version": "2012-10-17",
                    "Statement": [
                        {
                            "Effect": "Allow",
                            "Principal": {"Service": "sns.amazonaws.com"},
                            "Action": "sqs:SendMessage",
                            "Resource": {"Fn::GetAtt": ["Queue", "Arn"]},
                        }
                    ],
                },
            },
        },
        "Topic": {"Type": "AWS::SNS::Topic", "Properties": {"DisplayName": "News"}},
        "OrderedTopic": {
            "Type": "AWS::SNS::Topic",
            "Properties": {"FifoTopic": True, "ContentBasedDeduplication": {"Fn::If": ["Retained", True, False]}},
        },
        "TopicPolicy": {
            "Type": "AWS::SNS::TopicPolicy",
            "Properties": {
                "Topics": [{"Ref": "Topic"}],
                "PolicyDocument": {
                    "Version": "2012-10-17",
                    "Statement": [
                        {
                            "Effect": "Allow",
                            "Principal": {"Service": "events.amazonaws.com"},
                            "Action": "sns:Publish",
                            "Resource": {"Ref": "Topic"},
                        }
                    ],
                },
            },
        },
        "Subscription": {
            "Type": "AWS::SNS::Subscription",
            "Properties": {
                "TopicArn": {"Ref": "Topic"},
                "Protocol": "sqs",
                "Endpoint": {"Fn::GetAtt": ["Queue", "Arn"]},
                "RawMessageDelivery": {"Ref": "Raw"},
            },
        },
        "Role": {
            "Type": "AWS::IAM::Role",
            "Properties": {
                "AssumeRolePolicyDocument": {
                    "Version": "2012-10-17",
                    "Statement": [
                        {
                            "Effect": "Allow",
                            "Principal": {"Service": "lambda.amazonaws.com"},
                            "Action": "sts:AssumeRole",
                        }
                    ],
                },
                "Policies": [
                    {
                        "PolicyName": "may",
                        "PolicyDocument": {
                            "Version": "2012-10-17",
                            "Statement": [{"Effect": "Allow", "Action": ["sqs:*", "logs:*"], "Resource": "*"}],
                        },
                    }
                ],
            },
        },
        "Function": {
            "Type": "AWS::Lambda::Function",
            "Properties": {
                "Runtime": f"python3.{sys.version_info.minor}",
                "Handler": "index.handler",
                "Role": {"Fn::GetAtt": ["Role", "Arn"]},
                "Code": {"ZipFile": "def handler(event, context): return None"},
                "DeadLetterConfig": {"TargetArn": {"Fn::GetAtt": ["Dead", "Arn"]}},
            },
        },
        "Config": {
            "Type": "AWS::Lambda::EventInvokeConfig",
            "Properties": {
                "FunctionName": {"Ref": "Function"},
                "Qualifier": "$LATEST",
                "DestinationConfig": {"OnFailure": {"Destination": {"Fn::GetAtt": ["Dead", "Arn"]}}},
            },
        },
        "Mapping": {
            "Type": "AWS::Lambda::EventSourceMapping",
            "Properties": {
                "FunctionName": {"Ref": "Function"},
                "EventSourceArn": {"Fn::GetAtt": ["Ordered", "Arn"]},
                "BatchSize": 5,
                "FunctionResponseTypes": ["ReportBatchItemFailures"],
            },
        },
    },
    "Outputs": {
        name: {"Value": {"Ref": name}}
        for name in ("Queue", "Ordered", "Topic", "OrderedTopic", "Subscription", "Function", "Mapping")
    },
}


def inline(queue_action: str, topic_action: str) -> dict[str, Any]:
    """A template of a queue and a topic, either with a policy that lets the account do one thing."""
    resources: dict[str, Any] = {}
    for kind, service, place, action in (
        ("Queue", "SQS", "Queue", queue_action),
        ("Topic", "SNS", "TopicArn", topic_action),
    ):
        statement = {
            "Effect": "Allow",
            "Principal": {"AWS": {"Ref": "AWS::AccountId"}},
            "Action": f"{service.lower()}:{action}",
            "Resource": {"Fn::GetAtt": ["Queue", "Arn"]} if kind == "Queue" else {"Ref": "Topic"},
        }
        resources[kind] = {"Type": f"AWS::{service}::{kind}"}
        resources[f"{kind}Policy"] = {
            "Type": f"AWS::{service}::{kind}InlinePolicy",
            "Properties": {
                place: {"Ref": kind},
                "PolicyDocument": {"Version": "2012-10-17", "Statement": [statement]},
            },
        }
    outputs = {name: {"Value": {"Ref": name}} for name in ("Queue", "Topic")}
    return {"Resources": resources, "Outputs": outputs}


class Stack:
    """One stack of the template."""

    def __init__(self, target: Target) -> None:
        self.target = target
        self.name = f"conf-{uuid.uuid4().hex[:12]}"
        self.client = target.client("cloudformation")

    def settled(self) -> str:
        while True:
            status = str(self.client.describe_stacks(StackName=self.name)["Stacks"][0]["StackStatus"])
            if not status.endswith("_IN_PROGRESS"):
                return status
            time.sleep(0.05)

    def deploy(self, operation: str, template: dict[str, Any] | None = None, **parameters: str) -> str:
        getattr(self.client, operation)(
            StackName=self.name,
            TemplateBody=json.dumps(template or TEMPLATE),
            Capabilities=["CAPABILITY_IAM"],
            Parameters=[{"ParameterKey": key, "ParameterValue": value} for key, value in parameters.items()],
            Tags=[{"Key": "stack", "Value": "s"}],
        )
        return self.settled()

    def outputs(self) -> dict[str, str]:
        (stack,) = self.client.describe_stacks(StackName=self.name)["Stacks"]
        return {each["OutputKey"]: each["OutputValue"] for each in stack["Outputs"]}

    def queue(self, url: str) -> dict[str, str]:
        answer = self.target.client("sqs").get_queue_attributes(QueueUrl=url, AttributeNames=["All"])
        return dict(answer["Attributes"])


@pytest.fixture
def stack(target: Target) -> Iterator[Stack]:
    made = Stack(target)
    yield made
    made.client.delete_stack(StackName=made.name)


def test_a_stack_of_queues_and_topics_works_and_changes(stack: Stack, target: Target) -> None:
    created = stack.deploy("create_stack")
    outputs = stack.outputs()
    sqs, sns, functions = (target.client(name) for name in ("sqs", "sns", "lambda"))

    sns.publish(TopicArn=outputs["Topic"], Message="hello")
    (message,) = sqs.receive_message(QueueUrl=outputs["Queue"], WaitTimeSeconds=20)["Messages"]
    before, ordered = stack.queue(outputs["Queue"]), stack.queue(outputs["Ordered"])
    tags = sqs.list_queue_tags(QueueUrl=outputs["Queue"])["Tags"]
    function = functions.get_function_configuration(FunctionName=outputs["Function"])
    by_content = [sns.get_topic_attributes(TopicArn=outputs["OrderedTopic"])["Attributes"]]
    updated = stack.deploy("update_stack", Timeout="60", Raw="false")
    after = stack.queue(outputs["Queue"])
    subscription = sns.get_subscription_attributes(SubscriptionArn=outputs["Subscription"])["Attributes"]
    by_content.append(sns.get_topic_attributes(TopicArn=outputs["OrderedTopic"])["Attributes"])

    assert (created, updated) == ("CREATE_COMPLETE", "UPDATE_COMPLETE")
    assert message["Body"] == "hello"
    assert (before["VisibilityTimeout"], before["MessageRetentionPeriod"]) == ("30", "600")
    assert (after["VisibilityTimeout"], after["MessageRetentionPeriod"]) == ("60", "345600")
    assert json.loads(after["RedrivePolicy"])["maxReceiveCount"] == 3
    assert "Policy" in after
    assert outputs["Ordered"].endswith(".fifo")
    assert outputs["OrderedTopic"].endswith(".fifo")
    assert [each["ContentBasedDeduplication"] for each in by_content] == ["true", "false"]
    assert ordered["ContentBasedDeduplication"] == "true"
    assert tags.items() >= {"team": "a", "stack": "s"}.items()
    assert function["DeadLetterConfig"]["TargetArn"] == json.loads(after["RedrivePolicy"])["deadLetterTargetArn"]
    assert functions.get_event_source_mapping(UUID=outputs["Mapping"])["BatchSize"] == 5
    assert subscription["RawMessageDelivery"] == "false"


def test_what_a_template_leaves_out_again_is_undone(stack: Stack, target: Target) -> None:
    stack.deploy("create_stack")
    outputs = stack.outputs()
    less = json.loads(json.dumps(TEMPLATE))
    for name in ("Policy", "TopicPolicy", "Config"):
        del less["Resources"][name]
    del less["Resources"]["Function"]["Properties"]["DeadLetterConfig"]
    for name in ("BatchSize", "FunctionResponseTypes"):
        del less["Resources"]["Mapping"]["Properties"][name]

    status = stack.deploy("update_stack", less)
    function = target.client("lambda").get_function_configuration(FunctionName=outputs["Function"])
    mapping = target.client("lambda").get_event_source_mapping(UUID=outputs["Mapping"])
    topic = target.client("sns").get_topic_attributes(TopicArn=outputs["Topic"])["Attributes"]

    assert status == "UPDATE_COMPLETE"
    assert "Policy" not in stack.queue(outputs["Queue"])
    assert json.loads(topic["Policy"])["Id"] == "__default_policy_ID"
    assert "DeadLetterConfig" not in function
    assert (mapping["BatchSize"], mapping["FunctionResponseTypes"]) == (10, [])


def test_a_queue_and_a_topic_have_inline_policies(stack: Stack, target: Target) -> None:
    template = inline("SendMessage", "Publish")
    created = stack.deploy("create_stack", template)
    outputs = stack.outputs()
    resources = stack.client.describe_stack_resources(StackName=stack.name)["StackResources"]

    updated = stack.deploy("update_stack", inline("ReceiveMessage", "Subscribe"))
    queue = json.loads(stack.queue(outputs["Queue"])["Policy"])
    topic = json.loads(target.client("sns").get_topic_attributes(TopicArn=outputs["Topic"])["Attributes"]["Policy"])
    less = inline("ReceiveMessage", "Subscribe")
    for name in ("QueuePolicy", "TopicPolicy"):
        del less["Resources"][name]
    dropped = stack.deploy("update_stack", less)
    left = json.loads(target.client("sns").get_topic_attributes(TopicArn=outputs["Topic"])["Attributes"]["Policy"])

    ids = {each["LogicalResourceId"]: each["PhysicalResourceId"] for each in resources}
    assert (created, updated, dropped) == ("CREATE_COMPLETE", "UPDATE_COMPLETE", "UPDATE_COMPLETE")
    assert (ids["QueuePolicy"], ids["TopicPolicy"]) == (outputs["Queue"], outputs["Topic"])
    assert queue["Statement"][0]["Action"] == "sqs:ReceiveMessage"
    assert topic["Statement"][0]["Action"] == "sns:Subscribe"
    assert "Policy" not in stack.queue(outputs["Queue"])
    assert left["Id"] == "__default_policy_ID"


@pytest.mark.parametrize("kind", ["Queue", "Topic"])
def test_an_inline_policy_does_not_take_the_place_of_another(stack: Stack, kind: str) -> None:
    template = inline("SendMessage", "Publish")
    resources = template["Resources"]
    resources["Second"] = {**resources[f"{kind}Policy"], "DependsOn": [f"{kind}Policy"]}

    status = stack.deploy("create_stack", template)

    events = stack.client.describe_stack_events(StackName=stack.name)["StackEvents"]
    (reason,) = (each["ResourceStatusReason"] for each in events if each["ResourceStatus"] == "CREATE_FAILED")
    assert status == "ROLLBACK_COMPLETE"
    assert "HandlerErrorCode: AlreadyExists" in reason


def test_a_message_size_that_a_template_leaves_out_again_is_the_old_default(stack: Stack) -> None:
    template: dict[str, Any] = {
        "Resources": {"Queue": {"Type": "AWS::SQS::Queue", "Properties": {"MaximumMessageSize": 2048}}},
        "Outputs": {"Queue": {"Value": {"Ref": "Queue"}}},
    }
    stack.deploy("create_stack", template)
    template["Resources"]["Queue"]["Properties"] = {"DelaySeconds": 0}

    stack.deploy("update_stack", template)

    assert stack.queue(stack.outputs()["Queue"])["MaximumMessageSize"] == "262144"


def test_a_queue_that_was_changed_by_hand_has_drifted(stack: Stack, target: Target) -> None:
    stack.deploy("create_stack")
    url = stack.outputs()["Queue"]
    target.client("sqs").set_queue_attributes(QueueUrl=url, Attributes={"VisibilityTimeout": "7"})

    drift = stack.client.detect_stack_resource_drift(StackName=stack.name, LogicalResourceId="Queue")

    found = drift["StackResourceDrift"]
    assert found["StackResourceDriftStatus"] == "MODIFIED"
    assert [each["PropertyPath"] for each in found["PropertyDifferences"]] == ["/VisibilityTimeout"]
