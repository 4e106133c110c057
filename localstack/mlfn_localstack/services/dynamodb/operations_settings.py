"""Time to live, backups, tags, resource policies, limits and endpoints."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from mlfn_localstack.service import ServiceError
from mlfn_localstack.services.dynamodb import tags
from mlfn_localstack.services.dynamodb.errors import invalid, resource_not_found, validation
from mlfn_localstack.services.dynamodb.policies import check_policy

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mlfn_localstack.service import Params, Result
    from mlfn_localstack.services.dynamodb.database import Database, SyncOperation
    from mlfn_localstack.services.dynamodb.model import Table

_ACCOUNT_UNITS = 80_000
_TABLE_UNITS = 40_000
_MAX_RECOVERY_DAYS = 35
_NO_POLICY = "NO_POLICY"
_FIRST_REVISION = "1"
"""Of a policy that came with its table."""


def operations(database: Database) -> Mapping[str, SyncOperation]:
    """This group's operations."""
    settings = SettingOperations(database)
    return {
        "UpdateTimeToLive": settings.update_time_to_live,
        "DescribeTimeToLive": settings.describe_time_to_live,
        "UpdateContinuousBackups": settings.update_backups,
        "DescribeContinuousBackups": settings.describe_backups,
        "TagResource": settings.tag,
        "UntagResource": settings.untag,
        "ListTagsOfResource": settings.list_tags,
        "PutResourcePolicy": settings.put_policy,
        "GetResourcePolicy": settings.get_policy,
        "DeleteResourcePolicy": settings.delete_policy,
        "DescribeLimits": _limits,
        "DescribeEndpoints": _endpoints(database.region),
    }


class SettingOperations:
    """Operations on what surrounds a table."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._tables = database.tables

    def update_time_to_live(self, params: Params) -> Result:
        """Switch the removal of expired items on or off."""
        table = self._tables.named(params.get("TableName"))
        self._database.keys.check(table)
        wanted = params.get("TimeToLiveSpecification") or {}
        attribute, enabled = wanted.get("AttributeName"), bool(wanted.get("Enabled"))
        if not attribute:
            raise invalid("TimeToLiveSpecification must have an AttributeName")
        if enabled and table.ttl_attribute:
            already = "TimeToLive is already enabled"
            raise validation(already if table.ttl_attribute == attribute else _active_on(table.ttl_attribute))
        if not enabled and table.ttl_attribute is None:
            raise validation("TimeToLive is already disabled")
        if not enabled and table.ttl_attribute != attribute:
            raise validation(_active_on(str(table.ttl_attribute)))
        changed = replace(table, ttl_attribute=attribute if enabled else None)
        self._tables.save(changed)
        self._database.items.mark_expiry(changed)
        return {"TimeToLiveSpecification": {"AttributeName": attribute, "Enabled": enabled}}

    def describe_time_to_live(self, params: Params) -> Result:
        """Whether expired items are removed, and by which attribute."""
        table = self._tables.named(params.get("TableName"))
        if table.ttl_attribute is None:
            return {"TimeToLiveDescription": {"TimeToLiveStatus": "DISABLED"}}
        description = {"TimeToLiveStatus": "ENABLED", "AttributeName": table.ttl_attribute}
        return {"TimeToLiveDescription": description}

    def update_backups(self, params: Params) -> Result:
        """Switch point-in-time recovery on or off (the setting; the emulator keeps no past states)."""
        table = self._backed_up(params)
        wanted = params.get("PointInTimeRecoverySpecification") or {}
        if not wanted.get("PointInTimeRecoveryEnabled") and "RecoveryPeriodInDays" in wanted:
            what = "Cannot specify RecoveryPeriodInDays when disabling point-in-time recovery."
            raise validation(f"Invalid Request: {what}")
        days = wanted.get("RecoveryPeriodInDays", _MAX_RECOVERY_DAYS)
        changed = replace(table, backups=bool(wanted.get("PointInTimeRecoveryEnabled")), recovery_days=days)
        self._tables.save(changed)
        return {"ContinuousBackupsDescription": _backups(changed)}

    def describe_backups(self, params: Params) -> Result:
        """Whether point-in-time recovery is on."""
        return {"ContinuousBackupsDescription": _backups(self._backed_up(params))}

    def tag(self, params: Params) -> Result:
        """Add or replace tags."""
        given = params.get("Tags") or ()
        if not given:
            raise validation("Atleast one Tag needs to be provided as Input.")
        table = self._by_arn(params)
        self._tables.save(replace(table, tags=tags.added(table.tags, given)))
        return {}

    def untag(self, params: Params) -> Result:
        """Remove tags."""
        keys = params.get("TagKeys") or ()
        if not keys:
            raise validation("Atleast one Tag Key needs to be provided as Input.")
        table = self._by_arn(params)
        self._tables.save(replace(table, tags=tags.removed(table.tags, keys)))
        return {}

    def list_tags(self, params: Params) -> Result:
        """The tags of a table."""
        return {"Tags": [{"Key": key, "Value": value} for key, value in self._by_arn(params).tags]}

    def put_policy(self, params: Params) -> Result:
        """Attach a resource policy; the same one again changes nothing."""
        table = self._with_policy(params)
        _check_revision(table, params.get("ExpectedRevisionId"))
        policy = str(params.get("Policy") or "")
        check_policy(policy)
        if policy != table.policy:
            table = replace(table, policy=policy, policy_revision=_next_revision(table))
            self._tables.save(table)
        return {"RevisionId": table.policy_revision}

    def get_policy(self, params: Params) -> Result:
        """The resource policy."""
        table = self._with_policy(params)
        if table.policy is None:
            raise _no_policy(table.arn)
        return {"Policy": table.policy, "RevisionId": table.policy_revision or _FIRST_REVISION}

    def delete_policy(self, params: Params) -> Result:
        """Detach the resource policy."""
        table = self._with_policy(params)
        _check_revision(table, params.get("ExpectedRevisionId"))
        self._tables.save(replace(table, policy=None))
        return {} if table.policy is None else {"RevisionId": table.policy_revision or _FIRST_REVISION}

    def _with_policy(self, params: Params) -> Table:
        """The table whose policy is meant."""
        arn = _table_arn(params)
        table = self._at(arn)
        if table is None:
            raise resource_not_found(arn.rpartition(":table/")[2])
        return table

    def _by_arn(self, params: Params) -> Table:
        arn = _table_arn(params)
        table = self._at(arn)
        if table is None:
            error = resource_not_found()
            raise ServiceError(error.code, f"Requested resource not found: ResourcArn: {arn} not found")
        return table

    def _at(self, arn: str) -> Table | None:
        return next((table for table in self._tables.all() if table.arn == arn), None)

    def _backed_up(self, params: Params) -> Table:
        try:
            return self._tables.named(params.get("TableName"))
        except ServiceError as error:
            if error.code != "ResourceNotFoundException":
                raise
            raise ServiceError("TableNotFoundException", f"Table not found: {params.get('TableName')}") from None


def _table_arn(params: Params) -> str:
    """The ResourceArn, which has to be a table's."""
    arn = str(params.get("ResourceArn") or "")
    if not arn.startswith("arn:"):
        raise invalid(f"ARNs must start with 'arn:': {arn}")
    if arn.split(":")[2:3] != ["dynamodb"]:
        raise invalid(f"Provided Arn is not a DynamoDB resource arn: {arn}")
    if "/index/" in arn:
        only = "Invalid resource arn provided, only table or stream is accepted."
        raise invalid(f"{only} Provided resource arn: {arn}")
    return arn


