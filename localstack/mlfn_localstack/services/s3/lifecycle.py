"""Lifecycle rules: when they say that an object expires (nothing carries them out).

https://docs.aws.amazon.com/AmazonS3/latest/userguide/intro-lifecycle-rules.html
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from operator import itemgetter
from typing import TYPE_CHECKING, Any

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
    rules = bucket["Settings"].get("LifecycleConfiguration", {}).get("Rules", [])
    dates = [(date, rule["ID"]) for rule in rules if _matches(rule, version) and (date := _date(rule, version))]
    if not dates:
        return {}
    date, name = min(dates, key=itemgetter(0))
    return {"Expiration": f'expiry-date="{format_timestamp(date, "rfc822")}", rule-id="{name}"'}


def abortion(bucket: Bucket, upload: Upload) -> dict[str, Any]:
    """When a rule lets an upload go that is not completed, as answers show it; nothing where none does."""
    rules = bucket["Settings"].get("LifecycleConfiguration", {}).get("Rules", [])
    begun = datetime.fromtimestamp(upload["Initiated"], UTC)
    dates = [
        (midnight_after(begun, rule["AbortIncompleteMultipartUpload"]["DaysAfterInitiation"]), rule["ID"])
        for rule in rules
        if "DaysAfterInitiation" in rule.get("AbortIncompleteMultipartUpload", {})
        and rule["Status"] == "Enabled"
        and upload["Key"].startswith(_prefix(rule))
    ]
    if not dates:
        return {}
    date, name = min(dates, key=itemgetter(0))
    return {"AbortDate": date.timestamp(), "AbortRuleId": name}


def _prefix(rule: Rule) -> str:
    chosen = rule.get("Filter", rule)
    prefix: str = chosen.get("And", chosen).get("Prefix", "")
    return prefix


def _matches(rule: Rule, version: Version) -> bool:
    chosen = rule.get("Filter", {"Prefix": rule.get("Prefix", "")})
    chosen = chosen.get("And", chosen)
    wanted = [*chosen.get("Tags", []), *([chosen["Tag"]] if "Tag" in chosen else [])]
    tags = version.properties.get("Tags", {})
    return (
        rule["Status"] == "Enabled"
        and version.key.startswith(chosen.get("Prefix", ""))
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
