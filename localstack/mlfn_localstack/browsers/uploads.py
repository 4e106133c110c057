"""A form as the operation it stands for, and what whoever sent it is told.

https://docs.aws.amazon.com/AmazonS3/latest/API/RESTObjectPOST.html
"""

from __future__ import annotations

import shutil
import tempfile
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlencode, urlsplit, urlunsplit

from mlfn_localstack.auth.form_signature import missing_field
from mlfn_localstack.http import HttpResponse, SpooledBody
from mlfn_localstack.protocols.xml_values import escape_text
from mlfn_localstack.service import ServiceError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mlfn_localstack.browsers.multipart import Body, Form
    from mlfn_localstack.http import HttpRequest
    from mlfn_localstack.service import Params, Result

_MEMBERS = {
    "acl": "ACL",
    "cache-control": "CacheControl",
    "content-disposition": "ContentDisposition",
    "content-encoding": "ContentEncoding",
    "content-md5": "ContentMD5",
    "content-type": "ContentType",
    "x-amz-acl": "ACL",
    "x-amz-checksum-crc32": "ChecksumCRC32",
    "x-amz-checksum-crc32c": "ChecksumCRC32C",
    "x-amz-checksum-crc64nvme": "ChecksumCRC64NVME",
    "x-amz-checksum-sha1": "ChecksumSHA1",
    "x-amz-checksum-sha256": "ChecksumSHA256",
    "x-amz-server-side-encryption": "ServerSideEncryption",
    "x-amz-server-side-encryption-aws-kms-key-id": "SSEKMSKeyId",
    "x-amz-server-side-encryption-customer-algorithm": "SSECustomerAlgorithm",
    "x-amz-server-side-encryption-customer-key": "SSECustomerKey",
    "x-amz-server-side-encryption-customer-key-md5": "SSECustomerKeyMD5",
    "x-amz-storage-class": "StorageClass",
    "x-amz-website-redirect-location": "WebsiteRedirectLocation",
}
"""Fields that a put has as parameters."""
_ANSWERED = {
    "ChecksumCRC32": "x-amz-checksum-crc32",
    "ChecksumCRC32C": "x-amz-checksum-crc32c",
    "ChecksumCRC64NVME": "x-amz-checksum-crc64nvme",
    "ChecksumSHA1": "x-amz-checksum-sha1",
    "ChecksumSHA256": "x-amz-checksum-sha256",
    "ChecksumType": "x-amz-checksum-type",
    "Expiration": "x-amz-expiration",
    "SSEKMSKeyId": "x-amz-server-side-encryption-aws-kms-key-id",
    "ServerSideEncryption": "x-amz-server-side-encryption",
    "VersionId": "x-amz-version-id",
}
_METADATA = "x-amz-meta-"
_FILE_NAME = "${filename}"
_STATUSES = {"200": 200, "201": 201}
_MEMORY_BYTES = 1 << 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Upload:
    """A form's object."""

    bucket: str
    key: str
    size: int
    fields: dict[str, str]


def upload_of(form: Form, bucket: str) -> Upload:
    """What a form uploads, and where to.

    Raises:
        ServiceError: InvalidArgument: it says no key, or has no file.
    """
    key = form.fields.get("key")
    if not key:
        raise missing_field("key")
    if form.file is None:
        message = "POST requires exactly one file upload per request."
        raise ServiceError("InvalidArgument", message, fields={"ArgumentName": "file", "ArgumentValue": 0})
    if form.file_name:
        key = key.replace(_FILE_NAME, Path(form.file_name.replace("\\", "/")).name)
    first, end = form.file
    return Upload(bucket=bucket, key=key, size=end - first, fields=form.fields)


def put_params(upload: Upload) -> Params:
    """The parameters of the put, but for its body.

    Raises:
        ServiceError: InvalidArgument or MalformedXML.
    """
    fields = upload.fields
    params: Params = {"Bucket": upload.bucket, "Key": upload.key}
    params |= {member: fields[name] for name, member in _MEMBERS.items() if name in fields}
    metadata = {name.removeprefix(_METADATA): value for name, value in fields.items() if name.startswith(_METADATA)}
    if metadata:
        params["Metadata"] = metadata
    if "expires" in fields:
        params["Expires"] = _moment(fields["expires"])
    return params


def content(body: Body, form: Form, request: HttpRequest) -> bytes | SpooledBody:
    """The form's file: in memory, or as a file beside the one the form came in."""
    first, end = form.file or (0, 0)
    if request.spooled is None or end - first <= _MEMORY_BYTES:
        return body[first:end]
    with (
        request.spooled.path.open("rb") as source,
        tempfile.NamedTemporaryFile(dir=request.spooled.path.parent, prefix="upload-", delete=False) as target,
    ):
        source.seek(first)
        shutil.copyfileobj(source, target, _MEMORY_BYTES)
        target.truncate(end - first)
    return SpooledBody(path=Path(target.name), size=end - first, sha256=None)


def forget(body: bytes | SpooledBody) -> None:
    """Remove a file that nobody took over."""
    if isinstance(body, SpooledBody):
        body.path.unlink(missing_ok=True)


def answer(upload: Upload, result: Result, location: str, request_id: str) -> HttpResponse:
    """What a form that was taken answers: where it wants to go on, or with the status it wants."""
    headers = [("x-amz-request-id", request_id), ("x-amz-id-2", request_id)]
    headers += [(header, str(result[name])) for name, header in _ANSWERED.items() if name in result]
    headers.append(("ETag", result["ETag"]))
    redirect = _redirect(upload, result["ETag"])
    if redirect is not None:
        return HttpResponse(status=303, headers=(*headers, ("Location", redirect)))
    headers.append(("Location", location))
    status = _STATUSES.get(upload.fields.get("success_action_status", ""), 204)
    if status != 201:
        return HttpResponse(status=status, headers=tuple(headers))
    shown = {"Location": location, "Bucket": upload.bucket, "Key": upload.key, "ETag": result["ETag"]}
    return HttpResponse(
        status=status, headers=(*headers, ("Content-Type", "application/xml")), body=_document(shown).encode()
    )


def location_of(upload: Upload, endpoint: str) -> str:
    """The object's URL."""
    return f"{endpoint}/{upload.bucket}/{quote(upload.key, safe='')}"


def _document(shown: Mapping[str, str]) -> str:
    members = "".join(f"<{name}>{escape_text(value)}</{name}>" for name, value in shown.items())
    return f'<?xml version="1.0" encoding="UTF-8"?>\n<PostResponse>{members}</PostResponse>'


def _redirect(upload: Upload, etag: str) -> str | None:
    """Where the form wants its sender to go, with what was uploaded; None for what is no URL."""
    wanted = upload.fields.get("success_action_redirect") or upload.fields.get("redirect")
    if not wanted:
        return None
    parts = urlsplit(wanted)
    if not parts.scheme or not parts.netloc:
        return None
    more = urlencode({"bucket": upload.bucket, "key": upload.key, "etag": etag})
    return urlunsplit(parts._replace(query=f"{parts.query}&{more}" if parts.query else more))


def _moment(text: str) -> Any:
    try:
        return parsedate_to_datetime(text)
    except ValueError as error:
        raise ServiceError("InvalidArgument", "Invalid Expires header") from error
