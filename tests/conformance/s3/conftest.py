"""A client, and a bucket of a test's own."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from tests.fixtures.emulator import LiveEmulator


@pytest.fixture(scope="module")
def s3(emulator: LiveEmulator) -> Any:
    """A boto3 client."""
    return emulator.client("s3")


def two_buckets(client: Any, plain: str, versioned: str) -> Any:
    """The client, once there are a bucket that keeps versions and one that does not; in that one is "ten"."""
    client.create_bucket(Bucket=plain)
    client.create_bucket(Bucket=versioned)
    client.put_bucket_versioning(Bucket=versioned, VersioningConfiguration={"Status": "Enabled"})
    client.put_object(Bucket=plain, Key="ten", Body=b"0123456789")
    return client


@pytest.fixture
def bucket(s3: Any) -> str:
    """A new bucket's name."""
    name = f"own-{uuid.uuid4().hex[:12]}"
    s3.create_bucket(Bucket=name)
    return name
