"""Listing versions."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING

from mlfn_localstack.services.s3.errors import invalid_argument
from mlfn_localstack.services.s3.listing import encoder, group_of, listed, max_keys
from mlfn_localstack.services.s3.model import number_of
from mlfn_localstack.services.s3.owner_ids import owner_id

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from mlfn_localstack.service import Operation, Params, RequestContext, Result
    from mlfn_localstack.services.s3.model import S3State, Version

_Entry = tuple[str, "Version | None"]
"""A version with its id, or a prefix without any."""


class VersionOperations:
    """ListObjectVersions."""

    def __init__(self, state: S3State) -> None:
        self._state = state

    def operations(self) -> Mapping[str, Operation]:
        """The operation by name."""
        return {"ListObjectVersions": self.list_object_versions}

    async def list_object_versions(self, context: RequestContext, params: Params) -> Result:
        """All versions and delete markers, and the prefixes that a delimiter makes of them, page by page."""
        self._state.bucket(params["Bucket"])
        limit, encode = max_keys(params), encoder(params)
        marker = _marker(params)
        latest: dict[str, int] = {}
        entries = list(islice(_entries(self._after_marker(params, marker, latest), params), limit + 1))
        page = entries[:limit]

        def shown(version: Version) -> Result:
            more = listed(version, params) if not version.delete_marker else {"LastModified": version.modified}
            return more | {
                "Key": encode(version.key),
                "VersionId": version.version,
                "IsLatest": latest[version.key] == version.number,
                "Owner": {"ID": owner_id(context.account_id)},
            }

        found = [version for _, version in page if version is not None]
        result: Result = {
            "Name": params["Bucket"],
            "Prefix": encode(params.get("Prefix", "")),
            "KeyMarker": encode(marker[0]),
            "VersionIdMarker": marker[1],
            "MaxKeys": limit,
            "IsTruncated": 0 < limit < len(entries),
            "Versions": [shown(version) for version in found if not version.delete_marker],
            "DeleteMarkers": [shown(version) for version in found if version.delete_marker],
            "CommonPrefixes": [{"Prefix": encode(name)} for name, version in page if version is None],
        }
        result |= {name: encode(params[name]) for name in ("Delimiter", "EncodingType") if params.get(name)}
        return result | _next(page, encode(page[-1][0])) if result["IsTruncated"] else result

    def _after_marker(self, params: Params, marker: tuple[str, str], latest: dict[str, int]) -> Iterator[Version]:
        """The versions after a key or one of its versions; `latest` gets the number of each key's newest."""
        bucket, prefix, (key, version_id) = params["Bucket"], params.get("Prefix", ""), marker
        if version_id and key.startswith(prefix):
            own = self._state.versions_of(bucket, key)
            latest[key] = own[0].number if own else 0
            yield from _after_version(own, version_id)
        for version in self._state.versions(bucket, prefix, key):
            latest.setdefault(version.key, version.number)
            yield version


def _next(page: list[_Entry], key: str) -> Result:
    version = page[-1][1]
    return {"NextKeyMarker": key} | ({"NextVersionIdMarker": version.version} if version else {})


def _entries(versions: Iterable[Version], params: Params) -> Iterator[_Entry]:
    prefix, delimiter, marker = params.get("Prefix", ""), params.get("Delimiter", ""), params.get("KeyMarker", "")
    before = None
    for version in versions:
        group = group_of(version.key, prefix, delimiter)
        if group is None:
            yield version.key, version
        elif group != before and not marker.startswith(group):
            yield group, None
        before = group


def _after_version(versions: list[Version], version_id: str) -> list[Version]:
    """Of a key's versions, newest first, those that are older than one."""
    for index, version in enumerate(versions):
        if version.version == version_id:
            return versions[index + 1 :]
    last = number_of(version_id) or 0  # it is gone, but what came before it may not be
    return [version for version in versions if version.number < last]


def _marker(params: Params) -> tuple[str, str]:
    key, version_id = params.get("KeyMarker", ""), params.get("VersionIdMarker")
    if version_id and not key:
        message = "A version-id marker cannot be specified without a key marker."
        raise invalid_argument(message, name="version-id-marker", value=version_id)
    if version_id == "" and key:
        raise invalid_argument("A version-id marker cannot be empty.", name="version-id-marker", value="")
    return key, version_id or ""
