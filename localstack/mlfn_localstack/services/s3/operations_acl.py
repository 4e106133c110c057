"""Access control lists of buckets and objects.

https://docs.aws.amazon.com/AmazonS3/latest/userguide/about-object-ownership.html
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from mlfn_localstack.service import ServiceError
from mlfn_localstack.services.s3.acl import given_list, gives_a_list, is_enforced, not_supported, shown_list
from mlfn_localstack.services.s3.notification_records import Event

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mlfn_localstack.service import Operation, Params, RequestContext, Result
    from mlfn_localstack.services.s3.acl import Grant
    from mlfn_localstack.services.s3.model import Bucket, S3State
    from mlfn_localstack.services.s3.notifying import Notifier


class AclOperations:
    """Read and change lists; where they are switched off, S3 refuses to."""

    def __init__(self, state: S3State, notifier: Notifier) -> None:
        self._state = state
        self._notifier = notifier

    def operations(self) -> Mapping[str, Operation]:
        """The operations by name."""
        return {
            "GetBucketAcl": self.get_bucket_acl,
            "GetObjectAcl": self.get_object_acl,
            "PutBucketAcl": self.put_bucket_acl,
            "PutObjectAcl": self.put_object_acl,
        }

    async def get_bucket_acl(self, context: RequestContext, params: Params) -> Result:
        """Who may do what with the bucket."""
        return shown_list(context, self._state.bucket(params["Bucket"])["Settings"].get("Acl"))

    async def get_object_acl(self, context: RequestContext, params: Params) -> Result:
        """Who may do what with the object."""
        version = self._state.find(params["Bucket"], params["Key"], params.get("VersionId"))
        return shown_list(context, version.properties.get("Acl"))

    async def put_bucket_acl(self, context: RequestContext, params: Params) -> Result:
        """Another list for the bucket."""
        bucket = self._state.bucket(params["Bucket"])
        bucket["Settings"]["Acl"] = _given(context, bucket, params)
        self._state.buckets.put(bucket["Name"], bucket)
        return {}

    async def put_object_acl(self, context: RequestContext, params: Params) -> Result:
        """Another list for the object."""
        version = self._state.find(params["Bucket"], params["Key"], params.get("VersionId"), method="PUT")
        bucket = self._state.bucket(params["Bucket"])
        kept = {**version.properties, "Acl": _given(context, bucket, params)}
        self._state.add(replace(version, properties=kept))
        self._notifier.tell(context, bucket, Event.ACL, version)
        return {}


def _given(context: RequestContext, bucket: Bucket, params: Params) -> list[Grant] | None:
    if not gives_a_list(params):
        message = "Your request was missing a required header"
        raise ServiceError("MissingSecurityHeader", message, fields={"MissingHeaderName": "x-amz-acl"})
    if is_enforced(bucket):
        raise not_supported()
    return given_list(context, bucket, params)
