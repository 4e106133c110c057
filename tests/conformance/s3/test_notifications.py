"""What S3 tells of objects, and whom, as AWS was recorded to in 2023."""

from __future__ import annotations

import json
import uuid
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest
from tests.conformance.s3.recorded import answer, refusal

if TYPE_CHECKING:
    from tests.fixtures.emulator import LiveEmulator

REGION = "us-east-1"
ACCOUNT = "000000000000"
CREATED = ["s3:ObjectCreated:*"]
EMPTY_ETAG = "d41d8cd98f00b204e9800998ecf8427e"
X_ETAG = "9dd4e461268c8034f5c8564e155c67a6"
UNUSABLE = "Unable to validate the following destination configurations"


@dataclass(frozen=True, slots=True, kw_only=True)
class Queue:
    """A queue that takes what S3 and others send."""

    sqs: Any
    url: str
    arn: str

    def bodies(self, count: int) -> list[Any]:
        """That many messages, as they come, but for those of S3's trials."""
        found: list[Any] = []
        while len(found) < count:
            messages = self.sqs.receive_message(QueueUrl=self.url, WaitTimeSeconds=20, MaxNumberOfMessages=10)
            assert messages.get("Messages"), f"only {found}"
            for message in messages["Messages"]:
                self.sqs.delete_message(QueueUrl=self.url, ReceiptHandle=message["ReceiptHandle"])
                body = json.loads(message["Body"])
                if body.get("Event") != "s3:TestEvent":
                    found.append(body)
        return found

    def records(self, count: int) -> list[Any]:
        """That many records of S3, in the order of what happened."""
        return sorted((body["Records"][0] for body in self.bodies(count)), key=lambda each: each["eventTime"])


@pytest.fixture
def queue(emulator: LiveEmulator) -> Queue:
    """A queue of the test's own."""
    sqs = emulator.client("sqs")
    name = f"told-{uuid.uuid4().hex[:8]}"
    allow = {"Effect": "Allow", "Principal": "*", "Action": "sqs:SendMessage", "Resource": "*"}
    policy = json.dumps({"Version": "2012-10-17", "Statement": [allow]})
    url = sqs.create_queue(QueueName=name, Attributes={"Policy": policy})["QueueUrl"]
    return Queue(sqs=sqs, url=url, arn=f"arn:aws:sqs:{REGION}:{ACCOUNT}:{name}")


def tell(s3: Any, bucket: str, **configuration: Any) -> None:
    s3.put_bucket_notification_configuration(Bucket=bucket, NotificationConfiguration=configuration)


def to_queue(arn: str, *, events: list[str] | None = None, **filters: str) -> dict[str, Any]:
    rules = [{"Name": name, "Value": value} for name, value in filters.items()]
    more = {"Filter": {"Key": {"FilterRules": rules}}} if rules else {}
    return {"QueueArn": arn, "Events": events or CREATED, **more}


def test_a_queue_is_tried_and_then_told_of_an_object(s3: Any, bucket: str, queue: Queue) -> None:
    tell(s3, bucket, QueueConfigurations=[to_queue(queue.arn) | {"Id": "mine"}])
    trial = queue.sqs.receive_message(QueueUrl=queue.url, WaitTimeSeconds=20)["Messages"][0]

    s3.put_object(Bucket=bucket, Key="a b/@.txt", Body=b"x")

    assert json.loads(trial["Body"]).keys() == {"Service", "Event", "Time", "Bucket", "RequestId", "HostId"}
    [told] = queue.records(1)
    assert told["responseElements"].keys() == {"x-amz-id-2", "x-amz-request-id"}
    assert told["requestParameters"].keys() == {"sourceIPAddress"}
    assert told["s3"]["object"].pop("sequencer")
    assert told["s3"] == {
        "s3SchemaVersion": "1.0",
        "configurationId": "mine",
        "bucket": {"name": bucket, "ownerIdentity": {"principalId": ACCOUNT}, "arn": f"arn:aws:s3:::{bucket}"},
        "object": {"key": "a+b/%40.txt", "size": 1, "eTag": X_ETAG},
    }
    named = ("eventVersion", "eventSource", "awsRegion", "eventName")
    assert [told[name] for name in named] == ["2.1", "aws:s3", REGION, "ObjectCreated:Put"]


