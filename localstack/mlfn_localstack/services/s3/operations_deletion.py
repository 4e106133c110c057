"""Deleting objects and versions."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from mlfn_localstack.protocols.timestamps import parse_timestamp
from mlfn_localstack.service import ServiceError
from mlfn_localstack.services.s3.errors import locked
from mlfn_localstack.services.s3.model import NULL_VERSION, Version, new_version_id, next_number
from mlfn_localstack.services.s3.writing import versioning

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mlfn_localstack.service import Operation, Params, RequestContext, Result
    from mlfn_localstack.services.s3.model import Bucket, S3State


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
        result, gone = self._delete(bucket, params["Key"], params.get("VersionId"), params)
        await self._state.sweep({gone})
        return result

    async def delete_objects(self, context: RequestContext, params: Params) -> Result:
        """Up to 1,000 objects go; each answer is its own."""
        bucket = self._state.bucket(params["Bucket"])
        deleted, errors, gone = [], [], set()
        for wanted in params["Delete"]["Objects"]:
            try:
                result, content = self._delete(bucket, wanted["Key"], wanted.get("VersionId"), params)
            except ServiceError as error:
                errors.append(wanted | {"Code": error.code, "Message": error.message})
                continue
            gone.add(content)
            deleted.append(wanted | _shown_marker(result, wanted))
        await self._state.sweep(gone)
        return {"Errors": errors} if params["Delete"].get("Quiet") else {"Deleted": deleted, "Errors": errors}

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
        found = next((v for v in self._state.versions(bucket, key) if v.key == key and v.version == version_id), None)
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
