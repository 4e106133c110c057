"""Making a new version of an object: what happens to the one before depends on the bucket's versioning."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl

from mlfn_localstack.protocols.timestamps import format_timestamp
from mlfn_localstack.service import ServiceError
from mlfn_localstack.services.s3.errors import invalid_argument, invalid_request
from mlfn_localstack.services.s3.model import NULL_VERSION, Bucket, S3State, Version, new_version_id, next_number

if TYPE_CHECKING:
    from mlfn_localstack.service import Params, Result
    from mlfn_localstack.services.s3.content import Content

KEPT = (
    *("ContentType", "ContentEncoding", "ContentDisposition", "ContentLanguage", "CacheControl"),
    *("Metadata", "StorageClass", "WebsiteRedirectLocation", "SSEKMSKeyId"),
)
_MAX_KEY_BYTES = 1024
_MAX_METADATA_BYTES = 2048
_MAX_TAGS = 10


def versioning(bucket: Bucket) -> str | None:
    """`Enabled`, `Suspended`, or None if it never was."""
    status: str | None = bucket["Settings"].get("VersioningConfiguration", {}).get("Status")
    return status


def write_version(state: S3State, bucket: Bucket, key: str, content: Content, **details: Any) -> tuple[Version, str]:
    """The new version, and the digest of content that it replaced (or nothing).

    `details`: `etag` if it is not the MD5, and `properties`.
    """
    enabled = versioning(bucket) == "Enabled"
    replaced = None if enabled else state.null_version(bucket["Name"], key)
    if replaced is not None:
        state.remove(replaced)
    version = Version(
        bucket=bucket["Name"],
        key=key,
        number=next_number(),
        version=new_version_id() if enabled else NULL_VERSION,
        delete_marker=False,
        etag=details.get("etag", content.md5),
        size=content.size,
        sha256=content.sha256,
        modified=float(int(time.time())),
        properties=details["properties"],
    )
    state.add(version)
    return version, replaced.sha256 if replaced else ""


def properties(bucket: Bucket, params: Params) -> dict[str, Any]:
    """What is kept with an object, from the parameters that put it.

    Raises:
        ServiceError: the key, metadata, tags or lock are not allowed.
    """
    if len(params["Key"].encode()) > _MAX_KEY_BYTES:
        raise ServiceError("KeyTooLongError", "Your key is too long")
    kept: dict[str, Any] = {name: params[name] for name in KEPT if name in params}
    metadata = sum(len(key.encode()) + len(value.encode()) for key, value in kept.get("Metadata", {}).items())
    if metadata > _MAX_METADATA_BYTES:
        message = "Your metadata headers exceed the maximum allowed metadata size"
        raise ServiceError("MetadataTooLarge", message)
    kept.setdefault("ContentType", "binary/octet-stream")
    encryption = params.get("ServerSideEncryption")
    kept["ServerSideEncryption"] = encryption or _default_encryption(bucket)
    if "Tagging" in params:
        kept["Tags"] = check_tags(dict(parse_qsl(params["Tagging"], keep_blank_values=True)))
    return kept | _lock(bucket, params)


def check_tags(tags: dict[str, str]) -> dict[str, str]:
    """The tags, if S3 allows them.

    Raises:
        ServiceError: InvalidTag or BadRequest.
    """
    if len(tags) > _MAX_TAGS:
        raise ServiceError("BadRequest", "Object tags cannot be greater than 10")
    for key, value in tags.items():
        if not 0 < len(key) <= 128:
            raise ServiceError("InvalidTag", "The TagKey you have provided is invalid")
        if len(value) > 256:
            raise ServiceError("InvalidTag", "The TagValue you have provided is invalid")
    return tags


def shown_written(bucket: Bucket, version: Version) -> Result:
    """What a write answers."""
    result: Result = {
        "ETag": f'"{version.etag}"',
        "ServerSideEncryption": version.properties.get("ServerSideEncryption"),
        **{name: value for name, value in version.properties.items() if name.startswith("Checksum")},
    }
    return result | {"VersionId": version.version} if versioning(bucket) else result


def _default_encryption(bucket: Bucket) -> str:
    rules = bucket["Settings"].get("ServerSideEncryptionConfiguration", {}).get("Rules", [])
    default = rules[0].get("ApplyServerSideEncryptionByDefault", {}) if rules else {}
    algorithm: str = default.get("SSEAlgorithm", "AES256")
    return algorithm


def _lock(bucket: Bucket, params: Params) -> dict[str, Any]:
    configuration = bucket["Settings"].get("ObjectLockConfiguration")
    mode, until = params.get("ObjectLockMode"), params.get("ObjectLockRetainUntilDate")
    hold = params.get("ObjectLockLegalHoldStatus")
    if configuration is None:
        if mode or until or hold:
            raise invalid_request("Bucket is missing Object Lock Configuration")
        return {}
    if bool(mode) != bool(until):
        message = "x-amz-object-lock-retain-until-date and x-amz-object-lock-mode must both be supplied"
        raise invalid_argument(message)
    default = configuration.get("Rule", {}).get("DefaultRetention")
    if not mode and default:
        days = default.get("Days", 0) + 365 * default.get("Years", 0)
        mode, until = default["Mode"], datetime.now(UTC) + timedelta(days=days)
    elif until and until <= datetime.now(UTC):
        raise invalid_argument("The retain until date must be in the future!")
    lock: dict[str, Any] = {}
    if mode and until:
        lock = {"ObjectLockMode": mode, "ObjectLockRetainUntilDate": format_timestamp(until, "iso8601")}
    return lock | ({"ObjectLockLegalHoldStatus": hold} if hold else {})