def test_every_change_of_an_object_has_its_event(s3: Any, bucket: str, queue: Queue) -> None:
    events = [*CREATED, "s3:ObjectRemoved:*", "s3:ObjectTagging:*"]
    tell(s3, bucket, QueueConfigurations=[to_queue(queue.arn, events=events, prefix="k")])

    s3.put_object(Bucket=bucket, Key="other", Body=b"x")
    s3.copy_object(Bucket=bucket, Key="k", CopySource=f"{bucket}/other")
    s3.put_object_tagging(Bucket=bucket, Key="k", Tagging={"TagSet": []})
    s3.delete_object_tagging(Bucket=bucket, Key="k")
    s3.delete_objects(Bucket=bucket, Delete={"Objects": [{"Key": "k"}]})

    shown = {each["eventName"]: (each["eventVersion"], sorted(each["s3"]["object"])) for each in queue.records(4)}
    assert shown == {
        "ObjectCreated:Copy": ("2.1", ["eTag", "key", "sequencer", "size"]),
        "ObjectTagging:Put": ("2.3", ["eTag", "key"]),
        "ObjectTagging:Delete": ("2.3", ["eTag", "key"]),
        "ObjectRemoved:Delete": ("2.1", ["key", "sequencer"]),
    }


def test_a_versioned_bucket_tells_which_version(s3: Any, bucket: str, queue: Queue) -> None:
    s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
    tell(s3, bucket, QueueConfigurations=[to_queue(queue.arn, events=[*CREATED, "s3:ObjectRemoved:*"])])

    upload = s3.create_multipart_upload(Bucket=bucket, Key="k")["UploadId"]
    part = s3.upload_part(Bucket=bucket, Key="k", UploadId=upload, PartNumber=1, Body=b"x")
    made = s3.complete_multipart_upload(
        Bucket=bucket, Key="k", UploadId=upload, MultipartUpload={"Parts": [{"PartNumber": 1, "ETag": part["ETag"]}]}
    )
    marker = s3.delete_object(Bucket=bucket, Key="k")
    s3.delete_object(Bucket=bucket, Key="k", VersionId=made["VersionId"])

    shown = {each["eventName"]: each["s3"]["object"] for each in queue.records(3)}
    assert {name: each["versionId"] for name, each in shown.items()} == {
        "ObjectCreated:CompleteMultipartUpload": made["VersionId"],
        "ObjectRemoved:DeleteMarkerCreated": marker["VersionId"],
        "ObjectRemoved:Delete": made["VersionId"],
    }
    assert shown["ObjectRemoved:DeleteMarkerCreated"]["eTag"] == EMPTY_ETAG


def test_a_topic_gets_the_record_under_a_subject(emulator: LiveEmulator, s3: Any, bucket: str, queue: Queue) -> None:
    sns = emulator.client("sns")
    allow = {"Effect": "Allow", "Principal": {"Service": "s3.amazonaws.com"}, "Action": "sns:Publish", "Resource": "*"}
    policy = json.dumps({"Version": "2012-10-17", "Statement": [allow]})
    topic = sns.create_topic(Name=bucket, Attributes={"Policy": policy})["TopicArn"]
    sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=queue.arn)
    tell(s3, bucket, TopicConfigurations=[{"TopicArn": topic, "Events": CREATED}])

    s3.put_object(Bucket=bucket, Key="k", Body=b"x")

    trial, told = sorted(queue.bodies(2), key=lambda each: each["Timestamp"])
    assert json.loads(trial["Message"])["Event"] == "s3:TestEvent"
    assert told["Subject"] == "Amazon S3 Notification"
    assert json.loads(told["Message"])["Records"][0]["s3"]["object"]["key"] == "k"


