"""Listing multipart uploads and their parts."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlfn_localstack.services.s3.assembling import checksum_member
from mlfn_localstack.services.s3.errors import invalid_argument, no_upload
from mlfn_localstack.services.s3.lifecycle import abortion
from mlfn_localstack.services.s3.listing import encoder, group_of
from mlfn_localstack.services.s3.owner_ids import owner_id
from mlfn_localstack.services.s3.parts import bounds, check_count, page

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mlfn_localstack.service import Operation, Params, RequestContext, Result
    from mlfn_localstack.services.s3.assembling import Upload
    from mlfn_localstack.services.s3.model import S3State
    from mlfn_localstack.services.s3.upload_parts import Part

_MAX_UPLOADS = 1000


class UploadListingOperations:
    """ListMultipartUploads and ListParts."""

    def __init__(self, state: S3State) -> None:
        self._state = state

    def operations(self) -> Mapping[str, Operation]:
        """The operations by name."""
        return {"ListMultipartUploads": self.list_multipart_uploads, "ListParts": self.list_parts}

    async def list_parts(self, context: RequestContext, params: Params) -> Result:
        """The parts that are there."""
        bucket = self._state.bucket(params["Bucket"])
        upload: Upload | None = self._state.uploads.get(params["UploadId"])
        if upload is None or (upload["Bucket"], upload["Key"]) != (params["Bucket"], params["Key"]):
            raise no_upload(params["UploadId"])
        checksum = upload.get("checksum", {})
        after, most = bounds(params.get("PartNumberMarker"), params.get("MaxParts"))
        member = checksum_member(upload)
        parts = [_shown_part(part, member) for part in self._state.parts.after(upload["UploadId"], after, most + 1)]
        owner = {"ID": owner_id(context.account_id)}
        return {
            **{name: upload[name] for name in ("Bucket", "Key", "UploadId")},
            **page(parts, after, most),
            **checksum,
            **abortion(bucket, upload),
            "Initiator": owner,
            "Owner": owner,
            "StorageClass": upload["properties"].get("StorageClass", "STANDARD"),
        }

    async def list_multipart_uploads(self, context: RequestContext, params: Params) -> Result:
        """A page of the bucket's uploads that are under way."""
        name = self._state.bucket(params["Bucket"])["Name"]
        encode = encoder(params)
        uploads = [upload for _, upload in self._state.uploads.items() if upload["Bucket"] == name]
        uploads.sort(key=_order)
        marker = params.get("KeyMarker", "")
        remaining = _after_marker(uploads, marker, params.get("UploadIdMarker") or "")
        limit = params.get("MaxUploads", _MAX_UPLOADS)
        check_count("max-uploads", limit)
        limit = min(limit, _MAX_UPLOADS)
        shown, groups, more = _page(remaining, params, limit)
        result: Result = {
            "Bucket": name,
            "KeyMarker": encode(marker),
            "UploadIdMarker": (params.get("UploadIdMarker") or "") if marker else "",
            "MaxUploads": limit,
            "IsTruncated": more,
            "NextKeyMarker": encode(shown[-1]["Key"]) if shown else "",
            "NextUploadIdMarker": shown[-1]["UploadId"] if shown else "",
            "Uploads": [_shown(upload, context.account_id) | {"Key": encode(upload["Key"])} for upload in shown],
            "CommonPrefixes": [{"Prefix": encode(group)} for group in groups],
        }
        for member in ("Prefix", "Delimiter"):
            if params.get(member):
                result[member] = encode(params[member])
        return result | ({"EncodingType": params["EncodingType"]} if "EncodingType" in params else {})


def _order(upload: Upload) -> tuple[str, int, float]:
    return upload["Key"], upload.get("number", 0), upload["Initiated"]


def _after_marker(uploads: list[Upload], key: str, upload_id: str) -> list[Upload]:
    """The uploads after a key; with an id, those of the key that are after that upload, too."""
    if not key or not upload_id:
        return [upload for upload in uploads if not key or upload["Key"] > key]
    for index, upload in enumerate(uploads):
        if (upload["Key"], upload["UploadId"]) == (key, upload_id):
            return uploads[index + 1 :]
    raise invalid_argument("Invalid uploadId marker", name="upload-id-marker", value=upload_id)


def _page(uploads: list[Upload], params: Params, limit: int) -> tuple[list[Upload], list[str], bool]:
    """Uploads, the prefixes that a delimiter makes of others, and whether there are more of either."""
    prefix, delimiter, marker = params.get("Prefix", ""), params.get("Delimiter", ""), params.get("KeyMarker", "")
    shown: list[Upload] = []
    groups: list[str] = []
    for upload in uploads:
        if not upload["Key"].startswith(prefix):
            continue
        group = group_of(upload["Key"], prefix, delimiter)
        if group is not None and (group in groups or marker.startswith(group)):
            continue
        if len(shown) + len(groups) >= limit:
            return shown, groups, True
        if group is None:
            shown.append(upload)
        else:
            groups.append(group)
    return shown, groups, False


def _shown(upload: Upload, account_id: str) -> Result:
    owner = {"ID": owner_id(account_id)}
    return {
        **{name: upload[name] for name in ("UploadId", "Initiated")},
        **upload.get("checksum", {}),
        "Initiator": owner,
        "Owner": owner,
        "StorageClass": upload["properties"].get("StorageClass", "STANDARD"),
    }


def _shown_part(part: Part, member: str | None) -> Result:
    shown: Result = {
        "PartNumber": part.number,
        "ETag": f'"{part.md5}"',
        "Size": part.size,
        "LastModified": part.at,
    }
    return shown | {member: part.checksum} if member and part.checksum else shown
