"""What S3 shows of versions, as AWS was recorded to in 2025."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError
from tests.conformance.s3.recorded import OWNER_ID

if TYPE_CHECKING:
    from tests.fixtures.emulator import LiveEmulator

BUCKET = "answers-versions"
KEY = "a b\x01\n&ü"
"""What XML cannot say; SDKs ask for it in the encoding of URLs."""


@pytest.fixture(scope="module")
def s3(emulator: LiveEmulator) -> Any:
    """S3 with a bucket that keeps versions."""
    client = emulator.client("s3")
    client.create_bucket(Bucket=BUCKET)
    client.put_bucket_versioning(Bucket=BUCKET, VersioningConfiguration={"Status": "Enabled"})
    return client


def test_versions_are_listed_with_their_owner_whatever_their_key_is(s3: Any) -> None:
    s3.put_object(Bucket=BUCKET, Key=KEY, Body=b"x")
    s3.delete_object(Bucket=BUCKET, Key=KEY)

    listed = s3.list_object_versions(Bucket=BUCKET, Prefix=KEY)
    page = s3.list_object_versions(Bucket=BUCKET, Prefix=KEY, MaxKeys=1)

    owner = {"ID": OWNER_ID}
    assert [(each["Key"], each["Owner"]) for each in listed["Versions"]] == [(KEY, owner)]
    assert [(each["Key"], each["Owner"]) for each in listed["DeleteMarkers"]] == [(KEY, owner)]
    assert (listed["Prefix"], listed["KeyMarker"], listed["VersionIdMarker"]) == (KEY, "", "")
    assert (page["NextKeyMarker"], page["IsTruncated"]) == (KEY, True)


def test_a_delete_marker_is_no_object(s3: Any) -> None:
    marker = s3.delete_object(Bucket=BUCKET, Key="gone")["VersionId"]

    with pytest.raises(ClientError) as caught:
        s3.get_object(Bucket=BUCKET, Key="gone", VersionId=marker)

    assert caught.value.response["Error"] == {
        "Code": "MethodNotAllowed",
        "Message": "The specified method is not allowed against this resource.",
        "Method": "GET",
        "ResourceType": "DeleteMarker",
    }
