"""CreateSecret, UpdateSecret, DescribeSecret, ListSecrets."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from mlfn_localstack.services.events.tags import tag_list
from mlfn_localstack.services.secretsmanager import errors, staging
from mlfn_localstack.services.secretsmanager.filters import matches
from mlfn_localstack.services.secretsmanager.model import NAME
from mlfn_localstack.services.secretsmanager.operations_tags import tags_of
from mlfn_localstack.services.secretsmanager.paging import page
from mlfn_localstack.services.secretsmanager.storing import version_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mlfn_localstack.service import Operation, Params, RequestContext, Result
    from mlfn_localstack.services.secretsmanager.model import Secret, SecretState
    from mlfn_localstack.services.secretsmanager.storing import Storing, Value

_SHOWN = (
    "Description",
    "KmsKeyId",
    "RotationEnabled",
    "RotationLambdaARN",
    "RotationRules",
    "LastRotatedDate",
    "LastChangedDate",
    "LastAccessedDate",
    "DeletedDate",
    "NextRotationDate",
    "CreatedDate",
)
_SORTED_BY = {
    "created-date": "CreatedDate",
    "last-accessed-date": "LastAccessedDate",
    "last-changed-date": "LastChangedDate",
    "name": "Name",
}


class SecretOperations:
    """Secrets as a whole."""

    def __init__(self, state: SecretState, storing: Storing) -> None:
        self._state = state
        self._storing = storing

    def operations(self) -> Mapping[str, Operation]:
        """By name."""
        return {
            "CreateSecret": self.create,
            "UpdateSecret": self.update,
            "DescribeSecret": self.describe,
            "ListSecrets": self.list,
        }

    async def create(self, context: RequestContext, params: Params) -> Result:
        """A new secret; the same request once more gives the one that it made."""
        _check_new(params)
        name, version = params["Name"], version_of(params)
        existing = self._state.find(name)
        if existing is not None:
            return await self._same(context, existing, params)
        now = time.time()
        secret: Secret = {
            "ARN": self._state.new_arn(name),
            "Name": name,
            "Tags": tags_of(params),
            "CreatedDate": now,
            "LastChangedDate": now,
            "Versions": {},
            **{member: params[member] for member in ("Description", "KmsKeyId") if params.get(member)},
        }
        if version is not None:
            await self._storing.add(context, secret, version, [staging.CURRENT])
        self._state.save(secret)
        return _named(secret, version)

    async def _same(self, context: RequestContext, existing: Secret, params: Params) -> Result:
        if "DeletedDate" in existing:
            message = "You can't create this secret because a secret with this name is already scheduled for deletion."
            raise errors.refused(message)
        version = version_of(params)
        if version is None or not await self._storing.has(context, existing, *version):
            raise errors.exists(existing["Name"])
        return _named(existing, version)

    async def update(self, context: RequestContext, params: Params) -> Result:
        """A secret with another description, key or value."""
        secret, version = self._state.usable(params["SecretId"]), version_of(params)
        if "Description" in params:
            secret["Description"] = params["Description"]
        if params.get("KmsKeyId") and params["KmsKeyId"] != secret.get("KmsKeyId"):
            secret["KmsKeyId"] = params["KmsKeyId"]
            await self._storing.reseal(context, secret)
        if version is not None:
            await self._storing.add(context, secret, version, [staging.CURRENT])
        secret["LastChangedDate"] = time.time()
        self._state.save(secret)
        return _named(secret, version)

    async def describe(self, _context: RequestContext, params: Params) -> Result:
        """Everything about a secret but its value."""
        secret = self._state.secret(params["SecretId"])
        return _described(secret, "VersionIdsToStages")

    async def list(self, _context: RequestContext, params: Params) -> Result:
        """Secrets without their values, the newest first."""
        member = _SORTED_BY[params.get("SortBy") or "created-date"]
        found = [secret for secret in self._state.all() if _is_listed(secret, params)]
        found.sort(key=lambda secret: secret.get(member, 0), reverse=params.get("SortOrder") != "asc")
        entries = [_described(secret, "SecretVersionsToStages") for secret in found]
        return page(params, "SecretList", entries)


def _check_new(params: Params) -> None:
    if not NAME.fullmatch(params["Name"]):  # an ARN is no name here
        raise errors.invalid_name()
    for member in ("AddReplicaRegions", "Type"):
        if params.get(member):
            raise errors.invalid(f"The emulator does not support {member}.")


def _is_listed(secret: Secret, params: Params) -> bool:
    is_there = "DeletedDate" not in secret or params.get("IncludePlannedDeletion", False)
    return bool(is_there and all(matches(secret, each) for each in params.get("Filters") or ()))


def _described(secret: Secret, stages_member: str) -> Result:
    shown = {member: secret[member] for member in _SHOWN if member in secret}
    if secret["Tags"] or secret.get("WasTagged"):
        shown["Tags"] = tag_list(secret["Tags"])
    if staging.labelled(secret):
        shown[stages_member] = staging.labelled(secret)
    return {"ARN": secret["ARN"], "Name": secret["Name"], **shown}


def _named(secret: Secret, version: tuple[str, Value] | None) -> Result:
    made = {} if version is None else {"VersionId": version[0]}
    return {"ARN": secret["ARN"], "Name": secret["Name"], **made}
