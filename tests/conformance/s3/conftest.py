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


@pytest.fixture
def bucket(s3: Any) -> str:
    """A new bucket's name."""
    name = f"own-{uuid.uuid4().hex[:12]}"
    s3.create_bucket(Bucket=name)
    return name
