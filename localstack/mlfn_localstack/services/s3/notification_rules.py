"""A bucket's notification configuration: what it has to be, and which of its parts an event concerns.

https://docs.aws.amazon.com/AmazonS3/latest/userguide/notification-how-to-filtering.html
"""

from __future__ import annotations

import uuid
from itertools import combinations
from typing import TYPE_CHECKING, Any, NamedTuple

from mlfn_localstack.protocols.xml_values import malformed_xml
from mlfn_localstack.services.s3.errors import invalid_argument

if TYPE_CHECKING:
    from collections.abc import Iterator

_PREFIX = "s3:"
_KINDS: dict[str, tuple[str, ...]] = {
    "ObjectCreated": ("Put", "Post", "Copy", "CompleteMultipartUpload"),
    "ObjectRemoved": ("Delete", "DeleteMarkerCreated"),
    "ObjectRestore": ("Post", "Completed", "Delete"),
    "Replication": (
        *("OperationFailedReplication", "OperationNotTracked", "OperationMissedThreshold"),
        "OperationReplicatedAfterThreshold",
    ),
    "LifecycleExpiration": ("Delete", "DeleteMarkerCreated"),
    "ObjectTagging": ("Put", "Delete"),
}
_EVENTS = frozenset(
    {
        *(f"{_PREFIX}{kind}:{name}" for kind, names in _KINDS.items() for name in ("*", *names)),
        *(f"{_PREFIX}{name}" for name in ("ReducedRedundancyLostObject", "LifecycleTransition", "IntelligentTiering")),
        f"{_PREFIX}ObjectAcl:Put",
    }
)
_TARGETS = {
    "TopicConfigurations": ("TopicArn", "Topic", "sns"),
    "QueueConfigurations": ("QueueArn", "Queue", "sqs"),
    "LambdaFunctionConfigurations": ("LambdaFunctionArn", "CloudFunction", "lambda"),
}
"""Member -> the member with its ARN, how refusals call that, and the service it has to be of."""
_ARN_PARTS = 6
_MAX_FILTER_BYTES = 1024

Rule = dict[str, Any]


class Destination(NamedTuple):
    """Where events of a rule go."""

    arn: str
    service: str
    rule: Rule


def destinations(configuration: dict[str, Any]) -> list[Destination]:
    """What the configuration names, but for EventBridge."""
    return [
        Destination(rule[arn], service, rule)
        for member, (arn, _, service) in _TARGETS.items()
        for rule in configuration.get(member, ())
    ]


def concerned(configuration: dict[str, Any], event: str, key: str) -> Iterator[Destination]:
    """Those destinations that are to hear of an event (`ObjectCreated:Put`) of a key."""
    kind = event.partition(":")[0]
    wanted = {f"{_PREFIX}{event}", f"{_PREFIX}{kind}:*"}
    for each in destinations(configuration):
        prefix, suffix = _affixes(each.rule)
        if not wanted.isdisjoint(each.rule["Events"]) and key.startswith(prefix) and key.endswith(suffix):
            yield each


def checked_configuration(configuration: dict[str, Any], region: str) -> dict[str, Any]:
    """The configuration as it is kept: each rule with a name, filters as S3 writes them.

    Raises:
        ServiceError: InvalidArgument or MalformedXML.
    """
    kept: dict[str, Any] = {}
    for member, (arn, shown, service) in _TARGETS.items():
        rules = configuration.get(member) or ()
        for rule in rules:
            _check_arn(rule.get(arn, ""), shown, service, region)
        if rules:
            kept[member] = [_checked_rule(rule) for rule in rules]
    for one, other in combinations([each.rule for each in destinations(kept)], 2):
        _check_overlap(one, other)
    return kept | ({"EventBridgeConfiguration": {}} if "EventBridgeConfiguration" in configuration else {})


def _check_arn(arn: str, shown: str, service: str, region: str) -> None:
    parts = arn.split(":", _ARN_PARTS - 1)
    if len(parts) != _ARN_PARTS or parts[0] != "arn" or parts[2] != service:
        raise invalid_argument("The ARN could not be parsed", name=shown, value=arn)
    if parts[3] != region:
        message = "The notification destination service region is not valid for the bucket location constraint"
        raise invalid_argument(message, name=shown, value=arn)


def _checked_rule(rule: Rule) -> Rule:
    if not rule.get("Events"):
        raise malformed_xml()
    for event in rule["Events"]:
        if event not in _EVENTS:
            raise invalid_argument("The event is not supported for notifications", name="Event", value=event)
    kept: Rule = {"Id": str(uuid.uuid4())} | rule
    filters = rule.get("Filter", {}).get("Key", {}).get("FilterRules", [])
    if filters:
        kept["Filter"] = {"Key": {"FilterRules": _checked_filters(filters)}}
    else:
        kept.pop("Filter", None)
    return kept


def _checked_filters(filters: list[dict[str, str]]) -> list[dict[str, str]]:
    for each in filters:
        name, value = each.get("Name", ""), each.get("Value")
        if name.lower() not in ("prefix", "suffix"):
            message = "filter rule name must be either prefix or suffix"
            raise invalid_argument(message, name="FilterRule.Name", value=name)
        if value is None:
            raise malformed_xml()
        if len(value.encode()) > _MAX_FILTER_BYTES:
            message = "Size of filter rule value cannot exceed 1024 bytes in UTF-8 representation"
            raise invalid_argument(message, name="FilterRule.Value", value=value)
    names = [each["Name"].capitalize() for each in filters]
    for name in set(names):
        if names.count(name) > 1:
            message = f"Cannot specify more than one {name.lower()} rule in a filter."
            raise invalid_argument(message, name="FilterRule.Name", value=name.lower())
    return [{"Name": name, "Value": each["Value"]} for name, each in zip(names, filters, strict=True)]


def _affixes(rule: Rule) -> tuple[str, str]:
    found = {
        each["Name"].capitalize(): each["Value"]
        for each in rule.get("Filter", {}).get("Key", {}).get("FilterRules", ())
    }
    return found.get("Prefix", ""), found.get("Suffix", "")


def _check_overlap(one: Rule, other: Rule) -> None:
    """Refuse two rules that would both tell of the same event of some key."""
    shared = [(a, b) for a in one["Events"] for b in other["Events"] if _same_event(a, b)]
    (prefix, suffix), (prefix_too, suffix_too) = _affixes(one), _affixes(other)
    prefixes = prefix.startswith(prefix_too) or prefix_too.startswith(prefix)
    suffixes = suffix.endswith(suffix_too) or suffix_too.endswith(suffix)
    if not shared or not prefixes or not suffixes:
        return
    message = "Configurations overlap. Configurations on the same bucket cannot share a common event type."
    if "Filter" in one or "Filter" in other:
        message = (
            "Configuration is ambiguously defined. Cannot have overlapping suffixes in two rules if the prefixes are "
            "overlapping for the same event type."
        )
    raise invalid_argument(message, name="Event", value=", ".join(shared[0]))


def _same_event(one: str, other: str) -> bool:
    kind, _, name = one.rpartition(":")
    kind_too, _, name_too = other.rpartition(":")
    return kind == kind_too and (name == name_too or "*" in (name, name_too))
