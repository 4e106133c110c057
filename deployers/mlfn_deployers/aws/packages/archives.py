"""Zip archives in the data bucket: Lambda copies what it is given, a stack that is rolled back asks for it again."""

from __future__ import annotations

import base64
import re
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

if TYPE_CHECKING:
    from collections.abc import Collection
    from datetime import datetime

    from mypy_boto3_s3 import S3Client

    from mlfn_engine.images.values import ImageArtifact
    from mlfn_engine.reporting import Reporter

PREFIX = "packages/"
_KEY = re.compile(rf"{PREFIX}[^/]+/[^/]+/([0-9a-f]{{64}})\.zip")


def push_archive(client: S3Client, bucket: str, app: str, archive: ImageArtifact, reporter: Reporter) -> str:
    """Upload an archive unless the bucket has it; its key, `@` and its digest."""
    key = f"{folder_of(app)}{archive.function}/{archive.digest.removeprefix('sha256:')}.zip"
    if has_object(client, bucket, key, archive.size_bytes):
        reporter.report(archive.function, "the bucket has the archive")
    else:
        reporter.report(archive.function, "uploading the archive")
        checksum = base64.b64encode(bytes.fromhex(archive.digest.removeprefix("sha256:"))).decode()
        with archive.location.open("rb") as body:
            client.put_object(Bucket=bucket, Key=key, Body=body, ChecksumSHA256=checksum)
        reporter.report(archive.function, "uploaded")
    return f"{key}@{archive.digest}"


def remove_archives(
    client: S3Client, bucket: str, app: str, *, keep: Collection[str] = (), before: datetime | None = None
) -> int:
    """Delete an app's archives, all versions of the objects, but for digests (hex) to keep and what is too young."""
    found: list[Any] = []
    for page in client.get_paginator("list_object_versions").paginate(Bucket=bucket, Prefix=folder_of(app)):
        found += [*page.get("Versions", []), *page.get("DeleteMarkers", [])]
    lost = [
        entry
        for entry in found
        if (match := _KEY.fullmatch(entry["Key"]))
        and match[1] not in keep
        and (before is None or entry["LastModified"] < before)
    ]
    for entry in lost:
        client.delete_object(Bucket=bucket, Key=entry["Key"], VersionId=entry["VersionId"])
    return len(lost)


def folder_of(app: str) -> str:
    """Where an app's archives lie."""
    return f"{PREFIX}{app}/"


def has_object(client: S3Client, bucket: str, key: str, size: int) -> bool:
    """Whether a bucket has an object of that size under a key."""
    try:
        return client.head_object(Bucket=bucket, Key=key)["ContentLength"] == size
    except ClientError as error:
        if error.response.get("ResponseMetadata", {}).get("HTTPStatusCode") != 404:
            raise
        return False
