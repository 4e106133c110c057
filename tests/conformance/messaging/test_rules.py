"""Rules that send events to queues and topics, and to a dead-letter queue what nobody took."""

from __future__ import annotations

import json
import uuid
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.fixtures.target import Target


def _policy(service: str, action: str, arn: str) -> str:
    allow = {"Effect": "Allow", "Principal": {"Service": service}, "Action": action, "Resource": arn}
    return json.dumps({"Version": "2012-10-17", "Statement": [allow]})


class Bench:
    """Queues and rules that go with the test."""

    def __init__(self, target: Target) -> None:
        self.sqs, self.sns, self.events = (target.client(name) for name in ("sqs", "sns", "events"))
        self.name = f"conf-{uuid.uuid4().hex[:12]}"
        self.urls: list[str] = []
        self.topics: list[str] = []

    def queue(self, *services: str) -> tuple[str, str]:
        """The URL and ARN of a queue that lets services send."""
        url = self.sqs.create_queue(QueueName=f"{self.name}-{len(self.urls)}")["QueueUrl"]
        self.urls.append(url)
        answer = self.sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])
        arn = answer["Attributes"]["QueueArn"]
        for service in services:
            policy = _policy(service, "sqs:SendMessage", arn)
            self.sqs.set_queue_attributes(QueueUrl=url, Attributes={"Policy": policy})
        return url, arn

    def rule(self, **target: Any) -> str:
        arn = self.events.put_rule(Name=self.name, EventPattern=json.dumps({"source": [self.name]}))["RuleArn"]
        answer = self.events.put_targets(Rule=self.name, Targets=[{"Id": "t", **target}])
        assert answer["FailedEntryCount"] == 0
        return str(arn)

    def put(self, **detail: Any) -> None:
        entry = {"Source": self.name, "DetailType": "d", "Detail": json.dumps(detail)}
        assert self.events.put_events(Entries=[entry])["FailedEntryCount"] == 0

    def receive(self, url: str) -> Any:
        answer = self.sqs.receive_message(QueueUrl=url, WaitTimeSeconds=20, MessageAttributeNames=["All"])
        return answer["Messages"][0]

    def close(self) -> None:
        self.events.remove_targets(Rule=self.name, Ids=["t"])
        self.events.delete_rule(Name=self.name)
        for url in self.urls:
            self.sqs.delete_queue(QueueUrl=url)
        for topic in self.topics:
            self.sns.delete_topic(TopicArn=topic)


@pytest.fixture
def bench(target: Target) -> Iterator[Bench]:
    made = Bench(target)
    yield made
    made.close()


def test_a_queue_gets_events(bench: Bench) -> None:
    url, arn = bench.queue("events.amazonaws.com")
    bench.rule(Arn=arn, InputPath="$.detail")

    bench.put(n=1)

    assert json.loads(bench.receive(url)["Body"]) == {"n": 1}


def test_a_topic_gets_events(bench: Bench) -> None:
    url, queue = bench.queue("sns.amazonaws.com")
    topic = bench.sns.create_topic(Name=bench.name)["TopicArn"]
    bench.topics.append(topic)
    policy = _policy("events.amazonaws.com", "sns:Publish", topic)
    bench.sns.set_topic_attributes(TopicArn=topic, AttributeName="Policy", AttributeValue=policy)
    bench.sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=queue, Attributes={"RawMessageDelivery": "true"})
    bench.rule(Arn=topic, Input='"constant"')

    bench.put(n=1)

    assert bench.receive(url)["Body"] == '"constant"'


def test_what_a_target_refuses_goes_to_the_dead_letter_queue(bench: Bench) -> None:
    url, dead = bench.queue("events.amazonaws.com")
    _, closed = bench.queue()
    rule = bench.rule(Arn=closed, DeadLetterConfig={"Arn": dead}, InputPath="$.detail")

    bench.put(n=1)
    message = bench.receive(url)

    attributes = {name: value["StringValue"] for name, value in message["MessageAttributes"].items()}
    assert json.loads(message["Body"]) == {"n": 1}
    assert (attributes["RULE_ARN"], attributes["TARGET_ARN"]) == (rule, closed)
    assert attributes["ERROR_CODE"].startswith("AccessDenied")
