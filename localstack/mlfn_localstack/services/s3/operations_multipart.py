"""Multipart uploads."""

from __future__ import annotations

import asyncio
import hashlib
import secrets
import time
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from mlfn_localstack.service import ServiceError
from mlfn_localstack.services.s3.conditions import check_write, read_range
from mlfn_localstack.services.s3.content import Content, store_content
from mlfn_localstack.services.s3.errors import invalid_argument, invalid_part, no_upload
from mlfn_localstack.services.s3.operations_objects import ObjectOperations
from mlfn_localstack.services.s3.writing import properties, shown_written, write_version

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from mlfn_localstack.service import Operation, Params, RequestContext, Result
    from mlfn_localstack.services.s3.model import S3State

_MIN_PART_BYTES = 5 << 20
_MAX_PARTS = 10_000
_PIECE = 1 << 20

Upload = dict[str, Any]


class MultipartOperations:
    """Begin, fill, list, complete and abort multipart uploads."""

    def __init__(self, state: S3State) -> None:
        self._state = state
        self._objects = ObjectOperations(state)

    def table(self) -> Mapping[str, Operation]:
        """The operations by name."""
        return {
            "AbortMultipartUpload": self.abort_multipart_upload,
            "CompleteMultipartUpload": self.complete_multipart_upload,
            "CreateMultipartUpload": self.create_multipart_upload,
            "ListMultipartUploads": self.list_multipart_uploads,
            "ListParts": self.list_parts,
            "UploadPart": self.upload_part,
            "UploadPartCopy": self.upload_part_copy,
        }

    async def create_multipart_upload(self, context: RequestContext, params: Params) -> Result:
        """A new upload."""
        bucket = self._state.bucket(params["Bucket"])
        upload = {
            "Bucket": bucket["Name"],
            "Key": params["Key"],
            "UploadId": secrets.token_urlsafe(48),
            "Initiated": float(int(time.time())),
            "properties": properties(bucket, params),
            "parts": {},
        }
        self._state.uploads.put(str(upload["UploadId"]), upload)
        return {"Bucket": upload["Bucket"], "Key": upload["Key"], "UploadId": upload["UploadId"]}

    async def upload_part(self, context: RequestContext, params: Params) -> Result:
        """A part's content, replacing what had its number."""
        self._upload(params)
        content = await store_content(self._state.blobs, params.get("Body", b""), params)
        return {"ETag": await self._add(params, content)}

    async def upload_part_copy(self, context: RequestContext, params: Params) -> Result:
        """A part that is (a range of) another object."""
        self._upload(params)
        source = self._objects.copy_source(params)
        first, last = read_range(params.get("CopySourceRange"), source.size) or (0, source.size - 1)
        path = self._state.blobs.path(source.sha256)
        data = await asyncio.to_thread(_read_part, path, first, last - first + 1)
        etag = await self._add(params, await store_content(self._state.blobs, data, {}))
        return {"CopyPartResult": {"ETag": etag, "LastModified": float(int(time.time()))}}

    async def list_parts(self, context: RequestContext, params: Params) -> Result:
        """The parts that are there."""
        upload = self._upload(params)
        parts = [
            {"PartNumber": int(number), "ETag": f'"{part["md5"]}"', "Size": part["size"], "LastModified": part["at"]}
            for number, part in sorted(upload["parts"].items(), key=lambda item: int(item[0]))
            if int(number) > int(params.get("PartNumberMarker") or 0)
        ]
        limit = params.get("MaxParts", 1000)
        result = {key: upload[key] for key in ("Bucket", "Key", "UploadId")}
        result |= {"Parts": parts[:limit], "MaxParts": limit, "IsTruncated": len(parts) > limit}
        return result | {"NextPartNumberMarker": parts[limit - 1]["PartNumber"]} if len(parts) > limit else result

    async def list_multipart_uploads(self, context: RequestContext, params: Params) -> Result:
        """The bucket's uploads that are under way."""
        name = self._state.bucket(params["Bucket"])["Name"]
        prefix = params.get("Prefix", "")
        found = [
            {key: upload[key] for key in ("Key", "UploadId", "Initiated")}
            for _, upload in self._state.uploads.items()
            if upload["Bucket"] == name and upload["Key"].startswith(prefix)
        ]
        found.sort(key=lambda upload: (upload["Key"], upload["Initiated"]))
        return {"Bucket": name, "Uploads": found, "IsTruncated": False, "MaxUploads": 1000}

    async def complete_multipart_upload(self, context: RequestContext, params: Params) -> Result:
        """The object, made of its parts in order."""
        upload = self._upload(params)
        parts = _chosen_parts(upload, params.get("MultipartUpload", {}).get("Parts", []))
        bucket = self._state.bucket(upload["Bucket"])
        check_write(params, upload["Key"], self._state.latest(bucket["Name"], upload["Key"]))
        content = await asyncio.to_thread(self._join, parts)
        digests = b"".join(bytes.fromhex(part["md5"]) for part in parts)
        etag = f"{hashlib.md5(digests, usedforsecurity=False).hexdigest()}-{len(parts)}"
        version, replaced = write_version(
            self._state, bucket, upload["Key"], content, etag=etag, properties=upload["properties"]
        )
        self._state.uploads.delete(upload["UploadId"])
        await self._state.sweep({replaced} | {part["sha256"] for part in upload["parts"].values()})
        location = f"{context.endpoint}/{bucket['Name']}/{upload['Key']}"
        return {"Location": location, "Bucket": bucket["Name"], "Key": upload["Key"]} | shown_written(bucket, version)

    async def abort_multipart_upload(self, context: RequestContext, params: Params) -> Result:
        """The upload goes, with its parts."""
        upload = self._upload(params)
        self._state.uploads.delete(upload["UploadId"])
        await self._state.sweep({part["sha256"] for part in upload["parts"].values()})
        return {}

    async def _add(self, params: Params, content: Content) -> str:
        number = params["PartNumber"]
        if not 1 <= number <= _MAX_PARTS:
            raise invalid_argument("Part number must be an integer between 1 and 10000, inclusive")
        upload = self._upload(params)
        before = upload["parts"].get(str(number), {"sha256": ""})
        part = {"sha256": content.sha256, "md5": content.md5, "size": content.size, "at": float(int(time.time()))}
        upload["parts"][str(number)] = part
        self._state.uploads.put(upload["UploadId"], upload)
        await self._state.sweep({before["sha256"]})
        return f'"{content.md5}"'

    def _upload(self, params: Params) -> Upload:
        self._state.bucket(params["Bucket"])
        upload: Upload | None = self._state.uploads.get(params["UploadId"])
        if upload is None or (upload["Bucket"], upload["Key"]) != (params["Bucket"], params["Key"]):
            raise no_upload()
        return upload

    def _join(self, parts: list[dict[str, Any]]) -> Content:
        draft = self._state.blobs.path(f".join-{secrets.token_hex(8)}")
        digest = hashlib.sha256()
        with draft.open("wb") as out:
            for part in parts:
                with self._state.blobs.path(part["sha256"]).open("rb") as stream:
                    while piece := stream.read(_PIECE):
                        out.write(piece)
                        digest.update(piece)
        sha256 = digest.hexdigest()
        self._state.blobs.adopt(draft, sha256)
        return Content(sha256=sha256, md5="", size=sum(part["size"] for part in parts))


def _chosen_parts(upload: Upload, wanted: list[dict[str, Any]]) -> list[dict[str, Any]]:
    numbers = [part["PartNumber"] for part in wanted]
    if not numbers:
        message = "The XML you provided was not well-formed or did not validate against our published schema"
        raise ServiceError("MalformedXML", message)
    if any(later <= earlier for earlier, later in pairwise(numbers)):
        message = "The list of parts was not in ascending order. Parts must be ordered by part number."
        raise ServiceError("InvalidPartOrder", message)
    parts = []
    for part in wanted:
        found = upload["parts"].get(str(part["PartNumber"]))
        if found is None or part.get("ETag", "").strip('"') != found["md5"]:
            raise invalid_part()
        parts.append(found)
    if any(part["size"] < _MIN_PART_BYTES for part in parts[:-1]):
        raise ServiceError("EntityTooSmall", "Your proposed upload is smaller than the minimum allowed size")
    return parts


def _read_part(path: Path, offset: int, length: int) -> bytes:
    with path.open("rb") as file:
        file.seek(offset)
        return file.read(length)
