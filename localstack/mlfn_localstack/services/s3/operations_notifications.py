"""What a bucket tells of its objects, and whom."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlfn_localstack.service import ServiceError
from mlfn_localstack.services.s3.notification_rules import checked_configuration

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mlfn_localstack.service import Operation, Params, RequestContext, Result
    from mlfn_localstack.services.s3.model import S3State
    from mlfn_localstack.services.s3.notifying import Notifier

_MEMBER = "NotificationConfiguration"


class NotificationOperations:
    """PutBucketNotificationConfiguration and GetBucketNotificationConfiguration."""

    def __init__(self, state: S3State, notifier: Notifier) -> None:
        self._state = state
        self._notifier = notifier

    def operations(self) -> Mapping[str, Operation]:
        """The operations by name."""
        return {
            "GetBucketNotificationConfiguration": self.get_configuration,
            "PutBucketNotificationConfiguration": self.put_configuration,
        }

    async def put_configuration(self, context: RequestContext, params: Params) -> Result:
        """Another configuration, once every destination has been tried (unless that is not wanted)."""
        bucket = self._state.bucket(params["Bucket"])
        if _MEMBER not in params:
            raise ServiceError("MissingRequestBodyError", "Request body is empty.")
        kept = checked_configuration(params[_MEMBER], context.region)
        if not params.get("SkipDestinationValidation"):
            refusals = await self._notifier.refusals(context, bucket, kept)
            if refusals:
                raise _unusable(refusals)
        bucket = self._state.bucket(params["Bucket"])
        bucket["Settings"].pop(_MEMBER, None)
        if kept:
            bucket["Settings"][_MEMBER] = kept
        self._state.buckets.put(bucket["Name"], bucket)
        return {}

    async def get_configuration(self, context: RequestContext, params: Params) -> Result:
        """The configuration; nothing where there is none."""
        return dict(self._state.bucket(params["Bucket"])["Settings"].get(_MEMBER, {}))


def _unusable(refusals: dict[str, str]) -> ServiceError:
    """Names every destination that cannot be used, and why."""
    fields: dict[str, str] = {}
    for number, (arn, reason) in enumerate(refusals.items(), start=1):
        shown = f"{arn}, null" if ":lambda:" in arn else arn
        fields |= {f"ArgumentName{number}": shown, f"ArgumentValue{number}": reason}
    message = "Unable to validate the following destination configurations"
    return ServiceError("InvalidArgument", message, fields=fields)
