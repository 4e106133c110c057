"""What can be changed about an object without writing it anew: tags, retention, legal hold."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from mlfn_localstack.protocols.timestamps import format_timestamp, parse_timestamp
from mlfn_localstack.protocols.xml_values import malformed_xml
from mlfn_localstack.service import ServiceError
from mlfn_localstack.services.s3.errors import deleted, invalid_argument, invalid_request, locked
from mlfn_localstack.services.s3.notification_records import Event
from mlfn_localstack.services.s3.tags import object_tags
from mlfn_localstack.services.s3.writing import versioning

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mlfn_localstack.service import Operation, Params, RequestContext, Result
    from mlfn_localstack.services.s3.model import S3State, Version
    from mlfn_localstack.services.s3.notifying import Notifier


class ObjectSettingsOperations:
    """Object tags and object lock."""

    def __init__(self, state: S3State, notifier: Notifier) -> None:
        self._state = state
        self._notifier = notifier

    def operations(self) -> Mapping[str, Operation]:
        """The operations by name."""
        return {
            "DeleteObjectTagging": self.delete_object_tagging,
            "GetObjectLegalHold": self.get_object_legal_hold,
            "GetObjectRetention": self.get_object_retention,
            "GetObjectTagging": self.get_object_tagging,
            "PutObjectLegalHold": self.put_object_legal_hold,
            "PutObjectRetention": self.put_object_retention,
            "PutObjectTagging": self.put_object_tagging,
        }

    async def put_object_tagging(self, context: RequestContext, params: Params) -> Result:
        """Other tags."""
        pairs = [(tag["Key"], tag["Value"]) for tag in params["Tagging"]["TagSet"]]
        version, tags = self._find_tagged(params, "PUT"), object_tags(pairs)
        self._tell(context, Event.TAG, version)
        return self._change(version, Tags=tags)

    async def get_object_tagging(self, context: RequestContext, params: Params) -> Result:
        """The tags."""
        version = self._find_tagged(params, "GET")
        tags = version.properties.get("Tags", {})
        return {"TagSet": [{"Key": key, "Value": tags[key]} for key in sorted(tags)]} | self._named(version)

    async def delete_object_tagging(self, context: RequestContext, params: Params) -> Result:
        """No tags."""
        version = self._find_tagged(params, "DELETE")
        self._tell(context, Event.UNTAG, version)
        return self._change(version, Tags={})

    async def put_object_retention(self, context: RequestContext, params: Params) -> Result:
        """Until when the version cannot be deleted; it cannot be shortened, except governance with the right to."""
        version = self._find_locked(params, "PUT")
        retention = params.get("Retention", {})
        mode, until = retention.get("Mode"), retention.get("RetainUntilDate")
        if (mode is None) != (until is None) or mode not in (None, "GOVERNANCE", "COMPLIANCE"):
            raise malformed_xml()
        _check_shortening(version, mode, until, bypass=params.get("BypassGovernanceRetention", False))
        if until is not None and until <= datetime.now(UTC):
            raise invalid_argument("The retain until date must be in the future!")
        shown = format_timestamp(until, "iso8601") if until else None
        self._change(version, ObjectLockMode=mode, ObjectLockRetainUntilDate=shown)
        return {}

    async def get_object_retention(self, context: RequestContext, params: Params) -> Result:
        """The version's retention."""
        kept = self._find_locked(params, "GET").properties
        if not kept.get("ObjectLockMode"):
            raise _no_lock()
        return {"Retention": {"Mode": kept["ObjectLockMode"], "RetainUntilDate": kept["ObjectLockRetainUntilDate"]}}

    async def put_object_legal_hold(self, context: RequestContext, params: Params) -> Result:
        """Whether the version is held for as long as somebody says so."""
        version = self._find_locked(params, "PUT")
        status = params.get("LegalHold", {}).get("Status")
        if status not in ("ON", "OFF"):
            raise malformed_xml()
        self._change(version, ObjectLockLegalHoldStatus=status)
        return {}

    async def get_object_legal_hold(self, context: RequestContext, params: Params) -> Result:
        """Whether the version is held."""
        status = self._find_locked(params, "GET").properties.get("ObjectLockLegalHoldStatus")
        if status is None:
            raise _no_lock()
        return {"LegalHold": {"Status": status}}

    def _find_locked(self, params: Params, method: str) -> Version:
        if "ObjectLockConfiguration" not in self._state.bucket(params["Bucket"])["Settings"]:
            raise invalid_request("Bucket is missing Object Lock Configuration")
        return self._state.find(params["Bucket"], params["Key"], params.get("VersionId"), method=method)

    def _find_tagged(self, params: Params, method: str) -> Version:
        """The version, which may be no delete marker, not even as the latest one."""
        try:
            version = self._state.find_any(params["Bucket"], params["Key"], params.get("VersionId"))
        except ServiceError as error:
            if error.code == "NoSuchKey" and method == "GET":  # the only one that S3 names with its bucket
                error.fields["Key"] = f"{params['Bucket']}/{params['Key']}"
            raise
        if version.delete_marker:
            raise deleted(version.key, version.version, method=method)
        return version

    def _change(self, version: Version, **changes: Any) -> Result:
        kept = {name: value for name, value in (version.properties | changes).items() if value is not None}
        self._state.add(replace(version, properties=kept))
        return self._named(version)

    def _tell(self, context: RequestContext, event: Event, version: Version) -> None:
        self._notifier.tell(context, self._state.bucket(version.bucket), event, version)

    def _named(self, version: Version) -> Result:
        return {"VersionId": version.version} if versioning(self._state.bucket(version.bucket)) else {}


def _check_shortening(version: Version, mode: str | None, until: datetime | None, *, bypass: bool) -> None:
    kept = version.properties
    current = kept.get("ObjectLockRetainUntilDate")
    if current is None or parse_timestamp(current) <= datetime.now(UTC):
        return
    shorter = until is None or until < parse_timestamp(current)
    if kept["ObjectLockMode"] == "COMPLIANCE" and (shorter or mode != "COMPLIANCE"):
        raise locked()
    if kept["ObjectLockMode"] == "GOVERNANCE" and shorter and not bypass:
        raise locked()


def _no_lock() -> ServiceError:
    message = "The specified object does not have a ObjectLock configuration"
    return ServiceError("NoSuchObjectLockConfiguration", message, status=404)
