"""Subscriptions of mail addresses: kept and told of, but nobody confirms them, since nothing is mailed here."""

from __future__ import annotations

import json
from typing import Any

import pytest
from botocore.exceptions import ClientError


def test_who_is_written_to_stays_pending(emulator: Any, sns: Any, name: str) -> None:
    topic = sns.create_topic(Name=name)["TopicArn"]
    asked = {"TopicArn": topic, "Protocol": "email", "Endpoint": "oncall@example.com"}

    answered = sns.subscribe(**asked)["SubscriptionArn"]
    arn = sns.subscribe(**asked, ReturnSubscriptionArn=True)["SubscriptionArn"]

    assert (answered, arn.rpartition(":")[0]) == ("pending confirmation", topic)
    (listed,) = sns.list_subscriptions_by_topic(TopicArn=topic)["Subscriptions"]
    assert (listed["SubscriptionArn"], listed["Endpoint"]) == ("PendingConfirmation", "oncall@example.com")
    shown = sns.get_subscription_attributes(SubscriptionArn=arn)["Attributes"]
    told = ("SubscriptionArn", "PendingConfirmation", "ConfirmationWasAuthenticated")
    assert [shown[each] for each in told] == [arn, "true", "false"]
    counts = sns.get_topic_attributes(TopicArn=topic)["Attributes"]
    assert (counts["SubscriptionsPending"], counts["SubscriptionsConfirmed"]) == ("1", "0")
    assert sns.publish(TopicArn=topic, Message="to nobody")["MessageId"]
    with pytest.raises(ClientError, match=r"InvalidParameter.*Invalid token"):
        sns.confirm_subscription(TopicArn=topic, Token="2336412f37fb")
    sns.unsubscribe(SubscriptionArn=arn)
    assert sns.list_subscriptions_by_topic(TopicArn=topic)["Subscriptions"] == []
    sns.delete_topic(TopicArn=topic)


def test_a_stack_may_have_somebody_written_to(emulator: Any, sns: Any, name: str) -> None:
    cloudformation = emulator.client("cloudformation")
    address = {"Protocol": "email", "Endpoint": "oncall@example.com"}
    inline = {"Protocol": "email-json", "Endpoint": "audit@example.com"}
    resources = {
        "Topic": {"Type": "AWS::SNS::Topic", "Properties": {"TopicName": name, "Subscription": [inline]}},
        "Oncall": {"Type": "AWS::SNS::Subscription", "Properties": {**address, "TopicArn": {"Ref": "Topic"}}},
    }

    cloudformation.create_stack(StackName=name, TemplateBody=json.dumps({"Resources": resources}))
    cloudformation.get_waiter("stack_create_complete").wait(StackName=name, WaiterConfig={"Delay": 1})
    topic = f"arn:aws:sns:us-east-1:000000000000:{name}"
    found = sns.list_subscriptions_by_topic(TopicArn=topic)["Subscriptions"]
    cloudformation.delete_stack(StackName=name)
    cloudformation.get_waiter("stack_delete_complete").wait(StackName=name, WaiterConfig={"Delay": 1})

    assert sorted(each["Endpoint"] for each in found) == ["audit@example.com", "oncall@example.com"]
    assert not [each for each in sns.list_topics()["Topics"] if each["TopicArn"] == topic]