def test_eventbridge_hears_of_everything(emulator: LiveEmulator, s3: Any, bucket: str, queue: Queue) -> None:
    events = emulator.client("events")
    pattern = {"source": ["aws.s3"], "resources": [f"arn:aws:s3:::{bucket}"]}
    events.put_rule(Name=bucket, EventPattern=json.dumps(pattern))
    events.put_targets(Rule=bucket, Targets=[{"Id": "q", "Arn": queue.arn}])
    tell(s3, bucket, EventBridgeConfiguration={})

    s3.put_object(Bucket=bucket, Key="a b", Body=b"x")
    s3.delete_object(Bucket=bucket, Key="a b")

    told = {each["detail-type"]: each["detail"] for each in queue.bodies(2)}
    created, deleted = told["Object Created"], told["Object Deleted"]
    assert created.keys() == {
        *("version", "bucket", "object", "request-id", "requester", "source-ip-address", "reason"),
    }
    assert created["object"].pop("sequencer") < deleted["object"].pop("sequencer")
    assert (created["reason"], created["object"]) == ("PutObject", {"key": "a b", "size": 1, "etag": X_ETAG})
    assert (deleted["reason"], deleted["deletion-type"]) == ("DeleteObject", "Permanently Deleted")
    assert (deleted["object"], deleted["bucket"]) == ({"key": "a b"}, {"name": bucket})


@pytest.mark.parametrize(
    ("kind", "member", "shown", "arn"),
    [
        ("QueueConfigurations", "QueueArn", "Queue", "invalid-queue"),
        ("TopicConfigurations", "TopicArn", "Topic", "invalid-topic"),
        ("LambdaFunctionConfigurations", "LambdaFunctionArn", "CloudFunction", f"arn:aws:sqs:{REGION}:{ACCOUNT}:q"),
    ],
)
@pytest.mark.parametrize("skip", [False, True])
def test_an_arn_that_is_none(s3: Any, bucket: str, kind: str, member: str, shown: str, arn: str, skip: bool) -> None:
    status, error = refusal(
        s3.put_bucket_notification_configuration,
        Bucket=bucket,
        NotificationConfiguration={kind: [{member: arn, "Events": CREATED}]},
        SkipDestinationValidation=skip,
    )

    message = "The ARN could not be parsed"
    expected = {"Code": "InvalidArgument", "Message": message, "ArgumentName": shown, "ArgumentValue": arn}
    assert (status, error) == (400, expected)


def test_destinations_that_do_not_take_what_s3_sends(emulator: LiveEmulator, s3: Any, bucket: str) -> None:
    closed = f"closed-{bucket}"
    emulator.client("sqs").create_queue(QueueName=closed)
    queues = [f"arn:aws:sqs:{REGION}:{ACCOUNT}:{name}" for name in ("missing", closed)]
    function = f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:missing"
    rules = [to_queue(arn, prefix=name) for name, arn in zip("ab", queues, strict=True)]
    configuration: dict[str, Any] = {
        "QueueConfigurations": rules,
        "LambdaFunctionConfigurations": [{"LambdaFunctionArn": function, "Events": ["s3:ObjectRemoved:*"]}],
    }
    put = s3.put_bucket_notification_configuration

    _, error = refusal(put, Bucket=bucket, NotificationConfiguration=configuration)

    forbidden = "Permissions on the destination queue do not allow S3 to publish notifications from this bucket"
    assert error == {
        **{"Code": "InvalidArgument", "Message": UNUSABLE},
        **{"ArgumentName1": queues[0], "ArgumentValue1": "The destination queue does not exist"},
        **{"ArgumentName2": queues[1], "ArgumentValue2": forbidden},
        **{"ArgumentName3": f"{function}, null", "ArgumentValue3": f"Not authorized to invoke function [{function}]"},
    }
    put(Bucket=bucket, NotificationConfiguration=configuration, SkipDestinationValidation=True)
    assert len(s3.get_bucket_notification_configuration(Bucket=bucket)["QueueConfigurations"]) == 2


OVERLAP = "Configurations overlap. Configurations on the same bucket cannot share a common event type."
AMBIGUOUS = (
    "Configuration is ambiguously defined. Cannot have overlapping suffixes in two rules if the prefixes are "
    "overlapping for the same event type."
)