def _active_on(attribute: str) -> str:
    return f"TimeToLive is active on a different AttributeName: current AttributeName is {attribute}"


def _backups(table: Table) -> dict[str, Any]:
    recovery: dict[str, Any] = {"PointInTimeRecoveryStatus": "ENABLED" if table.backups else "DISABLED"}
    if table.backups:
        now = time.time()
        earliest = max(table.created_at, now - table.recovery_days * 86_400)
        recovery |= {
            "RecoveryPeriodInDays": table.recovery_days,
            "EarliestRestorableDateTime": int(earliest),
            "LatestRestorableDateTime": int(max(earliest, now - 300)),
        }
    return {"ContinuousBackupsStatus": "ENABLED", "PointInTimeRecoveryDescription": recovery}


def _check_revision(table: Table, expected: str | None) -> None:
    """Refuse a change of another policy than the expected one."""
    if expected is None or (expected == _NO_POLICY and table.policy is None):
        return
    found = table.policy_revision or _FIRST_REVISION
    if table.policy is None:
        raise _no_policy(table.arn)
    if expected == _NO_POLICY:
        none = f"Requested policy update expecting none to be present for table {table.name}"
        raise _no_policy(f"{none}, but a policy exists with revision id {found}.")
    if expected != found:
        wanted = f"Requested update for policy with revision id {expected}"
        raise _no_policy(f"{wanted}, but the policy associated to target table {table.name} has revision id {found}.")


def _no_policy(detail: str) -> ServiceError:
    what = "Resource-based policy not found for the provided ResourceArn"
    return ServiceError("PolicyNotFoundException", f"{what}: {detail}")


def _next_revision(table: Table) -> str:
    """Revisions are times, and each is later than the one before."""
    return str(max(int(time.time() * 1000), int(table.policy_revision or 0) + 1))


def _limits(_: Params) -> Result:
    return {
        "AccountMaxReadCapacityUnits": _ACCOUNT_UNITS,
        "AccountMaxWriteCapacityUnits": _ACCOUNT_UNITS,
        "TableMaxReadCapacityUnits": _TABLE_UNITS,
        "TableMaxWriteCapacityUnits": _TABLE_UNITS,
    }


def _endpoints(region: str) -> SyncOperation:
    def describe(_: Params) -> Result:
        return {"Endpoints": [{"Address": f"dynamodb.{region}.amazonaws.com", "CachePeriodInMinutes": 1440}]}

    return describe
