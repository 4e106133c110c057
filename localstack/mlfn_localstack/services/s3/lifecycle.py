"""Lifecycle rules: what they have to be, and when they say that an object expires (nothing carries them out).

https://docs.aws.amazon.com/AmazonS3/latest/userguide/intro-lifecycle-rules.html
"""

from __future__ import annotations

import secrets
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from mlfn_localstack.protocols.timestamps import format_timestamp, parse_timestamp
from mlfn_localstack.protocols.xml_values import malformed_xml
from mlfn_localstack.services.s3.errors import invalid_argument, invalid_request

if TYPE_CHECKING:
    from mlfn_localstack.service import Params
    from mlfn_localstack.services.s3.model import Bucket, Version

Rule = dict[str, Any]
_SMALLEST = "TransitionDefaultMinimumObjectSize"


def check_lifecycle(configuration: dict[str, Any]) -> dict[str, Any]:
    """The configuration, with a name for every rule.

    Raises:
        ServiceError: MalformedXML, InvalidArgument or InvalidRequest.
    """
    rules = [_checked(rule) for rule in configuration.get("Rules", [])]
    if not rules:
        raise malformed_xml()
    names = [rule["ID"] for rule in rules]
    if len(set(names)) < len(names):
        message = "Rule ID must be unique. Found same ID for more than one rule"
        raise invalid_argument(message, name="ID", value=next(name for name in names if names.count(name) > 1))
    return {"Rules": rules}


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
    date, name = min(dates)
    return {"Expiration": f'expiry-date="{format_timestamp(date, "rfc822")}", rule-id="{name}"'}


def _checked(rule: Rule) -> Rule:
    if ("Filter" in rule) == ("Prefix" in rule) or rule.get("Status") not in ("Enabled", "Disabled"):
        raise malformed_xml()
    _check_filter(rule.get("Filter", {}))
    if "NoncurrentVersionExpiration" in rule and not rule["NoncurrentVersionExpiration"]:
        raise malformed_xml()
    if len(rule.get("Expiration", {"": ""})) != 1:
        raise malformed_xml()
    dates = [rule.get("Expiration", {}), *rule.get("Transitions", [])]
    for date in (each["Date"] for each in dates if "Date" in each):
        if date.astimezone(UTC).time() != datetime.min.time():
            value = format_timestamp(date, "iso8601")
            raise invalid_argument("'Date' must be at midnight GMT", name="Date", value=value)
    return {"ID": secrets.token_urlsafe(30)} | rule


def _check_filter(chosen: dict[str, Any]) -> None:
    if len(chosen) > 1:
        raise malformed_xml()
    keys = [tag["Key"] for tag in chosen.get("And", {}).get("Tags", [])]
    if len(set(keys)) < len(keys):
        raise invalid_request("Duplicate Tag Keys are not allowed.")


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