@pytest.mark.parametrize(
    ("rules", "message", "name", "value"),
    [
        (
            [({"INVALID": "x"}, CREATED)],
            *("filter rule name must be either prefix or suffix", "FilterRule.Name", "INVALID"),
        ),
        ([({}, ["s3:Nothing"])], "The event is not supported for notifications", "Event", "s3:Nothing"),
        (
            [({}, CREATED), ({}, ["s3:ObjectCreated:Put"])],
            *(OVERLAP, "Event", "s3:ObjectCreated:*, s3:ObjectCreated:Put"),
        ),
        (
            [({"prefix": "a"}, CREATED), ({"prefix": "ab"}, CREATED)],
            *(AMBIGUOUS, "Event", "s3:ObjectCreated:*, s3:ObjectCreated:*"),
        ),
    ],
    ids=["filter", "event", "overlap", "ambiguous"],
)
def test_rules_that_are_refused(
    s3: Any, bucket: str, queue: Queue, rules: list[Any], message: str, name: str, value: str
) -> None:
    wanted = [to_queue(queue.arn, events=events, **filters) for filters, events in rules]

    status, error = refusal(
        s3.put_bucket_notification_configuration,
        Bucket=bucket,
        NotificationConfiguration={"QueueConfigurations": wanted},
    )

    expected = {"Code": "InvalidArgument", "Message": message, "ArgumentName": name, "ArgumentValue": value}
    assert (status, error) == (400, expected)


def test_rules_get_names_and_filters_capitals_and_an_empty_configuration_ends_them(
    s3: Any, bucket: str, queue: Queue
) -> None:
    get = s3.get_bucket_notification_configuration
    tell(s3, bucket, QueueConfigurations=[to_queue(queue.arn, prefix="a", SUFFIX=".txt")])
    [rule] = get(Bucket=bucket)["QueueConfigurations"]

    tell(s3, bucket)

    assert rule["Id"]
    shown = [{"Name": "Prefix", "Value": "a"}, {"Name": "Suffix", "Value": ".txt"}]
    assert rule["Filter"]["Key"]["FilterRules"] == shown
    assert answer(get(Bucket=bucket)) == {}


def test_a_stack_says_what_its_bucket_tells_and_which_origins_may_ask(
    emulator: LiveEmulator, s3: Any, bucket: str, queue: Queue
) -> None:
    rule = {
        "AllowedMethods": ["GET"],
        "AllowedOrigins": ["https://x.example"],
        "MaxAge": 60,
        "ExposedHeaders": ["etag"],
    }
    only = {"S3Key": {"Rules": [{"Name": "suffix", "Value": ".csv"}]}}
    properties = {
        "BucketName": f"{bucket}-stack",
        "CorsConfiguration": {"CorsRules": [rule]},
        "NotificationConfiguration": {
            "EventBridgeConfiguration": {"EventBridgeEnabled": True},
            "QueueConfigurations": [{"Event": CREATED[0], "Queue": queue.arn, "Filter": only}],
        },
    }
    resource = {"Type": "AWS::S3::Bucket", "Properties": properties}
    stacks = emulator.client("cloudformation")

    stacks.create_stack(StackName=bucket, TemplateBody=json.dumps({"Resources": {"Bucket": resource}}))
    stacks.get_waiter("stack_create_complete").wait(StackName=bucket, WaiterConfig={"Delay": 1, "MaxAttempts": 60})

    told = answer(s3.get_bucket_notification_configuration(Bucket=f"{bucket}-stack"))
    assert told["EventBridgeConfiguration"] == {}
    assert told["QueueConfigurations"][0]["Filter"]["Key"]["FilterRules"] == [{"Name": "Suffix", "Value": ".csv"}]
    assert s3.get_bucket_cors(Bucket=f"{bucket}-stack")["CORSRules"] == [
        {
            "AllowedMethods": ["GET"],
            "AllowedOrigins": rule["AllowedOrigins"],
            "MaxAgeSeconds": 60,
            "ExposeHeaders": ["etag"],
        }
    ]
