"""Trails through boto3: what they record, and where it lands."""

from __future__ import annotations

import gzip
import json
import re
import time
import uuid
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from botocore.exceptions import ClientError
from tests.conformance.clients.conftest import archive
from tests.fixtures.target import PYTHON_RUNTIME, trust

from mlfn_audit.collecting.trail_sweep import TrailFiles, refused_invokes

ACCOUNT = "000000000000"
FOLDER = f"AWSLogs/{ACCOUNT}/CloudTrail/us-east-1"


def bucket_policy(bucket: str) -> str:
    principal = {"Service": "cloudtrail.amazonaws.com"}
    arn = f"arn:aws:s3:::{bucket}"
    look = {"Effect": "Allow", "Principal": principal, "Action": "s3:GetBucketAcl", "Resource": arn}
    write = {"Effect": "Allow", "Principal": principal, "Action": "s3:PutObject", "Resource": f"{arn}/AWSLogs/*"}
    return json.dumps({"Version": "2012-10-17", "Statement": [look, write]})


@pytest.fixture
def bucket(emulator: Any) -> str:
    s3, name = emulator.client("s3"), f"trail-{uuid.uuid4().hex[:8]}"
    s3.create_bucket(Bucket=name)
    s3.put_bucket_policy(Bucket=name, Policy=bucket_policy(name))
    return name


@pytest.fixture
def trail(emulator: Any, bucket: str) -> Iterator[str]:
    client = emulator.client("cloudtrail")
    client.create_trail(Name=bucket, S3BucketName=bucket)
    client.start_logging(Name=bucket)
    yield bucket
    client.delete_trail(Name=bucket)


@pytest.fixture
def function(emulator: Any, bucket: str) -> Iterator[str]:
    iam = emulator.client("iam")
    role = iam.create_role(RoleName=bucket, AssumeRolePolicyDocument=trust("lambda.amazonaws.com"))["Role"]["Arn"]
    code = {"ZipFile": archive({"app.py": "def handler(event, context):\n    return event\n"})}
    settings = {"Runtime": PYTHON_RUNTIME, "Handler": "app.handler", "Role": role, "Code": code}
    emulator.client("lambda").create_function(FunctionName=bucket, Publish=True, **settings)
    yield bucket
    emulator.client("lambda").delete_function(FunctionName=bucket)


def select(emulator: Any, trail: str, values: list[str], management: bool = False) -> None:
    data = [{"Type": "AWS::Lambda::Function", "Values": values}]
    selector = {"ReadWriteType": "All", "IncludeManagementEvents": management, "DataResources": data}
    emulator.client("cloudtrail").put_event_selectors(TrailName=trail, EventSelectors=[selector])


def delivered(emulator: Any, bucket: str) -> list[dict[str, Any]]:
    """All records in a trail's bucket, once logging has stopped and so everything is delivered."""
    emulator.client("cloudtrail").stop_logging(Name=bucket)
    s3 = emulator.client("s3")
    records = []
    for item in s3.list_objects_v2(Bucket=bucket).get("Contents", []):
        body = s3.get_object(Bucket=bucket, Key=item["Key"])["Body"].read()
        records += json.loads(gzip.decompress(body))["Records"]
    return records


def test_an_invoke_is_recorded_with_caller_and_version(emulator: Any, trail: str, function: str) -> None:
    select(emulator, trail, ["arn:aws:lambda"])

    answer = emulator.client("lambda").invoke(FunctionName=function, Qualifier="1", Payload=b'{"secret": 1}')

    arn = f"arn:aws:lambda:us-east-1:{ACCOUNT}:function:{function}"
    (record,) = [
        one for one in delivered(emulator, trail) if one["requestID"] == answer["ResponseMetadata"]["RequestId"]
    ]
    assert record["userIdentity"] == {
        "type": "Root",
        "principalId": ACCOUNT,
        "arn": f"arn:aws:iam::{ACCOUNT}:root",
        "accountId": ACCOUNT,
        "accessKeyId": emulator.credentials.access_key,
    }
    assert (record["eventSource"], record["eventName"]) == ("lambda.amazonaws.com", "Invoke")
    assert (record["sourceIPAddress"], record["userAgent"][:5]) == ("127.0.0.1", "Boto3")
    assert record["additionalEventData"] == {"functionVersion": f"{arn}:1"}
    assert record["requestParameters"] == {"functionName": function, "qualifier": "1"}
    assert record["resources"] == [{"accountId": ACCOUNT, "type": "AWS::Lambda::Function", "ARN": arn}]
    assert (record["managementEvent"], record["eventCategory"], record["readOnly"]) == (False, "Data", False)
    assert "secret" not in json.dumps(record)


def test_log_files_lie_by_account_region_and_day(emulator: Any, trail: str) -> None:
    emulator.client("iam").list_roles()
    emulator.client("cloudtrail").stop_logging(Name=trail)

    keys = [item["Key"] for item in emulator.client("s3").list_objects_v2(Bucket=trail)["Contents"]]

    name = rf"{ACCOUNT}_CloudTrail_us-east-1_\d{{8}}T\d{{4}}Z_[A-Za-z0-9]{{16}}\.json\.gz"
    assert all(re.fullmatch(rf"{FOLDER}/\d{{4}}/\d\d/\d\d/{name}", key) for key in keys)
    assert keys[0].startswith(f"{FOLDER}/{datetime.now(UTC):%Y/%m/%d}/")


