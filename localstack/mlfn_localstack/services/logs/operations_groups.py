"""Log groups, their retention and tags."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from mlfn_localstack.page_tokens import place_of
from mlfn_localstack.service import ServiceError
from mlfn_localstack.services.logs.errors import group_exists, invalid, key_refused
from mlfn_localstack.services.logs.model import Group, LogsState, now_ms
from mlfn_localstack.services.logs.names import check_name

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from mlfn_localstack.service import Gateway, Operation, Params, RequestContext, Result
    from mlfn_localstack.services.logs.metric_filters import MetricFilters
    from mlfn_localstack.services.logs.subscriptions import Subscriptions

_DEFAULT_PAGE = 50
_NOT_SEARCHED = ("storedBytes", "deletionProtectionEnabled")
"""What DescribeLogGroups does not tell of groups that it has searched for."""
_RETENTIONS = frozenset(
    {1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653}
)


class GroupOperations:
    """Create, describe, configure and delete groups."""

    def __init__(
        self, state: LogsState, subscriptions: Subscriptions, metric_filters: MetricFilters, gateway: Gateway
    ) -> None:
        self._state = state
        self._gateway = gateway
        self._subscriptions = subscriptions
        self._metric_filters = metric_filters

    def operations(self) -> Mapping[str, Operation]:
        """The operations by name."""
        return {
            "AssociateKmsKey": self.associate_kms_key,
            "CreateLogGroup": self.create_log_group,
            "DeleteLogGroup": self.delete_log_group,
            "DeleteRetentionPolicy": self.delete_retention_policy,
            "DisassociateKmsKey": self.disassociate_kms_key,
            "DescribeLogGroups": self.describe_log_groups,
            "ListLogGroups": self.list_log_groups,
            "ListTagsForResource": self.list_tags_for_resource,
            "ListTagsLogGroup": self.list_tags_for_resource,
            "PutRetentionPolicy": self.put_retention_policy,
            "TagLogGroup": self.tag_resource,
            "TagResource": self.tag_resource,
            "UntagLogGroup": self.untag_resource,
            "UntagResource": self.untag_resource,
        }

    async def create_log_group(self, context: RequestContext, params: Params) -> Result:
        """A new, empty group."""
        name = params["logGroupName"]
        check_name(name, "logGroupName")
        if self._state.groups.get(name) is not None:
            raise group_exists()
        if params.get("deletionProtectionEnabled"):
            raise invalid("The emulator does not support deletionProtectionEnabled of log groups.")
        group = {
            "logGroupName": name,
            "creationTime": now_ms(),
            "logGroupClass": params.get("logGroupClass", "STANDARD"),
            "tags": params.get("tags", {}),
        }
        if "kmsKeyId" in params:
            await self._check_key(name, params["kmsKeyId"])
            group["kmsKeyId"] = params["kmsKeyId"]
        self._state.groups.put(name, group)
        return {}

    async def describe_log_groups(self, context: RequestContext, params: Params) -> Result:
        """Groups by prefix or pattern, page by page."""
        prefix, part = params.get("logGroupNamePrefix", ""), params.get("logGroupNamePattern", "")
        if prefix and part:
            raise invalid("LogGroup name prefix and LogGroup name pattern are mutually exclusive parameters.")
        groups = [group for name, group in self._state.groups.items(prefix) if part.lower() in name.lower()]
        groups = groups if self._is_asked(params) else []
        start = place_of(params.get("nextToken")) or 0
        end = start + params.get("limit", _DEFAULT_PAGE)
        hidden = _NOT_SEARCHED if part else ()
        shown = [self._shown(group) for group in groups[start:end]]
        page: Result = {"logGroups": [{k: v for k, v in group.items() if k not in hidden} for group in shown]}
        return page | {"nextToken": str(end)} if end < len(groups) else page

    async def list_log_groups(self, context: RequestContext, params: Params) -> Result:
        """Names, ARNs and classes of the groups whose names fit a regular expression, page by page."""
        wanted = _pattern(params.get("logGroupNamePattern", ""))
        _check_list(params)
        kind, tags = params.get("logGroupClass"), params.get("logGroupTags", ())
        found = [group for name, group in self._state.groups.items() if wanted.search(name) and _has(group, tags)]
        found = found if self._is_asked(params) else []
        groups = [self._shown(group) for group in found if kind in (None, group["logGroupClass"])]
        start = place_of(params.get("nextToken")) or 0
        end = start + params.get("limit", _DEFAULT_PAGE)
        names = ("logGroupName", "logGroupArn", "logGroupClass")
        page: Result = {"logGroups": [{name: group[name] for name in names} for group in groups[start:end]]}
        return page | {"nextToken": str(end)} if end < len(groups) else page

    def _is_asked(self, params: Params) -> bool:
        """Whether this account is among those that are asked for; there are no others whose groups it sees."""
        return self._state.account_id in (params.get("accountIdentifiers") or [self._state.account_id])

    async def delete_log_group(self, context: RequestContext, params: Params) -> Result:
        """A group goes, with all its streams, events and subscription filters."""
        name = self._state.group(params)["logGroupName"]
        for document in self._subscriptions.filters(name):
            self._subscriptions.delete(document)
        for document in self._metric_filters.filters(name):
            self._metric_filters.delete(document)
        for stream in self._state.streams(name):
            self._state.remove_stream(name, stream.name)
        self._state.groups.delete(name)
        return {}

    async def put_retention_policy(self, context: RequestContext, params: Params) -> Result:
        """How many days events are kept."""
        days = params["retentionInDays"]
        if days not in _RETENTIONS:
            shown = ", ".join(map(str, sorted(_RETENTIONS)))
            raise invalid(
                f"1 validation error detected: Value '{days}' at 'retentionInDays' failed to satisfy constraint: "
                f"Member must satisfy enum value set: [{shown}]"
            )
        self._save(self._state.group(params) | {"retentionInDays": days})
        return {}

    async def delete_retention_policy(self, context: RequestContext, params: Params) -> Result:
        """Events are kept for good."""
        group = self._state.group(params)
        group.pop("retentionInDays", None)
        self._save(group)
        return {}

    async def associate_kms_key(self, context: RequestContext, params: Params) -> Result:
        """What comes from now on is encrypted with a key."""
        group = self._state.group(params)
        await self._check_key(group["logGroupName"], params["kmsKeyId"])
        self._save(group | {"kmsKeyId": params["kmsKeyId"]})
        return {}

    async def disassociate_kms_key(self, context: RequestContext, params: Params) -> Result:
        """What comes from now on is encrypted with a key of AWS's."""
        group = self._state.group(params)
        group.pop("kmsKeyId", None)
        self._save(group)
        return {}

    async def _check_key(self, name: str, key: str) -> None:
        """Return if CloudWatch Logs may use a key for a group's events."""
        arn = f"arn:aws:logs:{self._state.region}:{self._state.account_id}:log-group:{name}"
        asked = {"KeyId": key, "KeySpec": "AES_256", "EncryptionContext": {"aws:logs:arn": arn}}
        service = f"logs.{self._state.region}.amazonaws.com"
        try:
            await self._gateway.call("kms", "GenerateDataKeyWithoutPlaintext", asked, principal=service, source_arn=arn)
        except ServiceError as error:
            raise key_refused(arn) from error

    async def tag_resource(self, context: RequestContext, params: Params) -> Result:
        """Set tags."""
        group = self._state.group(params)
        self._save(group | {"tags": group["tags"] | params["tags"]})
        return {}

    async def untag_resource(self, context: RequestContext, params: Params) -> Result:
        """Remove tags."""
        group = self._state.group(params)
        gone = params["tagKeys"] if "tagKeys" in params else params["tags"]
        self._save(group | {"tags": {key: value for key, value in group["tags"].items() if key not in gone}})
        return {}

    async def list_tags_for_resource(self, context: RequestContext, params: Params) -> Result:
        """The tags."""
        return {"tags": self._state.group(params)["tags"]}

    def _save(self, group: Group) -> None:
        self._state.groups.put(group["logGroupName"], group)

    def _shown(self, group: Group) -> Result:
        name = group["logGroupName"]
        arn = f"arn:aws:logs:{self._state.region}:{self._state.account_id}:log-group:{name}"
        shown = {key: value for key, value in group.items() if key != "tags"}
        return shown | {
            "arn": f"{arn}:*",
            "logGroupArn": arn,
            "deletionProtectionEnabled": False,
            "metricFilterCount": len(self._metric_filters.filters(name)),
            "storedBytes": self._state.stored_bytes(name),
        }


def _check_list(params: Params) -> None:
    given = [member for member in ("dataSources", "fieldIndexNames") if params.get(member)]
    if given:
        raise invalid(f"The emulator does not support {given[0]} of lists of log groups.")


def _has(group: Group, tags: Sequence[Mapping[str, Any]]) -> bool:
    """Whether a group has all tags of a filter, with one of the values of each that names some."""
    own = group["tags"]
    return all(tag["key"] in own and own[tag["key"]] in (tag.get("values") or own.values()) for tag in tags)


def _pattern(text: str) -> re.Pattern[str]:
    """A pattern of group names: parts joined by `|`, each anywhere in the name or, after `^`, at its beginning."""
    parts = text.split("|")
    return re.compile(
        "|".join("^" + re.escape(part[1:]) if part.startswith("^") else re.escape(part) for part in parts)
    )
