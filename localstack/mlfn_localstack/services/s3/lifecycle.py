"""Lifecycle rules: when they say that an object expires, and what has.

https://docs.aws.amazon.com/AmazonS3/latest/userguide/intro-lifecycle-rules.html
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from operator import itemgetter
from typing import TYPE_CHECKING, Any, NamedTuple

from mlfn_localstack.protocols.timestamps import format_timestamp, parse_timestamp
from mlfn_localstack.services.s3.errors import invalid_request

if TYPE_CHECKING:
    from mlfn_localstack.service import Params
    from mlfn_localstack.services.s3.assembling import Upload
    from mlfn_localstack.services.s3.model import Bucket, Version

Rule = dict[str, Any]
_SMALLEST = "TransitionDefaultMinimumObjectSize"


def smallest_to_move(params: Params) -> dict[str, str]:
    """From which size on objects change their class: said beside the rules, and kept with them.

    Raises:
        ServiceError: InvalidRequest.
    """
    chosen = params.get(_SMALLEST, "all_storage_classes_128K")
    if chosen not in ("all_storage_classes_128K", "varies_by_storage_class"):
        raise invalid_request(f"Invalid {_SMALLEST} found: {chosen}")
    return {_SMALLEST: chosen}


def expiration(bucket: Bucket, version: Version) -> dict[str, str]:
    """When a rule says that the object expires, as answers show it; nothing where none does."""
    dates = [
        (date, rule["ID"])
        for rule in enabled_rules(bucket)
        if _matches(rule, version) and (date := _date(rule, version))
    ]
    if not dates:
        return {}
    date, name = min(dates, key=itemgetter(0))
    return {"Expiration": f'expiry-date="{format_timestamp(date, "rfc822")}", rule-id="{name}"'}


def abortion(bucket: Bucket, upload: Upload) -> dict[str, Any]:
    """When a rule lets an upload go that is not completed, as answers show it; nothing where none does."""
    begun = datetime.fromtimestamp(upload["Initiated"], UTC)
    dates = [
        (midnight_after(begun, rule["AbortIncompleteMultipartUpload"]["DaysAfterInitiation"]), rule["ID"])
        for rule in enabled_rules(bucket)
        if "DaysAfterInitiation" in rule.get("AbortIncompleteMultipartUpload", {})
        and upload["Key"].startswith(prefix_of(rule))
    ]
    if not dates:
        return {}
    date, name = min(dates, key=itemgetter(0))
    return {"AbortDate": date.timestamp(), "AbortRuleId": name}


def enabled_rules(bucket: Bucket) -> list[Rule]:
    """The rules that hold."""
    rules = bucket["Settings"].get("LifecycleConfiguration", {}).get("Rules", [])
    return [rule for rule in rules if rule["Status"] == "Enabled"]


class Expired(NamedTuple):
    """What rules take of a key."""

    current: Version | None
    """The object, which goes or is hidden by a delete marker."""
    versions: tuple[Version, ...]
    """Those that go for good: noncurrent ones, and a delete marker that hides nothing any more."""


def expired(bucket: Bucket, versions: list[Version], moment: datetime) -> Expired:
    """What has expired of a key, of which these are the versions, the newest first."""
    if not versions:
        return Expired(None, ())
    rules, current = enabled_rules(bucket), versions[0]
    noncurrent = [
        version
        for newer, (successor, version) in enumerate(pairwise(versions))
        if any(_lets_go(rule, version, successor, newer, moment) for rule in rules)
    ]
    over = any(_matches(rule, current) and _is_over(rule, current, moment) for rule in rules)
    if not current.delete_marker:
        return Expired(current if over else None, tuple(noncurrent))
    markers = [rule for rule in rules if rule.get("Expiration", {}).get("ExpiredObjectDeleteMarker")]
    over |= any(_matches(rule, current) for rule in markers)
    return Expired(None, (current,) if over and len(versions) == 1 else tuple(noncurrent))


def _is_over(rule: Rule, version: Version, moment: datetime) -> bool:
    date = _date(rule, version)
    return date is not None and date <= moment


def _lets_go(rule: Rule, version: Version, successor: Version, newer: int, moment: datetime) -> bool:
    """Whether a rule lets a noncurrent version go, than which so many noncurrent ones are newer."""
    said = rule.get("NoncurrentVersionExpiration")
    if said is None or newer < said.get("NewerNoncurrentVersions", 0) or not _matches(rule, version):
        return False
    return midnight_after(datetime.fromtimestamp(successor.modified, UTC), said["NoncurrentDays"]) <= moment


def prefix_of(rule: Rule) -> str:
    """What the keys begin with that a rule is about."""
    chosen = rule.get("Filter", rule)
    prefix: str = chosen.get("And", chosen).get("Prefix", "")
    return prefix


def _matches(rule: Rule, version: Version) -> bool:
    chosen = rule.get("Filter", {"Prefix": rule.get("Prefix", "")})
    chosen = chosen.get("And", chosen)
    wanted = [*chosen.get("Tags", []), *([chosen["Tag"]] if "Tag" in chosen else [])]
    tags = version.properties.get("Tags", {})
    return (
        version.key.startswith(chosen.get("Prefix", ""))
        and all(tags.get(tag["Key"]) == tag["Value"] for tag in wanted)
        and version.size > chosen.get("ObjectSizeGreaterThan", -1)
        and version.size < chosen.get("ObjectSizeLessThan", version.size + 1)
    )


def _date(rule: Rule, version: Version) -> datetime | None:
    """The midnight from which the object is gone."""
    said = rule.get("Expiration", {})
    if "Date" in said:
        return parse_timestamp(said["Date"])
    if "Days" not in said:
        return None
    return midnight_after(datetime.fromtimestamp(version.modified, UTC), said["Days"])


def midnight_after(moment: datetime, days: int) -> datetime:
    """The midnight that so many whole days end at."""
    return (moment + timedelta(days=days + 1)).replace(hour=0, minute=0, second=0, microsecond=0)
