"""Multipart uploads."""

from __future__ import annotations

import asyncio
import hashlib
import secrets
import time
from typing import TYPE_CHECKING, Any

from mlfn_localstack.http import FileSlice
from mlfn_localstack.services.s3.assembling import assembled_checksum, checksum_member, chosen_parts, join
from mlfn_localstack.services.s3.checksums import algorithm_of, announced, member_of, upload_checksum
from mlfn_localstack.services.s3.completed import CompletedUploads
from mlfn_localstack.services.s3.conditions import check_completion, copied_range
from mlfn_localstack.services.s3.content import Content, copy_content, store_content
from mlfn_localstack.services.s3.customer_keys import CUSTOMER, check_part
from mlfn_localstack.services.s3.errors import invalid_argument, invalid_request, no_upload
from mlfn_localstack.services.s3.lifecycle import abortion, expiration
from mlfn_localstack.services.s3.model import next_number
from mlfn_localstack.services.s3.notification_records import Event
from mlfn_localstack.services.s3.operations_copying import there_still
from mlfn_localstack.services.s3.upload_parts import Part
from mlfn_localstack.services.s3.writing import properties, shown_written, write_version

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mlfn_localstack.service import Operation, Params, RequestContext, Result
    from mlfn_localstack.services.s3.assembling import Upload
    from mlfn_localstack.services.s3.model import S3State
    from mlfn_localstack.services.s3.notifying import Notifier
    from mlfn_localstack.services.s3.object_keys import ObjectKeys
    from mlfn_localstack.services.s3.operations_copying import CopyingOperations

_MAX_PARTS = 10_000
_ENCRYPTION = ("ServerSideEncryption", "SSEKMSKeyId", "BucketKeyEnabled", *CUSTOMER)


class MultipartOperations:
    """Begin, fill, complete and abort multipart uploads."""

    def __init__(self, state: S3State, keys: ObjectKeys, copying: CopyingOperations, notifier: Notifier) -> None:
        self._state = state
        self._keys = keys
        self._notifier = notifier
        self._copying = copying
        self._completed = CompletedUploads()

    def operations(self) -> Mapping[str, Operation]:
        """The operations by name."""
        return {
            "AbortMultipartUpload": self.abort_multipart_upload,
            "CompleteMultipartUpload": self.complete_multipart_upload,
            "CreateMultipartUpload": self.create_multipart_upload,
            "UploadPart": self.upload_part,
            "UploadPartCopy": self.upload_part_copy,
        }

    async def create_multipart_upload(self, context: RequestContext, params: Params) -> Result:
        """A new upload."""
        bucket = self._state.bucket(params["Bucket"])
        checksum = upload_checksum(params.get("ChecksumAlgorithm"), params.get("ChecksumType"))
        current = self._state.latest(bucket["Name"], params["Key"])
        upload: Upload = {
            "Bucket": bucket["Name"],
            "Key": params["Key"],
            "UploadId": secrets.token_urlsafe(48),
            "Initiated": float(int(time.time())),
            "number": next_number(),
            "was_there": current is not None and not current.delete_marker,
            "checksum": checksum,
            "properties": properties(context, bucket, params),
        }
        await self._keys.seal(context, params, upload["properties"])
        self._state.uploads.put(str(upload["UploadId"]), upload)
        named = {name: upload[name] for name in ("Bucket", "Key", "UploadId")}
        return named | _encryption(upload) | checksum | abortion(bucket, upload)

    async def upload_part(self, context: RequestContext, params: Params) -> Result:
        """A part's content, replacing what had its number."""
        _check_number(params["PartNumber"])
        upload = self._upload(params)
        check_part(upload["properties"], params)
        checksum = _part_checksum(upload, params)
        content = await store_content(self._state.blobs, params.get("Body", b""), params, default=checksum)
        async with self._state.needed(content):
            etag = await self._add(params, content)
        return {"ETag": etag, **content.shown_checksum} | _encryption(self._upload(params))

    async def upload_part_copy(self, context: RequestContext, params: Params) -> Result:
        """A part that is (a range of) another object."""
        _check_number(params["PartNumber"])
        upload = self._upload(params)
        check_part(upload["properties"], params)
        source = self._copying.copy_source(params)
        first, last = copied_range(params.get("CopySourceRange"), source.size)
        path = self._state.blobs.path(source.sha256)
        with there_still(self._state, source):
            opened = path.open("rb")  # until it is copied it may be overwritten or deleted
        part = FileSlice(path=path, offset=first, length=last - first + 1, opened=opened)
        content = await copy_content(self._state.blobs, part, default=checksum_member(upload))
        async with self._state.needed(content):
            etag = await self._add(params, content)
        result = {"ETag": etag, "LastModified": float(int(time.time()))}
        return {"CopyPartResult": result | content.shown_checksum} | _encryption(upload)

    async def complete_multipart_upload(self, context: RequestContext, params: Params) -> Result:
        """The object, made of its parts in order; who asks again gets the answer again."""
        self._state.bucket(params["Bucket"])
        if (again := self._completed.answer(params)) is not None:
            return again
        upload = self._upload(params)
        if "MultipartUpload" not in params:
            raise invalid_request("You must specify at least one part")
        there = self._state.parts.of(upload["UploadId"])
        parts = chosen_parts(upload, there, params["MultipartUpload"].get("Parts", []))
        _check_completion(upload, parts, params)
        bucket, key = self._state.bucket(upload["Bucket"]), upload["Key"]
        begun = (upload.get("number", 0), upload.get("was_there", False))
        check_completion(params, key, self._state.latest(bucket["Name"], key), begun)
        content = await self._joined(params, parts)
        async with self._state.needed(content):
            kept = upload["properties"] | await assembled_checksum(self._state.blobs, upload, parts, content, params)
            self._upload(params)  # somebody else may have completed or aborted it meanwhile, or written the object
            check_completion(params, key, self._state.latest(bucket["Name"], key), begun)
        kept["Parts"] = [_kept_part(part, checksum_member(upload)) for part in parts]
        version, replaced = write_version(self._state, bucket, key, content, etag=_etag(parts), properties=kept)
        self._notifier.tell(context, bucket, Event.COMPLETE, version)
        self._state.uploads.delete(upload["UploadId"])
        await self._state.sweep({replaced} | self._state.parts.remove(upload["UploadId"]))
        location = f"{context.endpoint}/{bucket['Name']}/{key}"
        shown = {name: value for name, value in shown_written(bucket, version).items() if name not in CUSTOMER}
        answer = {"Location": location, "Bucket": bucket["Name"], "Key": key} | shown | expiration(bucket, version)
        self._completed.keep(params, answer)
        return answer

    async def _joined(self, params: Params, parts: list[Part]) -> Content:
        try:
            return await asyncio.to_thread(join, self._state.blobs, parts)
        except FileNotFoundError as error:  # the upload was aborted or completed meanwhile
            raise no_upload(params["UploadId"]) from error

    async def abort_multipart_upload(self, context: RequestContext, params: Params) -> Result:
        """The upload goes, with its parts."""
        upload = self._upload(params)
        self._state.uploads.delete(upload["UploadId"])
        await self._state.sweep(self._state.parts.remove(upload["UploadId"]))
        return {}

    async def _add(self, params: Params, content: Content) -> str:
        upload = self._upload(params)
        before = self._state.parts.get(upload["UploadId"], params["PartNumber"])
        etag = secrets.token_hex(16) if "SSECustomerKeyMD5" in upload["properties"] else content.md5
        part = Part(
            number=params["PartNumber"],
            sha256=content.sha256,
            md5=etag,
            size=content.size,
            at=float(int(time.time())),
            checksum=content.checksum[1] if upload.get("checksum") and content.checksum else None,
        )
        self._state.parts.put(upload["UploadId"], part)
        await self._state.sweep({before.sha256} if before else set())
        return f'"{etag}"'

    def _upload(self, params: Params) -> Upload:
        self._state.bucket(params["Bucket"])
        upload: Upload | None = self._state.uploads.get(params["UploadId"])
        if upload is None or (upload["Bucket"], upload["Key"]) != (params["Bucket"], params["Key"]):
            raise no_upload(params["UploadId"])
        return upload


