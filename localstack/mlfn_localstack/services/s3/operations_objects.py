"""Objects: put, get, look at."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mlfn_localstack.http import FileSlice
from mlfn_localstack.protocols.timestamps import format_timestamp
from mlfn_localstack.services.s3.checksums import kept_checksum
from mlfn_localstack.services.s3.conditions import check_read, check_write, read_range
from mlfn_localstack.services.s3.content import store_content
from mlfn_localstack.services.s3.customer_keys import check_reader
from mlfn_localstack.services.s3.errors import invalid_argument, no_key
from mlfn_localstack.services.s3.lifecycle import expiration
from mlfn_localstack.services.s3.notification_records import Event
from mlfn_localstack.services.s3.object_keys import SEALED
from mlfn_localstack.services.s3.operations_restoring import check_readable
from mlfn_localstack.services.s3.parts import chosen_part, parts_of, shown_parts
from mlfn_localstack.services.s3.writing import properties, shown_written, versioning, write_version

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mlfn_localstack.service import Operation, Params, RequestContext, Result
    from mlfn_localstack.services.s3.model import S3State, Version
    from mlfn_localstack.services.s3.notifying import Notifier
    from mlfn_localstack.services.s3.object_keys import ObjectKeys

_OVERRIDES = {
    "ResponseCacheControl": "CacheControl",
    "ResponseContentDisposition": "ContentDisposition",
    "ResponseContentEncoding": "ContentEncoding",
    "ResponseContentLanguage": "ContentLanguage",
    "ResponseContentType": "ContentType",
}


class ObjectOperations:
    """PutObject (also by a form), GetObject, HeadObject, GetObjectAttributes."""

    def __init__(self, state: S3State, keys: ObjectKeys, notifier: Notifier) -> None:
        self._state = state
        self._keys = keys
        self._notifier = notifier

    def operations(self) -> Mapping[str, Operation]:
        """The operations by name."""
        return {
            "GetObject": self.get_object,
            "GetObjectAttributes": self.get_object_attributes,
            "HeadObject": self.head_object,
            "PostObject": self.post_object,
            "PutObject": self.put_object,
        }

    async def put_object(self, context: RequestContext, params: Params) -> Result:
        """A new object, or version of it."""
        return await self._put(context, params, Event.PUT)

    async def post_object(self, context: RequestContext, params: Params) -> Result:
        """The same, by a form (which is no operation of the API)."""
        return await self._put(context, params, Event.POST)

    async def _put(self, context: RequestContext, params: Params, event: Event) -> Result:
        bucket, key = self._state.bucket(params["Bucket"]), params["Key"]
        kept = properties(context, bucket, params)
        await self._keys.seal(context, params, kept)
        content = await store_content(self._state.blobs, _as_body(params.get("Body", b"")), params)
        async with self._state.needed(content):
            check_write(params, key, self._state.latest(bucket["Name"], key))
        if content.checksum:
            kept |= content.shown_checksum | {"ChecksumType": "FULL_OBJECT"}
        version, replaced = write_version(self._state, bucket, key, content, properties=kept)
        self._notifier.tell(context, bucket, event, version)
        await self._state.sweep({replaced})
        return shown_written(bucket, version) | expiration(bucket, version)

    async def get_object(self, context: RequestContext, params: Params) -> Result:
        """An object's content, or a part of it."""
        version = self._state.find(params["Bucket"], params["Key"], params.get("VersionId"))
        check_readable(version)
        check_reader(version.properties, params)
        check_read(params, version)
        await self._keys.open(context, version)
        part = chosen_part(params, version) or read_range(params.get("Range"), version.size)
        first, last = part or (0, version.size - 1)
        path = self._state.blobs.path(version.sha256)
        try:
            opened = path.open("rb")  # until it is sent it may be overwritten or deleted
        except FileNotFoundError as error:  # it was, while the key was asked for
            raise no_key(version.key) from error
        body = FileSlice(path=path, offset=first, length=last - first + 1, opened=opened)
        return self._shown(version, params) | {"Body": body} | _shown_part(version, params, part)

    async def head_object(self, context: RequestContext, params: Params) -> Result:
        """An object without its content."""
        version = self._state.find(params["Bucket"], params["Key"], params.get("VersionId"), method="HEAD")
        check_reader(version.properties, params)
        check_read(params, version)
        await self._keys.open(context, version)
        part = chosen_part(params, version) or read_range(params.get("Range"), version.size)
        return self._shown(version, params) | _shown_part(version, params, part)

    async def get_object_attributes(self, context: RequestContext, params: Params) -> Result:
        """Those attributes that are asked for."""
        version = self._state.find(params["Bucket"], params["Key"], params.get("VersionId"))
        check_reader(version.properties, params)
        checksum = {name: value.partition("-")[0] for name, value in kept_checksum(version.properties).items()}
        attributes: Result = {
            "Checksum": checksum or None,
            "ETag": version.etag,
            "ObjectParts": shown_parts(version, params),
            "ObjectSize": version.size,
            "StorageClass": version.properties.get("StorageClass", "STANDARD"),
        }
        _check_attributes(params["ObjectAttributes"], tuple(attributes))
        result: Result = {name: attributes[name] for name in params["ObjectAttributes"]}
        result["LastModified"] = version.modified
        return result | self._version_id(version)

    def _shown(self, version: Version, params: Params) -> Result:
        kept = version.properties
        hidden = (
            "Acl",
            "Tags",
            "Parts",
            SEALED,
            *(() if params.get("ChecksumMode") == "ENABLED" else kept_checksum(kept)),
        )
        result: Result = {name: value for name, value in kept.items() if name not in hidden}
        result |= {
            "AcceptRanges": "bytes",
            "ContentLength": version.size,
            "ETag": f'"{version.etag}"',
            "LastModified": version.modified,
        }
        if kept.get("Tags"):
            result["TagCount"] = len(kept["Tags"])
        if kept.get("StorageClass") == "STANDARD":
            del result["StorageClass"]
        result |= self._version_id(version)
        if "VersionId" not in params:
            result |= expiration(self._state.bucket(version.bucket), version)
        result |= {member: params[name] for name, member in _OVERRIDES.items() if name in params}
        if "ResponseExpires" in params:
            result["Expires"] = format_timestamp(params["ResponseExpires"], "rfc822")
        return result

    def _version_id(self, version: Version) -> Result:
        return {"VersionId": version.version} if versioning(self._state.bucket(version.bucket)) else {}


