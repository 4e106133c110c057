"""Making a new version of an object: what happens to the one before depends on the bucket's versioning."""

from __future__ import annotations

import secrets
import time
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from mlfn_localstack.protocols.timestamps import format_timestamp
from mlfn_localstack.service import ServiceError
from mlfn_localstack.services.s3.acl import given_list
from mlfn_localstack.services.s3.checksums import kept_checksum
from mlfn_localstack.services.s3.customer_keys import CUSTOMER
from mlfn_localstack.services.s3.encryption import encryption_of
from mlfn_localstack.services.s3.errors import invalid_argument, invalid_request
from mlfn_localstack.services.s3.model import NULL_VERSION, Bucket, S3State, Version, new_version_id, next_number
from mlfn_localstack.services.s3.tags import tags_of_header

if TYPE_CHECKING:
    from mlfn_localstack.service import Params, RequestContext, Result
    from mlfn_localstack.services.s3.content import Content

KEPT = (
    *("ContentType", "ContentEncoding", "ContentDisposition", "ContentLanguage", "CacheControl"),
    *("Metadata", "StorageClass", "WebsiteRedirectLocation"),
)
_MAX_KEY_BYTES = 1024
_MAX_METADATA_BYTES = 2048
_LOCK_MODE, _LOCK_END = "x-amz-object-lock-mode", "x-amz-object-lock-retain-until-date"
_STORAGE_CLASSES = frozenset(
    {
        *("STANDARD", "STANDARD_IA", "ONEZONE_IA", "INTELLIGENT_TIERING", "REDUCED_REDUNDANCY"),
        *("GLACIER", "GLACIER_IR", "DEEP_ARCHIVE"),
    }
)


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
    number = next_number()
    version = Version(
        bucket=bucket["Name"],
        key=key,
        number=number,
        version=new_version_id(number) if enabled else NULL_VERSION,
        delete_marker=False,
        etag=details.get("etag") or _etag(content, details["properties"]),
        size=content.size,
        sha256=content.sha256,
        modified=float(int(time.time())),
        properties=details["properties"],
    )
    state.add(version)
    return version, replaced.sha256 if replaced else ""


def _etag(content: Content, kept: dict[str, Any]) -> str:
    """The MD5, but of what is encrypted with a key of KMS or of a client."""
    return content.md5 if kept.get("ServerSideEncryption") == "AES256" else secrets.token_hex(16)


def properties(context: RequestContext, bucket: Bucket, params: Params) -> dict[str, Any]:
    """What is kept with an object, from the parameters that put it.

    Raises:
        ServiceError: the key, metadata, tags, storage class or lock are not allowed.
    """
    grants = given_list(context, bucket, params)
    size = len(params["Key"].encode())
    if size > _MAX_KEY_BYTES:
        fields = {"Size": size, "MaxSizeAllowed": _MAX_KEY_BYTES}
        raise ServiceError("KeyTooLongError", "Your key is too long", fields=fields)
    kept: dict[str, Any] = {name: params[name] for name in KEPT if name in params}
    _check_kept(kept)
    if "Expires" in params:
        kept["Expires"] = format_timestamp(params["Expires"], "rfc822")
    kept.setdefault("ContentType", "binary/octet-stream")
    kept |= encryption_of(context, bucket, params)
    if grants is not None:
        kept["Acl"] = grants
    if "Tagging" in params:
        kept["Tags"] = tags_of_header(params["Tagging"])
    return kept | _lock(bucket, params)


def _check_kept(kept: dict[str, Any]) -> None:
    metadata = sum(len(key.encode()) + len(value.encode()) for key, value in kept.get("Metadata", {}).items())
    if metadata > _MAX_METADATA_BYTES:
        message = "Your metadata headers exceed the maximum allowed metadata size"
        fields = {"Size": metadata, "MaxSizeAllowed": _MAX_METADATA_BYTES}
        raise ServiceError("MetadataTooLarge", message, fields=fields)
    storage = kept.get("StorageClass", "STANDARD")
    if storage not in _STORAGE_CLASSES:
        message = "The storage class you specified is not valid"
        raise ServiceError("InvalidStorageClass", message, fields={"StorageClassRequested": storage})


def shown_written(bucket: Bucket, version: Version) -> Result:
    """What a write answers; a bucket whose versioning is suspended does not tell the version's id."""
    names = ("ServerSideEncryption", "SSEKMSKeyId", "BucketKeyEnabled", *CUSTOMER)
    result: Result = {
        "ETag": f'"{version.etag}"',
        **{name: version.properties[name] for name in names if name in version.properties},
        **kept_checksum(version.properties),
    }
    return result | {"VersionId": version.version} if versioning(bucket) == "Enabled" else result


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
        raise invalid_argument(message, name=_LOCK_END if mode else _LOCK_MODE)
    if mode and mode not in ("GOVERNANCE", "COMPLIANCE"):
        raise invalid_argument("Unknown wormMode directive.", name=_LOCK_MODE, value=mode)
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
