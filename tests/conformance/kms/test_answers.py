"""Keys that KMS does not find, word for word as AWS was recorded to in 2023."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from botocore.exceptions import ClientError

if TYPE_CHECKING:
    from tests.fixtures.emulator import LiveEmulator

KEYS = "arn:aws:kms:us-east-1:000000000000:key/"
ID = "134f2428-cec1-4b25-a1ae-9048164dba47"
MULTI_REGION = "mrk-d3b95762d3b95762d3b95762d3b95762"


@pytest.mark.parametrize(
    ("key", "message"),
    [
        (ID, f"Key '{KEYS}{ID}' does not exist"),
        (KEYS + ID, f"Key '{KEYS}{ID}' does not exist"),
        (MULTI_REGION, f"Key '{KEYS}{MULTI_REGION}' does not exist"),
        (f"arn:aws:kms:ap-southeast-1:000000000000:key/{ID}", "Invalid arn ap-southeast-1"),
        (ID.replace("-", ""), f"Invalid keyId '{ID.replace('-', '')}'"),
        ("mrk-fake-key-id", "Invalid keyId 'mrk-fake-key-id'"),
    ],
    ids=["id", "arn", "multi-region", "elsewhere", "no dashes", "no id"],
)
def test_a_key_that_is_not_there(emulator: LiveEmulator, key: str, message: str) -> None:
    with pytest.raises(ClientError) as caught:
        emulator.client("kms").describe_key(KeyId=key)

    assert caught.value.response["Error"] == {"Code": "NotFoundException", "Message": message}
