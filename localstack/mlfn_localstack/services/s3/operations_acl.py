"""Access control lists: an owner has its buckets and objects to itself; policies are what lets others in.

https://docs.aws.amazon.com/AmazonS3/latest/userguide/about-object-ownership.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlfn_localstack.service import ServiceError
from mlfn_localstack.services.s3.acl import check_acl, is_enforced, not_supported
from mlfn_localstack.services.s3.notification_records import Event

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mlfn_localstack.service import Operation, Params, RequestContext, Result
    from mlfn_localstack.services.s3.model import Bucket, S3State
    from mlfn_localstack.services.s3.notifying import Notifier

_GIVEN = ("ACL", "AccessControlPolicy", "GrantFullControl", "GrantRead", "GrantReadACP", "GrantWrite", "GrantWriteACP")


class AclOperations:
    """Read lists, and refuse to change them as S3 does where they are switched off."""

    def __init__(self, state: S3State, notifier: Notifier) -> None:
        self._state = state
        self._notifier = notifier

    def table(self) -> Mapping[str, Operation]:
        """The operations by name."""
        return {
            "GetBucketAcl": self.get_bucket_acl,
            "GetObjectAcl": self.get_object_acl,
            "PutBucketAcl": self.put_bucket_acl,
            "PutObjectAcl": self.put_object_acl,
        }

    async def get_bucket_acl(self, context: RequestContext, params: Params) -> Result:
        """The owner, who may do everything."""
        self._state.bucket(params["Bucket"])
        return _private(context)

    async def get_object_acl(self, context: RequestContext, params: Params) -> Result:
        """The owner, who may do everything."""
        self._state.find(params["Bucket"], params["Key"], params.get("VersionId"))
        return _private(context)

    async def put_bucket_acl(self, context: RequestContext, params: Params) -> Result:
        """The bucket stays its owner's."""
        _check(self._state.bucket(params["Bucket"]), params)
        return {}

    async def put_object_acl(self, context: RequestContext, params: Params) -> Result:
        """The object stays its owner's."""
        version = self._state.find(params["Bucket"], params["Key"], params.get("VersionId"), method="PUT")
        bucket = self._state.bucket(params["Bucket"])
        _check(bucket, params)
        self._notifier.tell(context, bucket, Event.ACL, version)
        return {}


def _check(bucket: Bucket, params: Params) -> None:
    if not any(name in params for name in _GIVEN):
        message = "Your request was missing a required header"
        raise ServiceError("MissingSecurityHeader", message, fields={"MissingHeaderName": "x-amz-acl"})
    if is_enforced(bucket):
        raise not_supported()
    check_acl(bucket, params)


def _private(context: RequestContext) -> Result:
    owner = {"ID": context.account_id}
    grant = {"Grantee": owner | {"Type": "CanonicalUser"}, "Permission": "FULL_CONTROL"}
    return {"Owner": owner, "Grants": [grant]}
