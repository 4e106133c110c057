"""What requests may ask of S3 that general purpose buckets do not do, or that the emulator does not.

The first are refused as AWS refuses them: https://docs.aws.amazon.com/AmazonS3/latest/API/API_DeleteObject.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mlfn_localstack.service import ServiceError
from mlfn_localstack.services.s3.errors import not_implemented

if TYPE_CHECKING:
    from collections.abc import Awaitable, Mapping

    from mlfn_localstack.service import Operation, Params, RequestContext, Result

_DIRECTORIES = {
    "IfMatchInitiatedTime": "x-amz-if-match-initiated-time",
    "IfMatchLastModifiedTime": "x-amz-if-match-last-modified-time",
    "IfMatchSize": "x-amz-if-match-size",
    "WriteOffsetBytes": "x-amz-write-offset-bytes",
}
"""What directory buckets alone do, and the headers that ask for it."""
DIRECTORY_CONDITIONS = {"LastModifiedTime": "x-amz-if-match-last-modified-time", "Size": "x-amz-if-match-size"}
"""The same of one of several objects that are deleted."""
_HOLDS = frozenset({"ObjectLockEventHold", "ObjectLockEventHoldDurationDays", "ObjectLockEventHoldDurationYears"})
_DIGESTS = frozenset({"ChecksumXXHASH128", "ChecksumXXHASH3", "ChecksumXXHASH64"})
_MEMBERS = {
    "AbortMultipartUpload": frozenset({"IfMatchInitiatedTime"}),
    "CompleteMultipartUpload": _DIGESTS,
    "CopyObject": _HOLDS | {"AnnotationDirective"},
    "CreateMultipartUpload": _HOLDS,
    "DeleteObject": frozenset({"IfMatchLastModifiedTime", "IfMatchSize"}),
    "PutObject": _HOLDS | _DIGESTS | {"WriteOffsetBytes"},
    "UploadPart": _DIGESTS,
}


def served(name: str, operation: Operation) -> Operation:
    """The operation, which refuses what it does not do; one that does everything is as it was."""
    members = _MEMBERS.get(name)
    if members is None:
        return operation

    def checked(context: RequestContext, params: Params) -> Awaitable[Result]:
        if not members.isdisjoint(params):
            _refuse(min(members.intersection(params)))
        return operation(context, params)

    return checked


def _refuse(member: str) -> None:
    if member in _DIRECTORIES:
        raise not_implemented(_DIRECTORIES[member])
    raise unsupported(member)


def unsupported(what: str) -> ServiceError:
    """AWS has it, the emulator does not."""
    return ServiceError("NotImplemented", f"The emulator does not support {what}.", status=501)


def check_new_bucket(params: Params) -> None:
    """Refuse to make a bucket of another kind."""
    if params.get("BucketNamespace", "global") != "global":
        raise unsupported(f"the bucket namespace {params['BucketNamespace']}")
    configuration: Mapping[str, Any] = params.get("CreateBucketConfiguration", {})
    if "Location" in configuration or "Bucket" in configuration:
        raise unsupported("directory buckets")