def _shown_part(version: Version, params: Params, part: tuple[int, int] | None) -> Result:
    """How an answer with the bytes from one place to another differs from that with all of them."""
    if part is None:
        return {}
    first, last = part
    result: Result = {
        "ContentLength": last - first + 1,
        "ContentRange": f"bytes {first}-{last}/{version.size}",
        "HttpStatus": 206,
    }
    if result["ContentLength"] < version.size:  # the checksum is the whole object's
        result |= dict.fromkeys(kept_checksum(version.properties))
    parts = parts_of(version)
    if not parts or "PartNumber" not in params:
        return result
    if version.properties.get("ChecksumType") == "COMPOSITE" and params.get("ChecksumMode") == "ENABLED":
        chosen = next(part for part in parts if part["PartNumber"] == params["PartNumber"])
        result |= kept_checksum(chosen) | {"ChecksumType": "COMPOSITE"}
    return result | {"PartsCount": len(parts)}


def _check_attributes(wanted: list[str], known: tuple[str, ...]) -> None:
    if any(name not in known for name in wanted):
        message = "Invalid attribute name specified."
        raise invalid_argument(message, name="x-amz-object-attributes", value=",".join(wanted))


def _as_body(body: Any) -> Any:
    return body.encode() if isinstance(body, str) else body
