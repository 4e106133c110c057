"""GetSecretValue, BatchGetSecretValue and PutSecretValue."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from mlfn_localstack.service import ServiceError
from mlfn_localstack.services.secretsmanager import errors, staging
from mlfn_localstack.services.secretsmanager.filters import matches
from mlfn_localstack.services.secretsmanager.paging import page
from mlfn_localstack.services.secretsmanager.storing import is_valued, version_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mlfn_localstack.service import Operation, Params, RequestContext, Result
    from mlfn_localstack.services.secretsmanager.encryption import Encryption
    from mlfn_localstack.services.secretsmanager.model import Secret, SecretState
    from mlfn_localstack.services.secretsmanager.storing import Storing

_DAY_S = 86_400
_MAX_MANY = 20


class ValueOperations:
    """What secrets hold."""

    def __init__(self, state: SecretState, storing: Storing, encryption: Encryption) -> None:
        self._state = state
        self._storing = storing
        self._encryption = encryption

    def operations(self) -> Mapping[str, Operation]:
        """By name."""
        return {
            "BatchGetSecretValue": self.get_many,
            "GetSecretValue": self.get,
            "PutSecretValue": self.put,
        }

    async def get(self, context: RequestContext, params: Params) -> Result:
        """The value of a version: the current one, if none is named."""
        secret = self._state.usable(params["SecretId"])
        name = _wanted(secret, params)
        version = secret["Versions"][name]
        value = await self._encryption.opened(context, (secret["ARN"], name), version)
        self._note_access(secret["ARN"], name)
        return {
            "ARN": secret["ARN"],
            "Name": secret["Name"],
            "VersionId": name,
            "VersionStages": sorted(version["Stages"]),
            "CreatedDate": version["CreatedDate"],
            **value,
        }

    async def get_many(self, context: RequestContext, params: Params) -> Result:
        """The current values of the secrets that are named, or that filters find; each refusal is its own."""
        names, filters = params.get("SecretIdList"), params.get("Filters")
        if (names is None) == (filters is None):
            raise errors.invalid("Either 'SecretIdList' or 'Filters' must be provided, but not both.")
        if names is None:
            found = [secret for secret in self._state.all() if "DeletedDate" not in secret]
            names = [secret["ARN"] for secret in found if all(matches(secret, each) for each in filters or ())]
        result = page({"MaxResults": _MAX_MANY} | params, "SecretValues", names)
        values, refused = [], []
        for name in result["SecretValues"]:
            try:
                values.append(await self.get(context, {"SecretId": name}))
            except ServiceError as error:
                refused.append({"SecretId": name, "ErrorCode": error.code, "Message": error.message})
        return result | {"SecretValues": values, "Errors": refused}

    def _note_access(self, arn: str, name: str) -> None:
        """Secrets Manager tells the day of the last access, of a secret and of each of its versions."""
        secret = self._state.find(arn)  # it may not be as it was before its key was asked for
        version = None if secret is None else secret["Versions"].get(name)
        today = time.time() // _DAY_S * _DAY_S
        if secret is not None and version is not None and version.get("LastAccessedDate") != today:
            version["LastAccessedDate"] = today
            self._state.save(secret | {"LastAccessedDate": today})

    async def put(self, context: RequestContext, params: Params) -> Result:
        """A new version of a secret: the current one, if no labels are named."""
        secret = self._state.usable(params["SecretId"])
        version = version_of(params)
        if version is None:
            raise errors.refused("You must provide either SecretString or SecretBinary.")
        await self._storing.add(context, secret, version, params.get("VersionStages") or [staging.CURRENT])
        self._state.save(secret)
        name, _ = version
        stages = sorted(secret["Versions"][name]["Stages"])
        return {"ARN": secret["ARN"], "Name": secret["Name"], "VersionId": name, "VersionStages": stages}


def _wanted(secret: Secret, params: Params) -> str:
    """The id of the version that is asked for."""
    name, stage = params.get("VersionId"), params.get("VersionStage")
    if name is not None:
        version = secret["Versions"].get(name)
        if version is None or not is_valued(version):
            raise errors.no_value("VersionId", name)
        if stage is not None and stage not in version["Stages"]:
            raise errors.refused("You provided a VersionStage that is not associated to the provided VersionId.")
        return str(name)
    holder = staging.holder_of(secret, stage or staging.CURRENT)
    if holder is None or not is_valued(secret["Versions"][holder]):
        raise errors.no_value("staging label", stage or staging.CURRENT)
    return holder
