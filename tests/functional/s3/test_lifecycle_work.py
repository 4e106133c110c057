"""What lifecycle rules take when they are carried out, and what is told of it."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest
from tests.functional.s3.conftest import BUCKET, Bench

from mlfn_localstack.service import ServiceError
from mlfn_localstack.services.s3 import S3

if TYPE_CHECKING:
    from tests.functional.s3.conftest import Scenario

Run = Callable[["Scenario"], Any]
DAY_S = 86_400
QUEUE = "arn:aws:sqs:us-east-1:000000000000:queue"
TAG = {"Key": "kind", "Value": "draft"}


async def rules(bench: Bench, *given: dict[str, Any]) -> None:
    named = [{"ID": f"r{i}", "Status": "Enabled", "Filter": {"Prefix": ""}} | rule for i, rule in enumerate(given)]
    await bench.do("PutBucketLifecycleConfiguration", Bucket=BUCKET, LifecycleConfiguration={"Rules": named})


async def versioned(bench: Bench, status: str = "Enabled") -> None:
    await bench.do("PutBucketVersioning", Bucket=BUCKET, VersioningConfiguration={"Status": status})


async def after(bench: Bench, days: int) -> None:
    """Have the rules carried out, so many days from now."""
    assert isinstance(bench.service, S3)
    await bench.service.lifecycle.carry_out(time.time() + days * DAY_S)


async def kept(bench: Bench) -> list[tuple[str, str]]:
    """What versions and delete markers there are, by key the newest first."""
    listed = await bench.do("ListObjectVersions", Bucket=BUCKET)
    both = [(each, "version") for each in listed.get("Versions", ())]
    both += [(each, "marker") for each in listed.get("DeleteMarkers", ())]
    both.sort(key=lambda one: (one[0]["Key"], not one[0]["IsLatest"], one[1]))
    return [(each["Key"], kind) for each, kind in both]


def test_an_object_goes_after_its_days_with_its_content(run: Run) -> None:
    async def scenario(bench: Bench) -> None:
        await rules(bench, {"Expiration": {"Days": 3}})
        await bench.on("PutObject", "k", Body=b"text")
        await after(bench, 3)
        assert await bench.read("k") == b"text"
        await after(bench, 5)
        with pytest.raises(ServiceError, match="NoSuchKey"):
            await bench.read("k")
        assert bench.stored() == 0

    run(scenario)


@pytest.mark.parametrize(
    ("rule", "gone"),
    [
        ({"Filter": {"Prefix": "tmp/"}}, {"tmp/small", "tmp/large"}),
        ({"Filter": {"Tag": TAG}}, {"draft"}),
        ({"Filter": {"ObjectSizeGreaterThan": 5}}, {"tmp/large"}),
        ({"Filter": {"And": {"Prefix": "tmp/", "ObjectSizeLessThan": 5}}}, {"tmp/small"}),
        ({"Status": "Disabled"}, set()),
    ],
    ids=["prefix", "tag", "size", "both", "disabled"],
)
def test_a_rule_takes_what_it_is_about(run: Run, rule: dict[str, Any], gone: set[str]) -> None:
    async def scenario(bench: Bench) -> None:
        await rules(bench, {"Expiration": {"Days": 1}, **rule})
        await bench.on("PutObject", "tmp/small", Body=b"x")
        await bench.on("PutObject", "tmp/large", Body=b"x" * 10)
        await bench.on("PutObject", "draft", Body=b"x", Tagging="kind=draft")
        await after(bench, 9)
        assert {"tmp/small", "tmp/large", "draft"} - {key for key, _ in await kept(bench)} == gone

    run(scenario)


def test_with_versions_an_object_is_hidden_then_goes_and_its_marker_last(run: Run) -> None:
    async def scenario(bench: Bench) -> None:
        await versioned(bench)
        await rules(bench, {"Expiration": {"Days": 5}, "NoncurrentVersionExpiration": {"NoncurrentDays": 9}})
        await bench.on("PutObject", "k", Body=b"text")
        await after(bench, 7)
        assert await kept(bench) == [("k", "marker"), ("k", "version")]
        await after(bench, 8)
        assert await kept(bench) == [("k", "marker"), ("k", "version")]
        await after(bench, 11)
        assert (await kept(bench), bench.stored()) == ([("k", "marker")], 0)
        await after(bench, 11)
        assert await kept(bench) == []

    run(scenario)


def test_a_marker_that_hides_nothing_goes_at_once_where_a_rule_says_so(run: Run) -> None:
    async def scenario(bench: Bench) -> None:
        await versioned(bench)
        await rules(bench, {"Expiration": {"ExpiredObjectDeleteMarker": True}})
        await bench.on("DeleteObject", "alone")
        await bench.on("PutObject", "hidden", Body=b"x")
        await bench.on("DeleteObject", "hidden")
        await after(bench, 0)
        assert await kept(bench) == [("hidden", "marker"), ("hidden", "version")]

    run(scenario)


def test_the_newest_noncurrent_versions_stay_where_a_rule_says_so(run: Run) -> None:
    async def scenario(bench: Bench) -> None:
        await versioned(bench)
        limit = {"NoncurrentDays": 1, "NewerNoncurrentVersions": 2}
        await rules(bench, {"NoncurrentVersionExpiration": limit})
        for number in range(5):
            await bench.on("PutObject", "k", Body=b"%d" % number)
        await after(bench, 9)
        assert await kept(bench) == [("k", "version")] * 3
        assert await bench.read("k") == b"4"

    run(scenario)


def test_where_versioning_is_suspended_the_object_goes_and_a_marker_stays(run: Run) -> None:
    async def scenario(bench: Bench) -> None:
        await versioned(bench, "Suspended")
        await rules(bench, {"Expiration": {"Days": 1}})
        await bench.on("PutObject", "k", Body=b"text")
        await after(bench, 9)
        assert (await kept(bench), bench.stored()) == ([("k", "marker")], 0)

    run(scenario)


@pytest.mark.parametrize(
    "lock",
    [
        {"ObjectLockLegalHoldStatus": "ON"},
        {"ObjectLockMode": "GOVERNANCE", "ObjectLockRetainUntilDate": "2999-01-01T00:00:00Z"},
    ],
    ids=["hold", "retention"],
)
def test_what_is_locked_stays(run: Run, lock: dict[str, Any]) -> None:
    async def scenario(bench: Bench) -> None:
        await versioned(bench)
        await rules(bench, {"Expiration": {"Days": 1}, "NoncurrentVersionExpiration": {"NoncurrentDays": 1}})
        version = (await bench.on("PutObject", "k", Body=b"text"))["VersionId"]
        await bench.on("PutObject", "other", Body=b"text")
        state = bench.environment.store
        (properties,) = state.execute("SELECT properties FROM s3_versions WHERE version=?", (version,)).fetchone()
        changed = json.dumps(json.loads(properties) | lock)
        state.execute("UPDATE s3_versions SET properties=? WHERE version=?", (changed, version))
        await after(bench, 9)
        await after(bench, 19)
        await after(bench, 29)
        assert await kept(bench) == [("k", "marker"), ("k", "version")]

    run(scenario)


def test_an_upload_that_nobody_completes_goes_with_its_parts(run: Run) -> None:
    async def scenario(bench: Bench) -> None:
        await rules(bench, {"AbortIncompleteMultipartUpload": {"DaysAfterInitiation": 2}})
        upload = (await bench.on("CreateMultipartUpload", "k"))["UploadId"]
        await bench.on("UploadPart", "k", UploadId=upload, PartNumber=1, Body=b"part")
        await after(bench, 1)
        assert bench.stored() == 1
        await after(bench, 4)
        assert (bench.stored(), (await bench.do("ListMultipartUploads", Bucket=BUCKET))["Uploads"]) == (0, [])

    run(scenario)


@pytest.mark.parametrize(
    ("status", "name", "more"),
    [
        ("Suspended", "DeleteMarkerCreated", {"eTag"}),
        ("Enabled", "DeleteMarkerCreated", {"eTag", "versionId"}),
        ("", "Delete", set()),
    ],
    ids=["suspended", "versions", "no versions"],
)
def test_a_queue_is_told_in_the_words_of_the_documentation(run: Run, status: str, name: str, more: set[str]) -> None:
    async def scenario(bench: Bench) -> None:
        if status:
            await versioned(bench, status)
        await rules(bench, {"Expiration": {"Days": 1}})
        await bench.on("PutObject", "k", Body=b"text")
        wanted = {"QueueConfigurations": [{"QueueArn": QUEUE, "Events": ["s3:LifecycleExpiration:*"]}]}
        await bench.do("PutBucketNotificationConfiguration", Bucket=BUCKET, NotificationConfiguration=wanted)
        bench.calls.clear()

        await after(bench, 9)

        ((_, message, _, _),) = await bench.called(1)
        (record,) = json.loads(message["MessageBody"])["Records"]
        assert (record["eventVersion"], record["eventName"]) == ("2.3", f"LifecycleExpiration:{name}")
        assert record["userIdentity"] == {"principalId": "s3.amazonaws.com"}
        assert record["requestParameters"] == {"sourceIPAddress": "s3.amazonaws.com"}
        assert record["s3"]["object"].keys() == {"key", "sequencer"} | more

    run(scenario)


def test_eventbridge_is_told_that_a_lifecycle_did_it(run: Run) -> None:
    async def scenario(bench: Bench) -> None:
        await rules(bench, {"Expiration": {"Days": 1}})
        await bench.on("PutObject", "k", Body=b"text")
        wanted: dict[str, Any] = {"EventBridgeConfiguration": {}}
        await bench.do("PutBucketNotificationConfiguration", Bucket=BUCKET, NotificationConfiguration=wanted)

        await after(bench, 9)

        ((_, put, _, _),) = await bench.called(1)
        (entry,) = put["Entries"]
        detail = json.loads(entry["Detail"])
        assert (entry["DetailType"], detail["reason"]) == ("Object Deleted", "Lifecycle Expiration")
        assert (detail["deletion-type"], detail["requester"]) == ("Permanently Deleted", "s3.amazonaws.com")
        assert "source-ip-address" not in detail

    run(scenario)


def test_rules_are_carried_out_by_themselves(run: Run) -> None:
    async def scenario(bench: Bench) -> None:
        await rules(bench, {"Expiration": {"Date": datetime(2020, 1, 1, tzinfo=UTC)}})
        await bench.on("PutObject", "k", Body=b"text")
        wanted = {"QueueConfigurations": [{"QueueArn": QUEUE, "Events": ["s3:LifecycleExpiration:Delete"]}]}
        await bench.do("PutBucketNotificationConfiguration", Bucket=BUCKET, NotificationConfiguration=wanted)
        bench.calls.clear()
        await bench.service.stop()

        await bench.service.start()

        assert (await bench.called(1))[0][0] == "sqs:SendMessage"

    run(scenario)


def test_rules_are_looked_after_as_often_as_is_asked_for(run: Run) -> None:
    async def scenario(bench: Bench) -> None:
        await rules(bench, {"Expiration": {"Date": datetime(2020, 1, 1, tzinfo=UTC)}})
        wanted = {"QueueConfigurations": [{"QueueArn": QUEUE, "Events": ["s3:LifecycleExpiration:Delete"]}]}
        await bench.do("PutBucketNotificationConfiguration", Bucket=BUCKET, NotificationConfiguration=wanted)
        await bench.service.stop()
        bench.calls.clear()
        bench.service = S3(replace(bench.environment, options={"s3-lifecycle-interval-s": "0.02"}))
        await bench.service.start()

        for number in (1, 2):
            await bench.on("PutObject", "k", Body=b"text")
            await bench.called(number)

    run(scenario)
