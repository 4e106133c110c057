"""Settings that a bucket has several of, and those it never has, as AWS was recorded to show them."""

from __future__ import annotations

from typing import Any

import pytest
from tests.conformance.s3.recorded import BAD_XML, answer, refusal

MISSING = {"Code": "NoSuchConfiguration", "Message": "The specified configuration does not exist."}
DESTINATION = {"S3BucketDestination": {"Bucket": "arn:aws:s3:::there", "Format": "CSV"}}
EXPORT = {"OutputSchemaVersion": "V_1", "Destination": DESTINATION}
INVENTORY = {
    "Destination": DESTINATION,
    "IncludedObjectVersions": "All",
    "IsEnabled": True,
    "OptionalFields": ["Size", "ETag"],
    "Schedule": {"Frequency": "Daily"},
}
KINDS: dict[str, tuple[str, dict[str, Any]]] = {
    "analytics": (
        "AnalyticsConfiguration",
        {"Filter": {"Prefix": "p"}, "StorageClassAnalysis": {"DataExport": EXPORT}},
    ),
    "intelligent_tiering": (
        "IntelligentTieringConfiguration",
        {
            "Filter": {"Prefix": "p"},
            "Status": "Enabled",
            "Tierings": [{"Days": 90, "AccessTier": "ARCHIVE_ACCESS"}],
        },
    ),
    "inventory": ("InventoryConfiguration", INVENTORY),
    "metrics": ("MetricsConfiguration", {"Filter": {"Prefix": "logs/"}}),
}


@pytest.mark.parametrize("kind", KINDS)
def test_a_configuration_is_kept_under_its_name(s3: Any, bucket: str, kind: str) -> None:
    member, body = KINDS[kind]
    put, get, delete = (getattr(s3, f"{verb}_bucket_{kind}_configuration") for verb in ("put", "get", "delete"))

    statuses = [
        put(Bucket=bucket, Id=name, **{member: {"Id": name, **body}})["ResponseMetadata"]["HTTPStatusCode"]
        for name in ("z", "a")
    ]

    assert statuses == [204, 204]
    assert answer(get(Bucket=bucket, Id="a")) == {member: {"Id": "a", **body}}
    listed = answer(getattr(s3, f"list_bucket_{kind}_configurations")(Bucket=bucket))
    assert (listed["IsTruncated"], [each["Id"] for each in listed[f"{member}List"]]) == (False, ["a", "z"])
    delete(Bucket=bucket, Id="a")
    assert refusal(delete, Bucket=bucket, Id="a") == refusal(get, Bucket=bucket, Id="a") == (404, MISSING)


@pytest.mark.parametrize("kind", ["analytics", "intelligent_tiering"])
def test_a_configuration_says_its_own_name(s3: Any, bucket: str, kind: str) -> None:
    member, body = KINDS[kind]

    put = getattr(s3, f"put_bucket_{kind}_configuration")

    assert refusal(put, Bucket=bucket, Id="a", **{member: {"Id": "b", **body}}) == (400, BAD_XML)


WRONG_ID = {"Code": "IdMismatch", "Message": "Document ID does not match the specified configuration ID."}
WRONG_ARN = {"Code": "InvalidS3DestinationBucket", "Message": "Invalid bucket ARN."}


@pytest.mark.parametrize(
    ("wrong", "error"),
    [
        ({"Id": "other"}, WRONG_ID),
        ({"Destination": {"S3BucketDestination": {"Bucket": "there", "Format": "CSV"}}}, WRONG_ARN),
        ({"Destination": {"S3BucketDestination": {"Bucket": "arn:aws:s3:::there", "Format": "TXT"}}}, BAD_XML),
        ({"Schedule": {"Frequency": "Hourly"}}, BAD_XML),
        ({"IncludedObjectVersions": "Some"}, BAD_XML),
        ({"OptionalFields": ["Colour"]}, BAD_XML),
    ],
)
def test_an_inventory_that_is_refused(s3: Any, bucket: str, wrong: dict[str, Any], error: dict[str, str]) -> None:
    inventory = {"Id": "i", **INVENTORY, **wrong}

    found = refusal(s3.put_bucket_inventory_configuration, Bucket=bucket, Id="i", InventoryConfiguration=inventory)

    assert found == (400, error)


def test_a_hundred_configurations_are_a_page(s3: Any, bucket: str) -> None:
    for number in range(102):
        name = f"m{number:03}"
        metrics = {"Id": name, "Filter": {"Prefix": "logs/"}}
        s3.put_bucket_metrics_configuration(Bucket=bucket, Id=name, MetricsConfiguration=metrics)

    first = s3.list_bucket_metrics_configurations(Bucket=bucket)
    token = first["NextContinuationToken"]
    second = s3.list_bucket_metrics_configurations(Bucket=bucket, ContinuationToken=token)

    assert (first["IsTruncated"], len(first["MetricsConfigurationList"])) == (True, 100)
    assert (second["IsTruncated"], second["ContinuationToken"]) == (False, token)
    assert [each["Id"] for each in second["MetricsConfigurationList"]] == ["m100", "m101"]


def test_logs_go_to_a_bucket_that_is_there_and_end_without_one(s3: Any, bucket: str) -> None:
    def status(target: str) -> dict[str, Any]:
        return {"LoggingEnabled": {"TargetBucket": target, "TargetPrefix": "log"}}

    found = refusal(s3.put_bucket_logging, Bucket=bucket, BucketLoggingStatus=status("no-such-bucket"))
    s3.put_bucket_logging(Bucket=bucket, BucketLoggingStatus=status(bucket))
    shown = answer(s3.get_bucket_logging(Bucket=bucket))
    s3.put_bucket_logging(Bucket=bucket, BucketLoggingStatus={})

    message = "The target bucket for logging does not exist"
    error = {"Code": "InvalidTargetBucketForLogging", "Message": message, "TargetBucket": "no-such-bucket"}
    assert found == (400, error)
    assert (shown, answer(s3.get_bucket_logging(Bucket=bucket))) == (status(bucket), {})


@pytest.mark.parametrize(
    ("operation", "code", "message"),
    [
        (
            *("get_bucket_website", "NoSuchWebsiteConfiguration"),
            "The specified bucket does not have a website configuration",
        ),
        (
            *("get_bucket_replication", "ReplicationConfigurationNotFoundError"),
            "The replication configuration was not found",
        ),
    ],
)
def test_what_no_bucket_has(s3: Any, bucket: str, operation: str, code: str, message: str) -> None:
    found = refusal(getattr(s3, operation), Bucket=bucket)

    assert found == (404, {"Code": code, "Message": message, "BucketName": bucket})


def test_what_is_not_carried_out_is_refused_by_name(s3: Any, bucket: str) -> None:
    rule = {"Status": "Enabled", "Destination": {"Bucket": "arn:aws:s3:::another"}}
    replication = {"Role": "arn:aws:iam::000000000000:role/r", "Rules": [rule]}

    status, error = refusal(s3.put_bucket_replication, Bucket=bucket, ReplicationConfiguration=replication)

    message = "The emulator does not support s3:PutBucketReplication."
    assert (status, error) == (501, {"Code": "UnsupportedOperation", "Message": message})
