"""Templates that lie in S3."""

from __future__ import annotations

import json
import uuid
from typing import TYPE_CHECKING

import pytest
from tests.fixtures.refusals import refused

if TYPE_CHECKING:
    from tests.fixtures.emulator import LiveEmulator

LIMIT = 1_000_000
TEMPLATE = json.dumps({"Resources": {"Waiting": {"Type": "AWS::CloudFormation::WaitConditionHandle"}}}).encode()


@pytest.mark.parametrize("size", [LIMIT + 1, 1 << 23], ids=["a byte too many", "far too many"])
def test_a_template_in_s3_has_at_most_a_million_bytes(emulator: LiveEmulator, size: int) -> None:
    s3, name = emulator.client("s3"), f"templates-{uuid.uuid4().hex[:8]}"
    s3.create_bucket(Bucket=name)
    s3.put_object(Bucket=name, Key="template.json", Body=TEMPLATE + b" " * (size - len(TEMPLATE)))
    place = f"https://{name}.s3.amazonaws.com/template.json"

    told = refused(emulator.client("cloudformation").validate_template, TemplateURL=place)

    assert told == (400, "ValidationError", f"Template may not exceed {LIMIT} bytes in size.")
