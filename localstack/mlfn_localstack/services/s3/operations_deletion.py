"""Deleting objects and versions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mlfn_localstack.protocols.xml_values import malformed_xml
from mlfn_localstack.service import ServiceError
from mlfn_localstack.services.s3.errors import invalid_argument, no_version, not_implemented, precondition_failed
from mlfn_localstack.services.s3.notification_records import Event
from mlfn_localstack.services.s3.unserved import DIRECTORY_CONDITIONS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mlfn_localstack.service import Operation, Params, RequestContext, Result
    from mlfn_localstack.services.s3.model import Bucket, S3State, Version
    from mlfn_localstack.services.s3.notifying import Notifier
    from mlfn_localstack.services.s3.removing import Deletion, Removal

_MAX_OBJECTS = 1000


class DeletionOperations:
    """DeleteObject and DeleteObjects."""

    def __init__(self, state: S3State, removal: Removal, notifier: Notifier) -> None:
        self._state = state
        self._removal = removal
        self._notifier = notifier

    def operations(self) -> Mapping[str, Operation]:
        """The operations by name."""
        return {"DeleteObject": self.delete_object, "DeleteObjects": self.delete_objects}

    async def delete_object(self, context: RequestContext, params: Params) -> Result:
        """An object goes, or gets a delete marker, by the bucket's versioning."""
        bucket = self._state.bucket(params["Bucket"])
        _check_bypass(bucket, params)
        if "VersionId" in params:
            self._check_version_id(bucket, params["Key"], params["VersionId"])
        _check_etag(params.get("IfMatch"), self._state.latest(bucket["Name"], params["Key"]))
        done = self._delete(context, bucket, _named(params), params)
        await self._state.sweep({done.content})
        return done.result

    async def delete_objects(self, context: RequestContext, params: Params) -> Result:
        """Up to 1,000 objects go; each answer is its own."""
        bucket = self._state.bucket(params["Bucket"])
        _check_bypass(bucket, params)
        if not 0 < len(params["Delete"]["Objects"]) <= _MAX_OBJECTS:
            raise malformed_xml()
        deleted, errors, gone = [], [], set()
        for wanted in params["Delete"]["Objects"]:
            try:
                self._check_wanted(bucket, wanted)
                done = self._delete(context, bucket, wanted, params)
            except ServiceError as error:
                errors.append(_named(wanted) | {"Code": error.code, "Message": error.message})
                continue
            gone.add(done.content)
            deleted.append(_named(wanted) | _shown_marker(done.result, wanted))
        await self._state.sweep(gone)
        return {"Errors": errors} if params["Delete"].get("Quiet") else {"Deleted": deleted, "Errors": errors}

    def _check_version_id(self, bucket: Bucket, key: str, version_id: str) -> None:
        if self._state.version(bucket["Name"], key, version_id) is None:
            self._state.check_version_id(bucket["Name"], version_id)

    def _check_wanted(self, bucket: Bucket, wanted: dict[str, str]) -> None:
        if "VersionId" in wanted:
            try:
                self._check_version_id(bucket, wanted["Key"], wanted["VersionId"])
            except ServiceError as error:
                raise no_version(wanted["Key"], wanted["VersionId"]) from error
        for member, header in DIRECTORY_CONDITIONS.items():
            if member in wanted:
                raise not_implemented(header)
        _check_etag(wanted.get("ETag"), self._state.latest(bucket["Name"], wanted["Key"]))

    def _delete(self, context: RequestContext, bucket: Bucket, wanted: dict[str, str], params: Params) -> Deletion:
        """Delete a key, or one of its versions, and tell of it."""
        key, version_id = wanted["Key"], wanted.get("VersionId")
        if version_id is None:
            done = self._removal.latest(bucket, key, params)
        else:
            done = self._removal.version(bucket["Name"], key, version_id, params)
        if done.gone is not None:
            self._notifier.tell(context, bucket, Event.MARK if done.is_marker else Event.DELETE, done.gone)
        return done


def _named(wanted: Mapping[str, Any]) -> dict[str, str]:
    return {name: wanted[name] for name in ("Key", "VersionId") if name in wanted}


def _check_bypass(bucket: Bucket, params: Params) -> None:
    if "BypassGovernanceRetention" in params and "ObjectLockConfiguration" not in bucket["Settings"]:
        name = "x-amz-bypass-governance-retention"
        raise invalid_argument(f"{name} is only applicable to Object Lock enabled buckets.", name=name)


def _check_etag(wanted: str | None, current: Version | None) -> None:
    """Refuse to delete something else than the client has seen; what is not there cannot be something else."""
    if wanted is None or current is None or current.delete_marker:
        return
    if wanted.strip('"') not in ("*", current.etag):
        raise precondition_failed("If-Match")


def _shown_marker(result: Result, wanted: dict[str, str]) -> Result:
    if not result.get("DeleteMarker"):
        return {}
    return {"DeleteMarker": True, "DeleteMarkerVersionId": result.get("VersionId", wanted.get("VersionId"))}
