"""Objects and versions on their way out, by a bucket's versioning and within their locks."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING, NamedTuple

from mlfn_localstack.protocols.timestamps import parse_timestamp
from mlfn_localstack.services.s3.errors import locked
from mlfn_localstack.services.s3.model import NULL_VERSION, Version, new_version_id, next_number
from mlfn_localstack.services.s3.writing import versioning

if TYPE_CHECKING:
    from mlfn_localstack.service import Params, Result
    from mlfn_localstack.services.s3.model import Bucket, S3State


class Deletion(NamedTuple):
    """What came of a deletion."""

    result: Result
    content: str
    """The digest of what may have to go, too."""
    gone: Version | None
    """The version that was removed, or the marker that hides others; None: there was nothing."""
    is_marker: bool = False
    """Whether it is that marker."""


class Removal:
    """Removes objects and versions; their content goes with `S3State.sweep`."""

    def __init__(self, state: S3State) -> None:
        self._state = state

    def latest(self, bucket: Bucket, key: str, params: Params) -> Deletion:
        """Remove an object, or hide it by a delete marker.

        Raises:
            ServiceError: it is locked.
        """
        status = versioning(bucket)
        if status == "Enabled":
            return self._mark(bucket["Name"], key, None, "")
        current = self._state.null_version(bucket["Name"], key)
        if current is not None:
            _check_lock(current, params)
            self._state.remove(current)
        content = current.sha256 if current else ""
        if status == "Suspended":
            return self._mark(bucket["Name"], key, NULL_VERSION, content)
        return Deletion({}, content, current)

    def version(self, bucket: str, key: str, version_id: str, params: Params) -> Deletion:
        """Remove one version, if it is there.

        Raises:
            ServiceError: it is locked.
        """
        found = self._state.version(bucket, key, version_id)
        result: Result = {"VersionId": version_id}
        if found is None:
            return Deletion(result, "", None)
        _check_lock(found, params)
        self._state.remove(found)
        if found.delete_marker:
            result["DeleteMarker"] = True
        return Deletion(result, found.sha256, found)

    def _mark(self, bucket: str, key: str, version_id: str | None, content: str) -> Deletion:
        number = next_number()
        marker = Version(
            bucket=bucket,
            key=key,
            number=number,
            version=version_id or new_version_id(number),
            delete_marker=True,
            etag="",
            size=0,
            sha256="",
            modified=float(int(time.time())),
        )
        self._state.add(marker)
        return Deletion({"DeleteMarker": True, "VersionId": marker.version}, content, marker, is_marker=True)


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