def test_only_the_selected_functions_calls_are_recorded(emulator: Any, trail: str, function: str) -> None:
    select(emulator, trail, [f"arn:aws:lambda:us-east-1:{ACCOUNT}:function:other"])
    emulator.client("lambda").invoke(FunctionName=function)

    assert [one for one in delivered(emulator, trail) if one["eventName"] == "Invoke"] == []


def test_nothing_is_recorded_before_logging_starts(emulator: Any, bucket: str) -> None:
    client = emulator.client("cloudtrail")
    client.create_trail(Name=bucket, S3BucketName=bucket)
    emulator.client("iam").list_roles()

    assert client.get_trail_status(Name=bucket)["IsLogging"] is False
    assert delivered(emulator, bucket) == []
    client.delete_trail(Name=bucket)


def test_management_events_can_be_looked_up(emulator: Any, trail: str) -> None:
    emulator.client("iam").create_user(UserName=trail)
    with pytest.raises(ClientError):
        emulator.client("lambda").get_function(FunctionName=f"none-{trail}")

    def found(name: str) -> list[dict[str, Any]]:
        attributes = [{"AttributeKey": "EventName", "AttributeValue": name}]
        events = emulator.client("cloudtrail").lookup_events(LookupAttributes=attributes)["Events"]
        return [json.loads(one["CloudTrailEvent"]) for one in events if trail in one["CloudTrailEvent"]]

    (created,) = found("CreateUser")
    assert created["requestParameters"] == {"userName": trail}
    assert created["responseElements"]["user"]["arn"].endswith(f":user/{trail}")
    (refused,) = found("GetFunction20150331v2")
    assert (refused["errorCode"], refused["readOnly"]) == ("ResourceNotFoundException", True)


def test_a_denied_call_is_recorded_as_such(emulator: Any, trail: str) -> None:
    iam = emulator.client("iam")
    iam.create_user(UserName=trail)
    pair = iam.create_access_key(UserName=trail)["AccessKey"]
    keys = {"aws_access_key_id": pair["AccessKeyId"], "aws_secret_access_key": pair["SecretAccessKey"]}
    with pytest.raises(ClientError):
        emulator.client("dynamodb", **keys).list_tables()

    (record,) = [one for one in delivered(emulator, trail) if one["eventName"] == "ListTables"]

    assert record["errorCode"] == "AccessDeniedException"
    assert (record["userIdentity"]["type"], record["userIdentity"]["userName"]) == ("IAMUser", trail)
    assert pair["SecretAccessKey"] not in json.dumps(delivered(emulator, trail))


def test_delivery_goes_on_by_itself(emulator: Any, trail: str) -> None:
    emulator.client("iam").list_roles()

    deadline = time.monotonic() + 15
    while "LatestDeliveryTime" not in emulator.client("cloudtrail").get_trail_status(Name=trail):
        assert time.monotonic() < deadline
        time.sleep(0.2)


def test_a_bucket_must_let_cloudtrail_in(emulator: Any, bucket: str) -> None:
    emulator.client("s3").delete_bucket_policy(Bucket=bucket)

    with pytest.raises(ClientError, match=f"Incorrect S3 bucket policy is detected for bucket: {bucket}") as raised:
        emulator.client("cloudtrail").create_trail(Name=bucket, S3BucketName=bucket)

    assert raised.value.response["Error"]["Code"] == "InsufficientS3BucketPolicyException"


def test_a_trail_is_described_as_it_was_made(emulator: Any, trail: str) -> None:
    (found,) = emulator.client("cloudtrail").describe_trails(trailNameList=[trail])["trailList"]

    assert found["TrailARN"] == f"arn:aws:cloudtrail:us-east-1:{ACCOUNT}:trail/{trail}"
    assert (found["S3BucketName"], found["HomeRegion"], found["IsMultiRegionTrail"]) == (trail, "us-east-1", False)


def test_the_reaper_finds_a_refused_call_in_what_a_trail_delivers(emulator: Any, trail: str, function: str) -> None:
    select(emulator, trail, ["arn:aws:lambda"])
    iam = emulator.client("iam")
    iam.create_user(UserName=trail)
    key = iam.create_access_key(UserName=trail)["AccessKey"]
    keys = {"aws_access_key_id": key["AccessKeyId"], "aws_secret_access_key": key["SecretAccessKey"]}
    with pytest.raises(ClientError, match="AccessDenied"):
        emulator.client("lambda", **keys).invoke(FunctionName=function, Payload=b"{}")
    assert delivered(emulator, trail)

    files = TrailFiles(client=emulator.client("s3"), bucket=trail, folder=FOLDER)
    now_ms = time.time_ns() // 1_000_000
    events = list(files.events(now_ms - 3_600_000, now_ms))

    (wire,) = refused_invokes(events, {function: "shop.mood"}, now_ms - 3_600_000, now_ms)
    assert (wire["m"], wire["ca"]) == ("shop.mood", f"arn:aws:iam::{ACCOUNT}:user/{trail}")
    assert wire["er"] == "AccessDeniedException x1"


def test_a_status_tells_of_attempts_by_their_dates(emulator: Any, trail: str) -> None:
    client = emulator.client("cloudtrail")
    before = client.get_trail_status(Name=trail)
    client.stop_logging(Name=trail)

    after = client.get_trail_status(Name=trail)

    attempts = ("LatestDeliveryAttemptTime", "LatestDeliveryAttemptSucceeded")
    notices = ("LatestNotificationAttemptTime", "LatestNotificationAttemptSucceeded")
    assert [before[name] for name in notices] == ["", ""]
    assert all(before[name] == "" for name in attempts) or before["LatestDeliveryTime"]
    assert all(re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", after[name]) for name in attempts)
    assert "LatestDeliveryError" not in after
