"""Objects: put, get, look at, copy."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

from mlfn_localstack.http import FileSlice
from mlfn_localstack.services.s3.conditions import check_read, check_write, read_range
from mlfn_localstack.services.s3.content import Content, announced, store_content
from mlfn_localstack.services.s3.errors import invalid_argument, invalid_request
from mlfn_localstack.services.s3.writing import properties, shown_written, versioning, write_version

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mlfn_localstack.service import Operation, Params, RequestContext, Result
    from mlfn_localstack.services.s3.model import S3State, Version

_OVERRIDES = {
    "ResponseCacheControl": "CacheControl",
    "ResponseContentDisposition": "ContentDisposition",
    "ResponseContentEncoding": "ContentEncoding",
    "ResponseContentLanguage": "ContentLanguage",
    "ResponseContentType": "ContentType",
}


class ObjectOperations:
    """PutObject, GetObject, HeadObject, CopyObject."""

    def __init__(self, state: S3State) -> None:
        self._state = state

    def table(self) -> Mapping[str, Operation]:
        """The operations by name."""
        return {
            "CopyObject": self.copy_object,
            "GetObject": self.get_object,
            "HeadObject": self.head_object,
            "PutObject": self.put_object,
        }

    async def put_object(self, context: RequestContext, params: Params) -> Result:
        """A new object, or version of it."""
        bucket, key = self._state.bucket(params["Bucket"]), params["Key"]
        kept = properties(bucket, params) | announced(params)
        content = await store_content(self._state.blobs, _as_body(params.get("Body", b"")), params)
        check_write(params, key, self._state.latest(bucket["Name"], key))
        version, replaced = write_version(self._state, bucket, key, content, properties=kept)
        await self._state.sweep({replaced})
        return shown_written(bucket, version)

    async def get_object(self, context: RequestContext, params: Params) -> Result:
        """An object's content, or a part of it."""
        version = self._state.find(params["Bucket"], params["Key"], params.get("VersionId"))
        check_read(params, version)
        part = read_range(params.get("Range"), version.size)
        first, last = part or (0, version.size - 1)
        path = self._state.blobs.path(version.sha256)
        body = FileSlice(path=path, offset=first, length=last - first + 1)
        result = self._shown(version, params) | {"Body": body, "ContentLength": last - first + 1}
        if part is None:
            return result
        for name in _checksums(result):  # they are the whole object's
            del result[name]
        return result | {"ContentRange": f"bytes {first}-{last}/{version.size}", "HttpStatus": 206}

    async def head_object(self, context: RequestContext, params: Params) -> Result:
        """An object without its content."""
        version = self._state.find(params["Bucket"], params["Key"], params.get("VersionId"))
        check_read(params, version)
        return self._shown(version, params)

    async def copy_object(self, context: RequestContext, params: Params) -> Result:
        """Another object with the same content."""
        source = self.copy_source(params)
        bucket, key = self._state.bucket(params["Bucket"]), params["Key"]
        replaces = params.get("MetadataDirective") == "REPLACE"
        if (source.bucket, source.key) == (bucket["Name"], key) and not replaces and "VersionId" not in params:
            raise invalid_request(
                "This copy request is illegal because it is trying to copy an object to itself without changing the "
                "object's metadata, storage class, website redirect location or encryption attributes."
            )
        kept = properties(bucket, params)
        if not replaces:
            inherited = ("ContentType", "Metadata", "ContentEncoding", "CacheControl", "ContentDisposition")
            kept |= {name: source.properties[name] for name in inherited if name in source.properties}
        if params.get("TaggingDirective") != "REPLACE" and "Tags" in source.properties:
            kept["Tags"] = source.properties["Tags"]
        content = Content(sha256=source.sha256, md5=source.etag, size=source.size)
        version, replaced = write_version(self._state, bucket, key, content, properties=kept)
        await self._state.sweep({replaced})
        result = shown_written(bucket, version)
        result["CopyObjectResult"] = {"ETag": result.pop("ETag"), "LastModified": version.modified}
        return result | {"CopySourceVersionId": source.version} if source.version != "null" else result

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
            raise invalid_argument("Copy Source must mention the source bucket and key: sourcebucket/sourcekey")
        version = self._state.find(bucket, key, number)
        prefix = "CopySource"
        conditions = {name.removeprefix(prefix): params[name] for name in params if name.startswith(f"{prefix}If")}
        check_read(conditions, version)
        return version

    def _shown(self, version: Version, params: Params) -> Result:
        kept = version.properties
        hidden = ("Tags", *(() if params.get("ChecksumMode") == "ENABLED" else _checksums(kept)))
        result: Result = {name: value for name, value in kept.items() if name not in hidden}
        result |= {
            "AcceptRanges": "bytes",
            "ContentLength": version.size,
            "ETag": f'"{version.etag}"',
            "LastModified": version.modified,
        }
        if kept.get("Tags"):
            result["TagCount"] = len(kept["Tags"])
        if versioning(self._state.bucket(version.bucket)):
            result["VersionId"] = version.version
        return result | {member: params[name] for name, member in _OVERRIDES.items() if name in params}


def _checksums(kept: dict[str, Any]) -> tuple[str, ...]:
    return tuple(name for name in kept if name.startswith("Checksum"))


def _as_body(body: Any) -> Any:
    return body.encode() if isinstance(body, str) else body
