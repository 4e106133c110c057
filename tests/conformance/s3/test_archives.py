"""Objects in archives, as AWS was recorded to keep and restore them (there in hours, here at once)."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from tests.conformance.s3.recorded import BAD_XML, read, refusal

if TYPE_CHECKING:
    from tests.fixtures.emulator import LiveEmulator


@pytest.mark.parametrize("storage", ["GLACIER", "DEEP_ARCHIVE"])
def test_an_archived_object_is_read_once_it_is_restored(s3: Any, bucket: str, storage: str) -> None:
    named = {"Bucket": bucket, "Key": "k"}
    s3.put_object(**named, Body=b"x", StorageClass=storage)

    got = refusal(s3.get_object, **named)
    copied = refusal(s3.copy_object, Bucket=bucket, Key="copy", CopySource=named)
    statuses = [
        s3.restore_object(**named, RestoreRequest={"Days": days})["ResponseMetadata"]["HTTPStatusCode"]
        for days in (1, 2)
    ]

    code = {"Code": "InvalidObjectState", "StorageClass": storage}
    assert got == (403, code | {"Message": "The operation is not valid for the object's storage class"})
    assert copied == (403, code | {"Message": "Operation is not valid for the source object's storage class"})
    assert statuses == [202, 200]
    assert read(s3, **named)["Body"] == b"x"
    head = s3.head_object(**named)
    assert (head["StorageClass"], head["Restore"].partition(",")[0]) == (storage, 'ongoing-request="false"')


@pytest.mark.parametrize("storage", ["STANDARD", "STANDARD_IA", "GLACIER_IR"])
def test_what_is_no_archive_is_not_restored(s3: Any, bucket: str, storage: str) -> None:
    s3.put_object(Bucket=bucket, Key="k", Body=b"x", StorageClass=storage)

    found = refusal(s3.restore_object, Bucket=bucket, Key="k", RestoreRequest={"Days": 1})

    message = "Restore is not allowed for the object's current storage class"
    assert found == (403, {"Code": "InvalidObjectState", "Message": message})
    assert read(s3, Bucket=bucket, Key="k")["Body"] == b"x"


def test_a_restoration_lasts_for_days(s3: Any, bucket: str) -> None:
    s3.put_object(Bucket=bucket, Key="k", Body=b"x", StorageClass="GLACIER")

    assert refusal(s3.restore_object, Bucket=bucket, Key="k", RestoreRequest={}) == (400, BAD_XML)


def test_a_restoration_is_told_of(emulator: LiveEmulator, s3: Any, bucket: str) -> None:
    sqs = emulator.client("sqs")
    allow = {"Effect": "Allow", "Principal": "*", "Action": "sqs:SendMessage", "Resource": "*"}
    policy = json.dumps({"Version": "2012-10-17", "Statement": [allow]})
    url = sqs.create_queue(QueueName=bucket, Attributes={"Policy": policy})["QueueUrl"]
    rule = {"QueueArn": f"arn:aws:sqs:us-east-1:000000000000:{bucket}", "Events": ["s3:ObjectRestore:*"]}
    s3.put_bucket_notification_configuration(
        Bucket=bucket, NotificationConfiguration={"QueueConfigurations": [rule]}, SkipDestinationValidation=True
    )
    s3.put_object(Bucket=bucket, Key="k", Body=b"x", StorageClass="GLACIER")

    s3.restore_object(Bucket=bucket, Key="k", RestoreRequest={"Days": 1})

    told: dict[str, Any] = {}
    while len(told) < 2:
        for message in sqs.receive_message(QueueUrl=url, WaitTimeSeconds=20, MaxNumberOfMessages=10)["Messages"]:
            [record] = json.loads(message["Body"])["Records"]
            told[record["eventName"]] = record
    assert told["ObjectRestore:Post"]["s3"]["object"].keys() == {"key", "size", "eTag", "sequencer"}
    restored = told["ObjectRestore:Completed"]["glacierEventData"]["restoreEventData"]
    assert restored["lifecycleRestoreStorageClass"] == "GLACIER"
    assert restored["lifecycleRestorationExpiryTime"].endswith("T00:00:00.000Z")
