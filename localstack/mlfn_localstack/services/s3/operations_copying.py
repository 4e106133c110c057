"""Copying objects."""

from __future__ import annotations

import base64
import secrets
from contextlib import contextmanager
from typing import TYPE_CHECKING
from urllib.parse import unquote

from mlfn_localstack.services.s3.checksums import UNASKED, kept_checksum, member_of
from mlfn_localstack.services.s3.conditions import check_copied, check_write
from mlfn_localstack.services.s3.content import Content, checksum_of
from mlfn_localstack.services.s3.customer_keys import OF_SOURCE, check_reader
from mlfn_localstack.services.s3.errors import invalid_argument, invalid_request, no_key
from mlfn_localstack.services.s3.lifecycle import expiration
from mlfn_localstack.services.s3.model import NULL_VERSION
from mlfn_localstack.services.s3.notification_records import Event
from mlfn_localstack.services.s3.operations_restoring import check_readable
from mlfn_localstack.services.s3.writing import properties, shown_written, versioning, write_version

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from mlfn_localstack.service import Operation, Params, RequestContext, Result
    from mlfn_localstack.services.s3.model import S3State, Version
    from mlfn_localstack.services.s3.notifying import Notifier
    from mlfn_localstack.services.s3.object_keys import ObjectKeys

_INHERITED = (
    *("ContentType", "Metadata", "ContentEncoding", "ContentLanguage", "CacheControl", "ContentDisposition"),
    "Expires",
)
_CHANGES = (
    "ChecksumAlgorithm",
    "ServerSideEncryption",
    "SSEKMSKeyId",
    "StorageClass",
    "SSECustomerAlgorithm",
    "WebsiteRedirectLocation",
)

_SETTING = "ServerSideEncryptionConfiguration"
"""Where a bucket has it, a copy is encrypted anew; as where its source is by something else than what is usual."""


class CopyingOperations:
    """CopyObject, and what is copied."""

    def __init__(self, state: S3State, keys: ObjectKeys, notifier: Notifier) -> None:
        self._state = state
        self._keys = keys
        self._notifier = notifier

    def operations(self) -> Mapping[str, Operation]:
        """The operations by name."""
        return {"CopyObject": self.copy_object}

    async def copy_object(self, context: RequestContext, params: Params) -> Result:
        """Another object with the same content."""
        source = self.copy_source(params)
        bucket, key = self._state.bucket(params["Bucket"]), params["Key"]
        _check_directives(params)
        self._check_in_place(params, source)
        check_write(params, key, self._state.latest(bucket["Name"], key))
        kept = properties(context, bucket, params)
        if params.get("MetadataDirective") != "REPLACE":
            kept |= {name: source.properties[name] for name in _INHERITED if name in source.properties}
        if params.get("TaggingDirective") != "REPLACE" and "Tags" in source.properties:
            kept["Tags"] = source.properties["Tags"]
        await self._keys.open(context, source)
        await self._keys.seal(context, params, kept)
        with there_still(self._state, source):
            checksum = await self._copied_checksum(params, source)
            kept |= checksum
            content = await self._copied_content(source)
        check_write(params, key, self._state.latest(bucket["Name"], key))
        version, replaced = write_version(self._state, bucket, key, content, properties=kept)
        self._notifier.tell(context, bucket, Event.COPY, version)
        await self._state.sweep({replaced})
        result = {name: value for name, value in shown_written(bucket, version).items() if name not in checksum}
        shown = {name: value for name, value in checksum.items() if name != "ChecksumType"}
        result["CopyObjectResult"] = shown | {"ETag": result.pop("ETag"), "LastModified": version.modified}
        result |= ({"VersionId": version.version} if versioning(bucket) else {}) | expiration(bucket, version)
        return result | {"CopySourceVersionId": source.version} if source.version != NULL_VERSION else result

    async def _copied_checksum(self, params: Params, source: Version) -> dict[str, str]:
        """The source's, or the one that is asked for; parts' checksums are not the copy's."""
        kept = kept_checksum(source.properties)
        wanted = params.get("ChecksumAlgorithm")
        name = member_of(wanted) if wanted else next((name for name in kept if name != "ChecksumType"), UNASKED)
        if name in kept and kept.get("ChecksumType") == "FULL_OBJECT":
            return {name: kept[name], "ChecksumType": "FULL_OBJECT"}
        found = await checksum_of(self._state.blobs.path(source.sha256), source.size, name)
        return {name: found, "ChecksumType": "FULL_OBJECT"} if found else {}

    async def _copied_content(self, source: Version) -> Content:
        """The source's content; what was uploaded in parts, or encrypted, has as a copy an MD5 of its own."""
        if "SSECustomerKeyMD5" in source.properties:
            return Content(sha256=source.sha256, md5=secrets.token_hex(16), size=source.size)
        md5 = source.etag
        if "-" in md5 or source.properties.get("ServerSideEncryption", "AES256") != "AES256":
            md5 = base64.b64decode(
                await checksum_of(self._state.blobs.path(source.sha256), source.size, "ChecksumMD5") or ""
            ).hex()
        return Content(sha256=source.sha256, md5=md5, size=source.size)

    def copy_source(self, params: Params) -> Version:
        """The version that CopySource names (`bucket/key?versionId=…`, or its parts).

        Raises:
            ServiceError: there is none, or a condition on it does not hold.
        """
        given = params["CopySource"]
        if isinstance(given, dict):
            bucket, key, number = given["Bucket"], given["Key"], given.get("VersionId")
        else:
            path, _, query = given.partition("?versionId=")
            bucket, _, key = unquote(path.removeprefix("/")).partition("/")
            number = unquote(query) or None
        if not bucket or not key:
            name = "x-amz-copy-source"
            raise invalid_argument("Invalid copy source object key", name=name, value=name)
        version = self._state.find_any(bucket, key, number)
        if version.delete_marker:
            if number is None:
                raise no_key(key)
            message = "The source of a copy request may not specifically refer to a delete marker by version id."
            raise invalid_request(message)
        check_reader(version.properties, params, OF_SOURCE)
        check_readable(version, "Operation is not valid for the source object's storage class")
        check_copied(params, version)
        return version

    def _check_in_place(self, params: Params, source: Version) -> None:
        if (source.bucket, source.key) != (params["Bucket"], params["Key"]):
            return
        changes = params.get("MetadataDirective") == "REPLACE" or any(name in params for name in _CHANGES)
        bucket = self._state.bucket(source.bucket)
        changes |= source.properties.get("ServerSideEncryption") != "AES256" or _SETTING in bucket["Settings"]
        if not changes and self._state.latest(source.bucket, source.key) == source:
            raise invalid_request(
                "This copy request is illegal because it is trying to copy an object to itself without changing the "
                "object's metadata, storage class, website redirect location or encryption attributes."
            )


@contextmanager
def there_still(state: S3State, source: Version) -> Iterator[None]:
    """Refuse to go on if somebody deletes a source while it is read.

    Raises:
        ServiceError: NoSuchKey.
    """
    try:
        yield
    except FileNotFoundError as error:
        raise no_key(source.key) from error
    if not state.blobs.has(source.sha256):
        raise no_key(source.key)


def _check_directives(params: Params) -> None:
    for name, header in (("MetadataDirective", "metadata"), ("TaggingDirective", "tagging")):
        if params.get(name, "COPY") not in ("COPY", "REPLACE"):
            message = f"Unknown {header} directive."
            raise invalid_argument(message, name=f"x-amz-{header}-directive", value=params[name])
