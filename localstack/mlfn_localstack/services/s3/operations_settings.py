"""What is configured per bucket: one table of settings, each put, got and deleted alike."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from mlfn_localstack.auth.publicity import is_public
from mlfn_localstack.protocols.timestamps import format_timestamp
from mlfn_localstack.service import ServiceError
from mlfn_localstack.services.s3.bucket_policies import check_public
from mlfn_localstack.services.s3.encryption import DEFAULT
from mlfn_localstack.services.s3.lifecycle import smallest_to_move
from mlfn_localstack.services.s3.setting_checks import checked

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from mlfn_localstack.service import Operation, Params, RequestContext, Result
    from mlfn_localstack.services.s3.model import Bucket, S3State


def _check_public(_state: S3State, context: RequestContext, policy: str, bucket: Bucket) -> None:
    check_public(context, policy, bucket)


def _check_target(state: S3State, _context: RequestContext, logging: Any, _bucket: Bucket) -> None:
    target = (logging or {}).get("LoggingEnabled", {}).get("TargetBucket")
    if target is not None and state.buckets.get(target) is None:
        message = "The target bucket for logging does not exist"
        raise ServiceError("InvalidTargetBucketForLogging", message, fields={"TargetBucket": target})


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """One kind of configuration."""

    operation: str
    """What follows Put, Get and Delete in the operations' names."""
    member: str
    """The input member; stored under this name."""
    output: str | None = None
    """The output member; None: the configuration's members are the output's."""
    missing: str | None = None
    """The error where there is none; None: an empty answer."""
    message: str = ""
    deletable: bool = True
    default: Any = None
    """What there is before anything is put, and once that is deleted."""
    status: int = 200
    """Of the answer to a put."""
    guard: Callable[[S3State, RequestContext, Any, Bucket], None] | None = None
    """Refuses what depends on who asks, or on other buckets."""
    beside: Callable[[Params], dict[str, str]] | None = None
    """Members of input and output beside the configuration, kept with it; of no input: what they usually are."""


_POLICY = Setting(
    operation="BucketPolicy",
    member="Policy",
    output="Policy",
    missing="NoSuchBucketPolicy",
    message="The bucket policy does not exist",
    status=204,
    guard=_check_public,
)
_SETTINGS = (
    Setting(
        operation="BucketEncryption",
        member="ServerSideEncryptionConfiguration",
        output="ServerSideEncryptionConfiguration",
        default=DEFAULT,
    ),
    Setting(
        operation="PublicAccessBlock",
        member="PublicAccessBlockConfiguration",
        output="PublicAccessBlockConfiguration",
        missing="NoSuchPublicAccessBlockConfiguration",
        message="The public access block configuration was not found",
    ),
    _POLICY,
    Setting(
        operation="BucketTagging",
        member="Tagging",
        missing="NoSuchTagSet",
        message="The TagSet does not exist",
        status=204,
    ),
    Setting(operation="BucketVersioning", member="VersioningConfiguration", deletable=False),
    Setting(
        operation="BucketLifecycleConfiguration",
        member="LifecycleConfiguration",
        missing="NoSuchLifecycleConfiguration",
        message="The lifecycle configuration does not exist",
        beside=smallest_to_move,
    ),
    Setting(
        operation="BucketCors",
        member="CORSConfiguration",
        missing="NoSuchCORSConfiguration",
        message="The CORS configuration does not exist",
    ),
    Setting(
        operation="ObjectLockConfiguration",
        member="ObjectLockConfiguration",
        output="ObjectLockConfiguration",
        missing="ObjectLockConfigurationNotFoundError",
        message="Object Lock configuration does not exist for this bucket",
        deletable=False,
    ),
    Setting(
        operation="BucketOwnershipControls",
        member="OwnershipControls",
        output="OwnershipControls",
        missing="OwnershipControlsNotFoundError",
        message="The bucket ownership controls were not found",
    ),
    Setting(
        operation="BucketWebsite",
        member="WebsiteConfiguration",
        missing="NoSuchWebsiteConfiguration",
        message="The specified bucket does not have a website configuration",
    ),
    Setting(operation="BucketLogging", member="BucketLoggingStatus", deletable=False, guard=_check_target),
    Setting(operation="BucketAccelerateConfiguration", member="AccelerateConfiguration", deletable=False),
    Setting(
        operation="BucketRequestPayment",
        member="RequestPaymentConfiguration",
        deletable=False,
        default={"Payer": "BucketOwner"},
    ),
)
_ABSENT = {
    "Replication": ("ReplicationConfigurationNotFoundError", "The replication configuration was not found"),
}
"""What no bucket of the emulator has, and how it is told who asks (putting it is refused by name)."""
_DELETE_NAMES = {"BucketLifecycleConfiguration": "BucketLifecycle"}


