"""GetSecretValue and PutSecretValue."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from mlfn_localstack.services.secretsmanager import errors, staging
from mlfn_localstack.services.secretsmanager.storing import version_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mlfn_localstack.service import Operation, Params, RequestContext, Result
    from mlfn_localstack.services.secretsmanager.encryption import Encryption
    from mlfn_localstack.services.secretsmanager.model import Secret, SecretState
    from mlfn_localstack.services.secretsmanager.storing import Storing

_DAY_S = 86_400


class ValueOperations:
    """What secrets hold."""

    def __init__(self, state: SecretState, storing: Storing, encryption: Encryption) -> None:
        self._state = state
        self._storing = storing
        self._encryption = encryption

    def operations(self) -> Mapping[str, Operation]:
        """By name."""
        return {"GetSecretValue": self.get, "PutSecretValue": self.put}

    async def get(self, context: RequestContext, params: Params) -> Result:
        """The value of a version: the current one, if none is named."""
        secret = self._state.usable(params["SecretId"])
        name = _wanted(secret, params)
        version = secret["Versions"][name]
        value = await self._encryption.opened(context, (secret["ARN"], name), version)
        self._note_access(secret)
        return {
            "ARN": secret["ARN"],
            "Name": secret["Name"],
            "VersionId": name,
            "VersionStages": version["Stages"],
            "CreatedDate": version["CreatedDate"],
            **value,
        }

    def _note_access(self, secret: Secret) -> None:
        """Secrets Manager tells the day of the last access."""
        today = time.time() // _DAY_S * _DAY_S
        if secret.get("LastAccessedDate") != today:
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
        stages = secret["Versions"][name]["Stages"]
        return {"ARN": secret["ARN"], "Name": secret["Name"], "VersionId": name, "VersionStages": stages}


def _wanted(secret: Secret, params: Params) -> str:
    """The id of the version that is asked for."""
    name, stage = params.get("VersionId"), params.get("VersionStage")
    if name is not None:
        version = secret["Versions"].get(name)
        if version is None:
            raise errors.no_value("VersionId", name)
        if stage is not None and stage not in version["Stages"]:
            raise errors.refused("You provided a VersionStage that is not associated to the provided VersionId.")
        return str(name)
    holder = staging.holder_of(secret, stage or staging.CURRENT)
    if holder is None:
        raise errors.no_value("staging label", stage or staging.CURRENT)
    return holder
