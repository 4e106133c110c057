"""What S3 tells of an object: the record for queues, topics and functions, and the event for EventBridge.

https://docs.aws.amazon.com/AmazonS3/latest/userguide/notification-content-structure.html
https://docs.aws.amazon.com/AmazonS3/latest/userguide/ev-events.html
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Any
from urllib.parse import quote_plus

from mlfn_localstack.auth.principals import ANONYMOUS

if TYPE_CHECKING:
    from mlfn_localstack.service import RequestContext
    from mlfn_localstack.services.s3.model import Version

PRINCIPAL = "s3.amazonaws.com"
"""Who tells, and who does what lifecycle rules ask for."""
EMPTY_ETAG = "d41d8cd98f00b204e9800998ecf8427e"
_LATER_VERSION = "2.3"
"""Of records about tags, access lists and lifecycles, which came to be later than the others."""


class Event(StrEnum):
    """What can happen to an object here."""

    PUT = "ObjectCreated:Put"
    POST = "ObjectCreated:Post"
    COPY = "ObjectCreated:Copy"
    COMPLETE = "ObjectCreated:CompleteMultipartUpload"
    DELETE = "ObjectRemoved:Delete"
    MARK = "ObjectRemoved:DeleteMarkerCreated"
    TAG = "ObjectTagging:Put"
    UNTAG = "ObjectTagging:Delete"
    ACL = "ObjectAcl:Put"
    RESTORE = "ObjectRestore:Post"
    RESTORED = "ObjectRestore:Completed"
    EXPIRED = "LifecycleExpiration:Delete"
    EXPIRED_BY_MARK = "LifecycleExpiration:DeleteMarkerCreated"


_EXPIRY = "Lifecycle Expiration"
_ON_BUS: dict[Event, tuple[str, dict[str, str]]] = {
    Event.PUT: ("Object Created", {"reason": "PutObject"}),
    Event.POST: ("Object Created", {"reason": "POST Object"}),
    Event.COPY: ("Object Created", {"reason": "CopyObject"}),
    Event.COMPLETE: ("Object Created", {"reason": "CompleteMultipartUpload"}),
    Event.DELETE: ("Object Deleted", {"reason": "DeleteObject", "deletion-type": "Permanently Deleted"}),
    Event.MARK: ("Object Deleted", {"reason": "DeleteObject", "deletion-type": "Delete Marker Created"}),
    Event.EXPIRED: ("Object Deleted", {"reason": _EXPIRY, "deletion-type": "Permanently Deleted"}),
    Event.EXPIRED_BY_MARK: ("Object Deleted", {"reason": _EXPIRY, "deletion-type": "Delete Marker Created"}),
    Event.TAG: ("Object Tags Added", {}),
    Event.UNTAG: ("Object Tags Deleted", {}),
    Event.ACL: ("Object ACL Updated", {}),
    Event.RESTORE: ("Object Restore Initiated", {}),
    Event.RESTORED: ("Object Restore Completed", {}),
}
"""How EventBridge calls it, and what its event says beside."""
_CREATED = (Event.PUT, Event.POST, Event.COPY, Event.COMPLETE)
_RESTORING = (Event.RESTORE, Event.RESTORED)
_LATER = (Event.TAG, Event.UNTAG, Event.ACL)
_EXPIRING = (Event.EXPIRED, Event.EXPIRED_BY_MARK)


@dataclass(frozen=True, slots=True, kw_only=True)
class Happening:
    """Something that happened to a version of an object."""

    event: Event
    version: Version
    is_versioned: bool
    number: int
    """Later ones have higher ones, per key."""
    until: datetime | None = None
    """When what was restored is gone again."""


def now_text() -> str:
    """The time, to the millisecond."""
    return _text(datetime.now(UTC))


def _text(moment: datetime) -> str:
    return f"{moment.isoformat(timespec='milliseconds').removesuffix('+00:00')}Z"


def record(happening: Happening, context: RequestContext, rule_id: str) -> str:
    """What queues, topics and functions get."""
    bucket, later = happening.version.bucket, happening.event in _LATER
    about = {name: value for name, value in _object(happening).items() if not later or name != "sequencer"}
    about["key"] = quote_plus(happening.version.key, safe="/*")
    shown: dict[str, Any] = {
        "eventVersion": _LATER_VERSION if later or happening.event in _EXPIRING else "2.1",
        "eventSource": "aws:s3",
        "awsRegion": context.region,
        "eventTime": now_text(),
        "eventName": str(happening.event),
        "userIdentity": {"principalId": _principal(context)},
        "requestParameters": {"sourceIPAddress": _source(context)},
        "responseElements": {"x-amz-request-id": context.request_id, "x-amz-id-2": context.request_id},
        "s3": {
            "s3SchemaVersion": "1.0",
            "configurationId": rule_id,
            "bucket": {
                "name": bucket,
                "ownerIdentity": {"principalId": context.account_id},
                "arn": f"arn:aws:s3:::{bucket}",
            },
            "object": about,
        },
    }
    if happening.until is not None:
        told = {
            "lifecycleRestorationExpiryTime": _text(happening.until),
            "lifecycleRestoreStorageClass": happening.version.properties["StorageClass"],
        }
        shown["glacierEventData"] = {"restoreEventData": told}
    return json.dumps({"Records": [shown]}, separators=(",", ":"))


def bus_entry(happening: Happening, context: RequestContext) -> dict[str, Any]:
    """What EventBridge gets, as PutEvents takes it."""
    kind, more = _ON_BUS[happening.event]
    names = {"eTag": "etag", "versionId": "version-id"}
    about = {names.get(name, name): value for name, value in _object(happening).items()}
    if happening.event in (*_LATER, *_RESTORING):
        del about["sequencer"]
    if happening.event in _RESTORING:
        more = {**more, "source-storage-class": happening.version.properties["StorageClass"]}
    if happening.until is not None:
        more["restore-expiry-time"] = f"{happening.until:%Y-%m-%dT%H:%M:%SZ}"
    by_itself = happening.event in _EXPIRING
    detail = {
        "version": "0",
        "bucket": {"name": happening.version.bucket},
        "object": about,
        "request-id": context.request_id,
        "requester": context.caller.arn if by_itself else context.account_id,
        **({} if by_itself else {"source-ip-address": _source(context)}),
        **more,
    }
    return {
        "Source": "aws.s3",
        "DetailType": kind,
        "Detail": json.dumps(detail),
        "Resources": [f"arn:aws:s3:::{happening.version.bucket}"],
    }


def trial(bucket: str, context: RequestContext) -> str:
    """What queues and topics get when they are configured, so that S3 knows that it may."""
    shown = {
        "Service": "Amazon S3",
        "Event": "s3:TestEvent",
        "Time": now_text(),
        "Bucket": bucket,
        "RequestId": context.request_id,
        "HostId": context.request_id,
    }
    return json.dumps(shown, separators=(",", ":"))


def _object(happening: Happening) -> dict[str, Any]:
    version = happening.version
    shown: dict[str, Any] = {"key": version.key}
    if happening.event in (*_CREATED, *_RESTORING):
        shown["size"] = version.size
    if happening.event in (Event.MARK, Event.EXPIRED_BY_MARK):
        shown["eTag"] = EMPTY_ETAG
    elif happening.event not in (Event.DELETE, Event.EXPIRED):
        shown["eTag"] = version.etag
    if happening.is_versioned:
        shown["versionId"] = version.version
    return shown | {"sequencer": f"{happening.number:018X}"}


def _principal(context: RequestContext) -> str:
    if context.caller.arn == ANONYMOUS:
        return "Anonymous"
    return PRINCIPAL if context.caller.arn == PRINCIPAL else f"AWS:{context.caller.user_id}"


def _source(context: RequestContext) -> str:
    """The client's address, or which service it was."""
    return context.source_ip or context.caller.arn
