"""Buckets being made: the names that S3 keeps for itself, the regions that are to be named, and first tags."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, Any

import pytest
from tests.conformance.s3.recorded import answer, refusal
from tests.fixtures.emulator import LiveEmulator

from mlfn_localstack.process import read_credentials, start, stop

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(scope="module")
def abroad(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """S3 of an emulator of eu-west-1."""
    state_dir = tmp_path_factory.mktemp("abroad")
    running = start(state_dir, port=0, arguments=("--region", "eu-west-1"))
    try:
        credentials = read_credentials(state_dir)
        assert credentials is not None
        yield LiveEmulator(endpoint=running.endpoint, credentials=credentials, state_dir=state_dir).client("s3")
    finally:
        stop(state_dir)


def new() -> str:
    return f"made-{uuid.uuid4().hex[:12]}"


@pytest.mark.parametrize(
    "name",
    ["xn--a-bucket", "sthree-a-bucket", "amzn-s3-demo-bucket", "bucket-s3alias", "bucket.mrap", "bucket--table-s3"],
)
def test_names_that_s3_keeps_for_itself(s3: Any, name: str) -> None:
    error = {"Code": "InvalidBucketName", "Message": "The specified bucket is not valid.", "BucketName": name}

    assert refusal(s3.create_bucket, Bucket=name) == (400, error)


@pytest.mark.parametrize("location", ["us-east-1", "nowhere"])
def test_the_first_region_is_not_to_be_named(s3: Any, location: str) -> None:
    message = "The specified location-constraint is not valid"
    error = {"Code": "InvalidLocationConstraint", "Message": message, "LocationConstraint": location}

    configuration = {"LocationConstraint": location}
    assert refusal(s3.create_bucket, Bucket=new(), CreateBucketConfiguration=configuration) == (400, error)


@pytest.mark.parametrize("location", ["us-east-1", "eu-central-1"])
def test_any_other_region_names_no_other(abroad: Any, location: str) -> None:
    message = (
        f"The {location} location constraint is incompatible for the region specific endpoint this request was sent to."
    )
    error = {"Code": "IllegalLocationConstraintException", "Message": message}

    configuration = {"LocationConstraint": location}
    assert refusal(abroad.create_bucket, Bucket=new(), CreateBucketConfiguration=configuration) == (400, error)


def test_any_other_region_is_to_be_named(abroad: Any) -> None:
    name = new()
    status, error = refusal(abroad.create_bucket, Bucket=name)
    abroad.create_bucket(Bucket=name, CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})

    assert (status, error["Code"]) == (400, "IllegalLocationConstraintException")
    assert error["Message"].startswith("The unspecified location constraint is incompatible")
    assert abroad.get_bucket_location(Bucket=name)["LocationConstraint"] == "eu-west-1"


def test_a_bucket_is_made_with_tags(s3: Any) -> None:
    name, tags = new(), [{"Key": "team", "Value": "shop"}]
    s3.create_bucket(Bucket=name, CreateBucketConfiguration={"Tags": tags})

    assert answer(s3.get_bucket_tagging(Bucket=name)) == {"TagSet": tags}


def test_tags_that_are_refused_make_no_bucket(s3: Any) -> None:
    name = new()
    tags = [{"Key": "aws:team", "Value": "shop"}]
    status, error = refusal(s3.create_bucket, Bucket=name, CreateBucketConfiguration={"Tags": tags})

    assert (status, error["Code"]) == (400, "InvalidTag")
    assert refusal(s3.head_bucket, Bucket=name)[0] == 404
