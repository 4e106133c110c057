"""What may be said of access when a bucket or object is made."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlfn_localstack.service import ServiceError
from mlfn_localstack.services.s3.errors import invalid_argument, invalid_request

if TYPE_CHECKING:
    from mlfn_localstack.service import Params
    from mlfn_localstack.services.s3.model import Bucket

_OWN = ("private", "bucket-owner-full-control", "bucket-owner-read")
"""Lists that give nobody but the account anything."""
_PUBLIC = ("public-read", "public-read-write", "authenticated-read")
_CANNED = (*_OWN, *_PUBLIC, "aws-exec-read", "log-delivery-write")


def is_enforced(bucket: Bucket) -> bool:
    """Whether the bucket's owner owns everything, and lists are switched off."""
    rules = bucket["Settings"].get("OwnershipControls", {}).get("Rules", [])
    return bool(rules) and rules[0].get("ObjectOwnership") == "BucketOwnerEnforced"


def not_supported() -> ServiceError:
    """Lists are switched off."""
    return ServiceError("AccessControlListNotSupported", "The bucket does not allow ACLs")


def check_acl(bucket: Bucket, params: Params) -> None:
    """Refuse lists that would let others in: S3 where they are off or blocked, else the emulator, by name.

    Raises:
        ServiceError: AccessControlListNotSupported, InvalidArgument, AccessDenied or NotImplemented.
    """
    canned = params.get("ACL")
    grants = "AccessControlPolicy" in params or any(name.startswith("Grant") for name in params)
    if canned is not None and grants:
        raise invalid_request("Specifying both Canned ACLs and Header Grants is not allowed")
    if canned is not None and canned not in _CANNED:
        raise invalid_argument("", name="x-amz-acl", value=canned)
    if not grants and (canned is None or canned in _OWN):
        return
    if is_enforced(bucket):
        raise not_supported()
    if canned in _PUBLIC and bucket["Settings"].get("PublicAccessBlockConfiguration", {}).get("BlockPublicAcls"):
        raise ServiceError("AccessDenied", "Access Denied", status=403)
    message = "The emulator supports no ACLs that let others in: use bucket policies."
    raise ServiceError("NotImplemented", message, status=501)
