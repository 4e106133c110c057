"""Listing objects and versions."""

from __future__ import annotations

import base64
import binascii
from itertools import islice
from typing import TYPE_CHECKING
from urllib.parse import quote

from mlfn_localstack.services.s3.errors import invalid_argument

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from mlfn_localstack.service import Operation, Params, RequestContext, Result
    from mlfn_localstack.services.s3.model import S3State, Version

_MAX_KEYS = 1000
_BATCH = 200
_LAST = "\U0010ffff"


class ListingOperations:
    """ListObjectsV2, ListObjects and ListObjectVersions."""

    def __init__(self, state: S3State) -> None:
        self._state = state

    def table(self) -> Mapping[str, Operation]:
        """The operations by name."""
        return {
            "ListObjectVersions": self.list_object_versions,
            "ListObjects": self.list_objects,
            "ListObjectsV2": self.list_objects_v2,
        }

    async def list_objects_v2(self, context: RequestContext, params: Params) -> Result:
        """A page of objects, and the prefixes that a delimiter makes of the others."""
        token = params.get("ContinuationToken")
        after = _read_token(token) if token else params.get("StartAfter", "")
        result, following = self._page(params, after)
        result |= {name: params[name] for name in ("ContinuationToken", "StartAfter") if name in params}
        result["KeyCount"] = len(result["Contents"]) + len(result["CommonPrefixes"])
        return (
            result | {"NextContinuationToken": base64.b64encode(following.encode()).decode()} if following else result
        )

    async def list_objects(self, context: RequestContext, params: Params) -> Result:
        """The older form, which goes on after a marker."""
        marker = params.get("Marker", "")
        result, following = self._page(params, marker)
        result["Marker"] = marker
        return result | {"NextMarker": following} if following and params.get("Delimiter") else result

    async def list_object_versions(self, context: RequestContext, params: Params) -> Result:
        """All versions and delete markers, page by page."""
        self._state.bucket(params["Bucket"])
        limit = _limit(params)
        marker = (params.get("KeyMarker", ""), params.get("VersionIdMarker", ""))
        versions = self._state.versions(params["Bucket"], params.get("Prefix", ""))
        latest = {version.key: version.number for version in reversed(versions)}
        remaining = _after_marker(versions, marker)
        page = remaining[:limit]
        encode = quote if params.get("EncodingType") == "url" else str

        def shown(version: Version) -> Result:
            more = {"Key": encode(version.key), "Owner": {"ID": context.account_id}}
            return _shown_version(version, latest) | more

        result: Result = {
            "Name": params["Bucket"],
            "Prefix": encode(params.get("Prefix", "")),
            "KeyMarker": encode(marker[0]),
            "VersionIdMarker": marker[1],
            "MaxKeys": limit,
            "IsTruncated": len(page) < len(remaining),
            "Versions": [shown(version) | _size(version) for version in page if not version.delete_marker],
            "DeleteMarkers": [shown(version) for version in page if version.delete_marker],
        }
        if "EncodingType" in params:
            result["EncodingType"] = params["EncodingType"]
        if result["IsTruncated"] and page:
            result |= {"NextKeyMarker": encode(page[-1].key), "NextVersionIdMarker": page[-1].version}
        return result

    def _page(self, params: Params, after: str) -> tuple[Result, str]:
        """A page and the key to go on after, if there are more."""
        name = self._state.bucket(params["Bucket"])["Name"]
        prefix, delimiter, limit = params.get("Prefix", ""), params.get("Delimiter", ""), _limit(params)
        entries = list(islice(self._entries(name, prefix, delimiter, after), limit + 1))
        page, more = entries[:limit], 0 < limit < len(entries)
        encode = quote if params.get("EncodingType") == "url" else str
        result: Result = {
            "Name": name,
            "Prefix": encode(prefix),
            "MaxKeys": limit,
            "IsTruncated": more,
            "Contents": [_shown(version) | {"Key": encode(key)} for key, version in page if version],
            "CommonPrefixes": [{"Prefix": encode(group)} for group, version in page if version is None],
        }
        if delimiter:
            result["Delimiter"] = encode(delimiter)
        if "EncodingType" in params:
            result["EncodingType"] = params["EncodingType"]
        return result, page[-1][0] if more else ""

    def _entries(self, bucket: str, prefix: str, delimiter: str, after: str) -> Iterator[tuple[str, Version | None]]:
        """Keys with their objects, and prefixes without, in order."""
        last = after
        while batch := self._state.objects(bucket, prefix, last, _BATCH):
            for version in batch:
                group = _group(version.key, prefix, delimiter)
                if group is None:
                    last = version.key
                    yield version.key, version
                    continue
                last = group + _LAST
                if not (after.startswith(group) and after >= group):
                    yield group, None
                break


def _group(key: str, prefix: str, delimiter: str) -> str | None:
    if not delimiter:
        return None
    head, found, _ = key[len(prefix) :].partition(delimiter)
    return prefix + head + delimiter if found else None


def _limit(params: Params) -> int:
    limit: int = params.get("MaxKeys", _MAX_KEYS)
    if limit < 0:
        raise invalid_argument("Argument maxKeys must be an integer between 0 and 2147483647")
    return min(limit, _MAX_KEYS)


def _read_token(token: str) -> str:
    try:
        return base64.b64decode(token.encode(), validate=True).decode()
    except (binascii.Error, ValueError) as error:
        raise invalid_argument("The continuation token provided is incorrect") from error


def _shown(version: Version) -> Result:
    return {
        "Key": version.key,
        "LastModified": version.modified,
        "ETag": f'"{version.etag}"',
        **_size(version),
    }


def _size(version: Version) -> Result:
    storage = version.properties.get("StorageClass", "STANDARD")
    return {"ETag": f'"{version.etag}"', "Size": version.size, "StorageClass": storage}


def _shown_version(version: Version, latest: dict[str, int]) -> Result:
    return {
        "Key": version.key,
        "VersionId": version.version,
        "IsLatest": latest[version.key] == version.number,
        "LastModified": version.modified,
    }


def _after_marker(versions: list[Version], marker: tuple[str, str]) -> list[Version]:
    key, version_id = marker
    if not version_id:
        return [version for version in versions if version.key > key]
    for index, version in enumerate(versions):
        if (version.key, version.version) == marker:
            return versions[index + 1 :]
    return [version for version in versions if version.key > key]
