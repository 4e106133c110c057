"""Objects in archives: they cannot be read until they are restored, which here takes no time.

https://docs.aws.amazon.com/AmazonS3/latest/userguide/restoring-objects.html
"""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from mlfn_localstack.protocols.timestamps import format_timestamp, parse_timestamp
from mlfn_localstack.protocols.xml_values import malformed_xml
from mlfn_localstack.service import ServiceError
from mlfn_localstack.services.s3.errors import archived
from mlfn_localstack.services.s3.lifecycle import midnight_after
from mlfn_localstack.services.s3.notification_records import Event

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mlfn_localstack.service import Operation, Params, RequestContext, Result
    from mlfn_localstack.services.s3.model import S3State, Version
    from mlfn_localstack.services.s3.notifying import Notifier

_ARCHIVES = ("GLACIER", "DEEP_ARCHIVE")
_UNREADABLE = "The operation is not valid for the object's storage class"


def check_readable(version: Version, message: str = _UNREADABLE) -> None:
    """Refuse to read what lies in an archive.

    Raises:
        ServiceError: InvalidObjectState.
    """
    storage = version.properties.get("StorageClass")
    if storage in _ARCHIVES and "Restore" not in version.properties:
        raise archived(message, storage)


def restore_status(version: Version) -> Result:
    """What lists say of an object that was restored, if it was."""
    shown = version.properties.get("Restore")
    if shown is None:
        return {}
    expires = parse_timestamp(str(shown).rpartition("expiry-date=")[2].strip('"'))
    return {"RestoreStatus": {"IsRestoreInProgress": False, "RestoreExpiryDate": expires}}


class RestoringOperations:
    """RestoreObject."""

    def __init__(self, state: S3State, notifier: Notifier) -> None:
        self._state = state
        self._notifier = notifier

    def operations(self) -> Mapping[str, Operation]:
        """The operation by name."""
        return {"RestoreObject": self.restore_object}

    async def restore_object(self, context: RequestContext, params: Params) -> Result:
        """A copy that can be read, at once, for so many days; another request makes it more or less."""
        version = self._state.find(params["Bucket"], params["Key"], params.get("VersionId"), method="POST")
        storage = version.properties.get("StorageClass", "STANDARD")
        if storage not in _ARCHIVES:
            raise archived("Restore is not allowed for the object's current storage class")
        wanted = params.get("RestoreRequest", {})
        if wanted.get("Type") or "SelectParameters" in wanted:
            message = "The emulator does not restore by S3 Select."
            raise ServiceError("NotImplemented", message, status=501)
        if not isinstance(wanted.get("Days"), int) or wanted["Days"] < 1:
            raise malformed_xml()
        until = midnight_after(datetime.now(UTC), wanted["Days"])
        shown = f'ongoing-request="false", expiry-date="{format_timestamp(until, "rfc822")}"'
        restored = replace(version, properties=version.properties | {"Restore": shown})
        self._state.add(restored)
        bucket = self._state.bucket(version.bucket)
        self._notifier.tell(context, bucket, Event.RESTORE, version)
        self._notifier.tell(context, bucket, Event.RESTORED, restored, until=until)
        return {"HttpStatus": 200 if "Restore" in version.properties else 202}
