"""Deleting objects and versions."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from mlfn_localstack.protocols.timestamps import parse_timestamp
from mlfn_localstack.protocols.xml_values import malformed_xml
from mlfn_localstack.service import ServiceError
from mlfn_localstack.services.s3.errors import invalid_argument, locked, no_version, precondition_failed
from mlfn_localstack.services.s3.model import NULL_VERSION, Version, new_version_id, next_number
from mlfn_localstack.services.s3.writing import versioning

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mlfn_localstack.service import Operation, Params, RequestContext, Result
    from mlfn_localstack.services.s3.model import Bucket, S3State

_MAX_OBJECTS = 1000


class DeletionOperations:
    """DeleteObject and DeleteObjects."""

    def __init__(self, state: S3State) -> None:
        self._state = state

    def table(self) -> Mapping[str, Operation]:
        """The operations by name."""
        return {"DeleteObject": self.delete_object, "DeleteObjects": self.delete_objects}

    async def delete_object(self, context: RequestContext, params: Params) -> Result:
        """An object goes, or gets a delete marker, by the bucket's versioning."""
        bucket = self._state.bucket(params["Bucket"])
        _check_bypass(bucket, params)
        if "VersionId" in params:
            self._check_version_id(bucket, params["Key"], params["VersionId"])
        _check_etag(params.get("IfMatch"), self._state.latest(bucket["Name"], params["Key"]))
        result, gone = self._delete(bucket, params["Key"], params.get("VersionId"), params)
        await self._state.sweep({gone})
        return result

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
                result, content = self._delete(bucket, wanted["Key"], wanted.get("VersionId"), params)
            except ServiceError as error:
                named = {name: wanted[name] for name in ("Key", "VersionId") if name in wanted}
                errors.append(named | {"Code": error.code, "Message": error.message})
                continue
            gone.add(content)
            named = {name: wanted[name] for name in ("Key", "VersionId") if name in wanted}
            deleted.append(named | _shown_marker(result, wanted))
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
        _check_etag(wanted.get("ETag"), self._state.latest(bucket["Name"], wanted["Key"]))

    def _delete(self, bucket: Bucket, key: str, version_id: str | None, params: Params) -> tuple[Result, str]:
        """The answer, and the digest of the content that went."""
        status = versioning(bucket)
        if version_id is not None:
            return self._delete_version(bucket["Name"], key, version_id, params)
        if status == "Enabled":
            return self._mark(bucket["Name"], key, new_version_id()), ""
        current = self._state.null_version(bucket["Name"], key)
        if current is not None:
            _check_lock(current, params)
            self._state.remove(current)
        result = self._mark(bucket["Name"], key, NULL_VERSION) if status == "Suspended" else {}
        return result, current.sha256 if current else ""

    def _delete_version(self, bucket: str, key: str, version_id: str, params: Params) -> tuple[Result, str]:
        found = self._state.version(bucket, key, version_id)
        if found is None:
            return {"VersionId": version_id}, ""
        _check_lock(found, params)
        self._state.remove(found)
        result: Result = {"VersionId": version_id}
        return (result | {"DeleteMarker": True} if found.delete_marker else result), found.sha256

    def _mark(self, bucket: str, key: str, version_id: str) -> Result:
        marker = Version(
            bucket=bucket,
            key=key,
            number=next_number(),
            version=version_id,
            delete_marker=True,
            etag="",
            size=0,
            sha256="",
            modified=float(int(time.time())),
        )
        self._state.add(marker)
        return {"DeleteMarker": True, "VersionId": version_id}


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


def _check_lock(version: Version, params: Params) -> None:
    kept = version.properties
    if kept.get("ObjectLockLegalHoldStatus") == "ON":
        raise locked()
    until = kept.get("ObjectLockRetainUntilDate")
    if until is None or parse_timestamp(until) <= datetime.now(UTC):
        return
    if kept["ObjectLockMode"] == "GOVERNANCE" and params.get("BypassGovernanceRetention"):
        return
    raise locked()


def _shown_marker(result: Result, wanted: dict[str, str]) -> Result:
    if not result.get("DeleteMarker"):
        return {}
    return {"DeleteMarker": True, "DeleteMarkerVersionId": result.get("VersionId", wanted.get("VersionId"))}