class SettingsOperations:
    """Put, get and delete bucket settings; lifecycle, logging, acceleration, payment are only stored."""

    def __init__(self, state: S3State) -> None:
        self._state = state

    def operations(self) -> Mapping[str, Operation]:
        """The operations by name."""
        table: dict[str, Operation] = {}
        for setting in _SETTINGS:
            table[f"Put{setting.operation}"] = self._put(setting)
            table[f"Get{setting.operation}"] = self._get(setting)
            if setting.deletable:
                name = _DELETE_NAMES.get(setting.operation, setting.operation)
                table[f"Delete{name}"] = self._delete(setting)
        for name, refusal in _ABSENT.items():
            table[f"GetBucket{name}"] = self._get_absent(*refusal)
            table[f"DeleteBucket{name}"] = self._delete_absent
        return table | {"GetBucketPolicyStatus": self.get_bucket_policy_status}

    async def get_bucket_policy_status(self, context: RequestContext, params: Params) -> Result:
        """Whether the policy lets everybody in."""
        policy = (await self._get(_POLICY)(context, params))["Policy"]
        return {"PolicyStatus": {"IsPublic": is_public(policy)}}

    def _get_absent(self, code: str, message: str) -> Operation:
        async def get(context: RequestContext, params: Params) -> Result:
            name = self._state.bucket(params["Bucket"])["Name"]
            raise ServiceError(code, message, status=404, fields={"BucketName": name})

        return get

    async def _delete_absent(self, context: RequestContext, params: Params) -> Result:
        self._state.bucket(params["Bucket"])
        return {}

    def _put(self, setting: Setting) -> Operation:
        async def put(context: RequestContext, params: Params) -> Result:
            bucket = self._state.bucket(params["Bucket"])
            if setting.member not in params:
                raise ServiceError("MissingRequestBodyError", "Request body is empty.")
            value = checked(setting.member, params[setting.member], bucket, by_service=context.peer is None)
            if setting.guard is not None:
                setting.guard(self._state, context, value, bucket)
            beside = setting.beside(params) if setting.beside is not None else {}
            if value is None:
                bucket["Settings"].pop(setting.member, None)
            else:
                bucket["Settings"][setting.member] = _storable(value | beside if beside else value)
            self._state.buckets.put(bucket["Name"], bucket)
            return {"HttpStatus": setting.status, **beside}

        return put

    def _get(self, setting: Setting) -> Operation:
        async def get(context: RequestContext, params: Params) -> Result:
            name = params["Bucket"]
            value = self._state.bucket(name)["Settings"].get(setting.member, setting.default)
            if value is None:
                if setting.missing is None:
                    return {}
                raise ServiceError(setting.missing, setting.message, status=404, fields={"BucketName": name})
            usual = setting.beside({}) if setting.beside is not None else {}
            return {setting.output: value} if setting.output else usual | value

        return get

    def _delete(self, setting: Setting) -> Operation:
        async def delete(context: RequestContext, params: Params) -> Result:
            bucket = self._state.bucket(params["Bucket"])
            bucket["Settings"].pop(setting.member, None)
            self._state.buckets.put(bucket["Name"], bucket)
            return {}

        return delete


def _storable(value: Any) -> Any:
    """JSON: times as ISO 8601 text, which the protocol writes as it is."""
    return json.loads(json.dumps(value, default=_time_text))


def _time_text(value: Any) -> Any:
    if isinstance(value, datetime):
        return format_timestamp(value, "iso8601")
    raise TypeError(f"{type(value).__name__} cannot be stored")
