"""What lifecycle rules have to be: first their form, then what they say.

https://docs.aws.amazon.com/AmazonS3/latest/userguide/intro-lifecycle-rules.html
"""

from __future__ import annotations

import base64
import uuid
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from mlfn_localstack.protocols.timestamps import format_timestamp
from mlfn_localstack.protocols.xml_values import malformed_xml
from mlfn_localstack.services.s3.errors import invalid_argument, invalid_request

if TYPE_CHECKING:
    from collections.abc import Iterator

Rule = dict[str, Any]

_MAX_RULES = 1_000
_MAX_ID = 255
_MAX_BYTES = 1_099_511_627_776_000
_MOVED_LATE = {"ONEZONE_IA": 30, "STANDARD_IA": 30}
_ACTIONS = {
    "AbortIncompleteMultipartUpload": "DaysAfterInitiation",
    "Expiration": "Days",
    "NoncurrentVersionExpiration": "NoncurrentDays",
    "NoncurrentVersionTransitions": "",
    "Transitions": "",
}
"""The actions, and the member of each that is to be positive."""


def check_lifecycle(configuration: dict[str, Any]) -> dict[str, Any]:
    """The configuration, with a name for every rule.

    Raises:
        ServiceError: MalformedXML, InvalidArgument or InvalidRequest.
    """
    rules = configuration.get("Rules", [])
    if not 1 <= len(rules) <= _MAX_RULES or not all(map(_is_well_formed, rules)):
        raise malformed_xml()
    _check_versions(rules)
    for rule in rules:
        _check_rule(rule)
    named = [{"ID": _made_name()} | rule for rule in rules]
    names = [rule["ID"] for rule in named]
    if len(set(names)) < len(names):
        message = "Rule ID must be unique. Found same ID for more than one rule"
        raise invalid_argument(message, name="ID", value=next(name for name in names if names.count(name) > 1))
    return {"Rules": named}


def _made_name() -> str:
    return base64.b64encode(str(uuid.uuid4()).encode()).decode()


def _is_well_formed(rule: Rule) -> bool:
    chosen = rule.get("Filter", {})
    moved: list[tuple[dict[str, Any], tuple[str, ...]]] = [
        (each, ("Days", "Date")) for each in rule.get("Transitions", [])
    ]
    moved += [(each, ("NoncurrentDays",)) for each in rule.get("NoncurrentVersionTransitions", [])]
    return (
        ("Filter" in rule) != ("Prefix" in rule)
        and rule.get("Status") in ("Enabled", "Disabled")
        and len(chosen) <= 1
        and ("And" not in chosen or _predicates(chosen["And"]) > 1)
        and len(rule.get("Expiration", {"": ""})) == 1
        and "NoncurrentDays" in rule.get("NoncurrentVersionExpiration", {"NoncurrentDays": 1})
        and all("StorageClass" in each and sum(name in each for name in names) == 1 for each, names in moved)
    )


def _predicates(both: dict[str, Any]) -> int:
    """How much an object has to be like: every tag counts."""
    return len(both.keys() - {"Tags"}) + len(both.get("Tags", []))


def _check_versions(rules: list[Rule]) -> None:
    """Rules with filters and rules with prefixes of their own do not go together."""
    if all("Filter" in rule for rule in rules) or not any("Filter" in rule for rule in rules):
        return
    if "Filter" in rules[0]:
        raise invalid_request(
            "Base level prefix cannot be used in Lifecycle V2, prefixes are only supported in the Filter."
        )
    raise invalid_request("Filter element can only be used in Lifecycle V2.")


def _check_rule(rule: Rule) -> None:
    if len(rule.get("ID", "")) > _MAX_ID:
        message = f"ID length should not exceed allowed limit of {_MAX_ID}"
        raise invalid_argument(message, name="ID", value=rule["ID"])
    _check_filter(rule)
    if not any(name in rule for name in _ACTIONS):
        raise invalid_request("At least one action needs to be specified in a rule")
    for date in (each["Date"] for each in _dated(rule) if "Date" in each):
        if date.astimezone(UTC).time() != datetime.min.time():
            value = format_timestamp(date, "iso8601")
            raise invalid_argument("'Date' must be at midnight GMT", name="Date", value=value)
    for action, member in _ACTIONS.items():
        if member and rule.get(action, {}).get(member, 1) < 1:
            message = f"'{member}' for {action} action must be a positive integer"
            raise invalid_argument(message, name=member, value=rule[action][member])
    _check_moves(rule)


def _dated(rule: Rule) -> Iterator[dict[str, Any]]:
    yield rule.get("Expiration", {})
    yield from rule.get("Transitions", [])


def _check_filter(rule: Rule) -> None:
    chosen = rule.get("Filter", {})
    chosen = chosen.get("And", chosen)
    keys = [tag["Key"] for tag in chosen.get("Tags", [])]
    if len(set(keys)) < len(keys):
        raise invalid_request("Duplicate Tag Keys are not allowed.")
    smaller, greater = chosen.get("ObjectSizeLessThan"), chosen.get("ObjectSizeGreaterThan")
    if smaller is not None and not 1 <= smaller <= _MAX_BYTES:
        raise invalid_request(f"'ObjectSizeLessThan' should be between 1 and {_MAX_BYTES}.")
    if smaller is not None and greater is not None and greater >= smaller:
        raise invalid_request("'ObjectSizeLessThan' has to be a value greater than 'ObjectSizeGreaterThan'.")
    picky = {
        "AbortIncompleteMultipartUpload": "AbortIncompleteMultipartUpload" in rule,
        "ExpiredObjectDeleteMarker": "ExpiredObjectDeleteMarker" in rule.get("Expiration", {}),
    }
    for action in (name for name, there in picky.items() if there):
        if keys or "Tag" in chosen:
            raise invalid_request(f"{action} cannot be specified with Tags.")
        if smaller is not None or greater is not None:
            raise invalid_request(f"{action} cannot be specified with Object Size.")


def _check_moves(rule: Rule) -> None:
    moves, expires = rule.get("Transitions", []), rule.get("Expiration", {})
    where = _named_filter(rule)
    classes = [move["StorageClass"] for move in moves]
    if len(set(classes)) < len(classes):
        message = f"'StorageClass' must be different for 'Transition' actions in same 'Rule' with {where}"
        raise invalid_request(message)
    if moves and len({name for each in _dated(rule) for name in each if name in ("Days", "Date")}) > 1:
        raise invalid_request(
            f"Found mixed 'Date' and 'Days' based Expiration and Transition actions in lifecycle rule for {where}"
        )
    for move in moves:
        least = _MOVED_LATE.get(move["StorageClass"], 0)
        if move.get("Days", least) < least:
            message = f"'Days' in Transition action must be greater than or equal to {least} for storageClass "
            raise invalid_argument(f"{message}'{move['StorageClass']}'", name="Days", value=move["Days"])
    latest = max((move["Days"] for move in moves if "Days" in move), default=-1)
    if expires.get("Days", latest + 1) <= latest:
        message = f"'Days' in the Expiration action for {where} must be greater than 'Days' in the Transition action"
        raise invalid_argument(message, name="Days", value=expires["Days"])


def _named_filter(rule: Rule) -> str:
    """A rule's objects, as refusals name them."""
    if "Prefix" in rule:
        return f"prefix '{rule['Prefix']}'"
    chosen = rule["Filter"].get("And", rule["Filter"])
    return f"filter '(prefix={chosen.get('Prefix', '')})'"
