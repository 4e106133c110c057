"""What the end of an app leaves, by name: evidence, and what makes it readable."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlfn.runtime.capture import PAYLOADS
from mlfn.runtime.data_key import data_key_name
from mlfn.runtime.large_values import CALLS, values_prefix
from mlfn_deployers.aws.platform import platform_name, seal_name

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from mypy_boto3_s3 import S3Client

    from mlfn_deployers.aws.stacks.change_sets import Stacks


def left_behind(stacks: Stacks, s3: S3Client, app: str, stage: str) -> tuple[str, ...]:
    """The stage's stacks, and what its data bucket holds of an app; nothing once the stage itself is gone."""
    base = stacks.outputs(f"mlfn-base-{stage}")
    if not base:
        return ()
    shared = [name for name in (seal_name(stage), platform_name(stage)) if stacks.describe(name)]
    return (
        f"stack mlfn-base-{stage} with table mlfn-audit-{stage}, where the records of {app} are",
        *(f"stack {name}" for name in shared),
        *_objects(s3, base, app),
    )


def _objects(s3: S3Client, base: Mapping[str, str], app: str) -> Iterator[str]:
    """What there is of an app in the data bucket, counted."""
    bucket, key = base["DataBucket"], data_key_name(app)
    if key in _keys(s3, bucket, key):
        yield f"data key of {app} in {bucket} (mlfn audit forget {app} destroys it)"
    kinds = {
        "payloads": f"{PAYLOADS}{app}.",
        "large values and blobs": values_prefix(app),
        "large inputs and answers": f"{CALLS}{app}.",
    }
    for kind, prefix in kinds.items():
        if count := len(_keys(s3, bucket, prefix)):
            yield f"{count} {kind} of {app} in {bucket}"


def _keys(s3: S3Client, bucket: str, prefix: str) -> list[str]:
    pages = s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix)
    return [entry["Key"] for page in pages for entry in page.get("Contents", [])]