def _encryption(upload: Upload) -> Result:
    return {name: upload["properties"][name] for name in _ENCRYPTION if name in upload["properties"]}


def _check_number(number: int) -> None:
    if not 1 <= number <= _MAX_PARTS:
        message = f"Part number must be an integer between 1 and {_MAX_PARTS}, inclusive"
        raise invalid_argument(message, name="partNumber", value=number)


def _part_checksum(upload: Upload, params: Params) -> str | None:
    """The member that a part's checksum is kept as, if the upload has one."""
    checksum = upload.get("checksum", {})
    wanted = checksum.get("ChecksumAlgorithm")
    if wanted is None:
        return None
    given = announced(params)
    actual = algorithm_of(given).lower() if given else "null"
    if (given is None and checksum["ChecksumType"] == "COMPOSITE") or (given and given != member_of(wanted)):
        message = f"Checksum Type mismatch occurred, expected checksum Type: {wanted.lower()}, actual checksum Type: "
        raise invalid_request(message + actual)
    return member_of(wanted)


def _check_completion(upload: Upload, parts: list[Part], params: Params) -> None:
    kind = upload.get("checksum", {}).get("ChecksumType", "null")
    if params.get("ChecksumType", kind) != kind:
        message = f"The upload was created using the {kind} checksum mode. The complete request must use the same checksum mode."  # noqa: E501 - S3's sentence
        raise invalid_request(message)
    size, given = sum(part.size for part in parts), params.get("MpuObjectSize")
    if given is not None and given != size:
        message = f"The provided 'x-amz-mp-object-size' header value {given} does not match what was computed: {size}"
        raise invalid_request(message)


def _etag(parts: list[Part]) -> str:
    digests = b"".join(bytes.fromhex(part.md5) for part in parts)
    return f"{hashlib.md5(digests, usedforsecurity=False).hexdigest()}-{len(parts)}"


def _kept_part(part: Part, member: str | None) -> dict[str, Any]:
    kept: dict[str, Any] = {"PartNumber": part.number, "Size": part.size}
    return kept | {member: part.checksum} if member and part.checksum else kept
