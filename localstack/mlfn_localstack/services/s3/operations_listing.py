"""Listing objects."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING

from mlfn_localstack.services.s3.errors import invalid_argument
from mlfn_localstack.services.s3.listing import encoder, group_of, listed, max_keys, read_token, token_of
from mlfn_localstack.services.s3.owner_ids import owner_id

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from mlfn_localstack.service import Operation, Params, RequestContext, Result
    from mlfn_localstack.services.s3.model import S3State, Version

_BATCH = 200
_FEW = 2
"""Where the last of a batch was one of a prefix's many, the next is likely to be, too."""
_LAST = "\U0010ffff"


class ListingOperations:
    """ListObjectsV2 and ListObjects."""

    def __init__(self, state: S3State) -> None:
        self._state = state

    def operations(self) -> Mapping[str, Operation]:
        """The operations by name."""
        return {
            "ListObjects": self.list_objects,
            "ListObjectsV2": self.list_objects_v2,
        }

    async def list_objects_v2(self, context: RequestContext, params: Params) -> Result:
        """A page of objects, and the prefixes that a delimiter makes of the others."""
        token = params.get("ContinuationToken")
        if token == "":
            raise invalid_argument("The continuation token provided is incorrect", name="continuation-token")
        after = read_token(token) if token else params.get("StartAfter", "")
        owner = {"Owner": {"ID": owner_id(context.account_id)}} if params.get("FetchOwner") else {}
        result, following = self._page(params, after, owner)
        if token:
            result["ContinuationToken"] = token
        elif "StartAfter" in params:
            result["StartAfter"] = encoder(params)(params["StartAfter"])
        result["KeyCount"] = len(result["Contents"]) + len(result["CommonPrefixes"])
        return result | {"NextContinuationToken": token_of(following)} if following else result

    async def list_objects(self, context: RequestContext, params: Params) -> Result:
        """The older form, which goes on after a marker."""
        marker = params.get("Marker", "")
        result, following = self._page(params, marker, {"Owner": {"ID": owner_id(context.account_id)}})
        encode = encoder(params)
        result["Marker"] = encode(marker)
        return result | {"NextMarker": encode(following)} if following and params.get("Delimiter") else result

    def _page(self, params: Params, after: str, owner: Result) -> tuple[Result, str]:
        """A page and the key to go on after, if there are more; `owner` is shown with each object."""
        name = self._state.bucket(params["Bucket"])["Name"]
        prefix, delimiter, limit = params.get("Prefix", ""), params.get("Delimiter", ""), max_keys(params)
        entries = list(islice(self._entries(name, prefix, delimiter, after), limit + 1))
        page, more = entries[:limit], 0 < limit < len(entries)
        encode = encoder(params)
        result: Result = {
            "Name": name,
            "Prefix": encode(prefix),
            "MaxKeys": limit,
            "IsTruncated": more,
            "Contents": [listed(version, params) | {"Key": encode(key)} | owner for key, version in page if version],
            "CommonPrefixes": [{"Prefix": encode(group)} for group, version in page if version is None],
        }
        if delimiter:
            result["Delimiter"] = encode(delimiter)
        if "EncodingType" in params:
            result["EncodingType"] = params["EncodingType"]
        return result, page[-1][0] if more else ""

    def _entries(self, bucket: str, prefix: str, delimiter: str, after: str) -> Iterator[tuple[str, Version | None]]:
        """Keys with their objects, and prefixes without, in order."""
        last, size = after, _BATCH
        while batch := self._state.objects(bucket, prefix, last, size):
            size = min(4 * size, _BATCH)
            for version in batch:
                group = group_of(version.key, prefix, delimiter)
                if group is None:
                    last = version.key
                    yield version.key, version
                    continue
                last, size = group + _LAST, _FEW
                if not (after.startswith(group) and after >= group):
                    yield group, None
                break
