"""ListSecretVersionIds and UpdateSecretVersionStage."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from mlfn_localstack.services.secretsmanager import errors, staging
from mlfn_localstack.services.secretsmanager.paging import page

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mlfn_localstack.service import Operation, Params, RequestContext, Result
    from mlfn_localstack.services.secretsmanager.model import Secret, SecretState

_OWN_KEY = "DefaultEncryptionKey"
"""What this operation calls the key that AWS manages."""


class VersionOperations:
    """Which versions there are, and which of them is what."""

    def __init__(self, state: SecretState) -> None:
        self._state = state

    def operations(self) -> Mapping[str, Operation]:
        """By name."""
        return {"ListSecretVersionIds": self.list, "UpdateSecretVersionStage": self.move}

    async def list(self, _context: RequestContext, params: Params) -> Result:
        """A secret's versions; those without a label if they are asked for."""
        secret = self._state.secret(params["SecretId"])
        entries = [
            {
                "VersionId": name,
                "CreatedDate": version["CreatedDate"],
                "KmsKeyIds": [version.get("Key", _OWN_KEY)],
                **({"LastAccessedDate": version["LastAccessedDate"]} if "LastAccessedDate" in version else {}),
                **({"VersionStages": sorted(version["Stages"])} if version["Stages"] else {}),
            }
            for name, version in secret["Versions"].items()
            if version["Stages"] or params.get("IncludeDeprecated")
        ]
        return page(params, "Versions", entries) | {"ARN": secret["ARN"], "Name": secret["Name"]}

    async def move(self, _context: RequestContext, params: Params) -> Result:
        """A secret one of whose labels is on another version."""
        secret, stage = self._state.usable(params["SecretId"]), params["VersionStage"]
        to, source = params.get("MoveToVersionId"), params.get("RemoveFromVersionId")
        for name in (to, source):
            if name is not None and name not in secret["Versions"]:
                raise errors.no_value("VersionId", name)
        _check_move(secret, stage, to, source)
        staging.move(secret, stage, to)
        secret["LastChangedDate"] = time.time()
        self._state.save(secret)
        return {"ARN": secret["ARN"], "Name": secret["Name"]}


def _check_move(secret: Secret, stage: str, to: str | None, source: str | None) -> None:
    holder = staging.holder_of(secret, stage)
    if to is None and (source is None or stage == staging.CURRENT):
        raise errors.invalid(f"The staging label {stage} must be moved to a version: name it in MoveToVersionId.")
    if holder in (None, to, source):
        return
    if source is None:
        raise errors.invalid(
            f"The parameter RemoveFromVersionId can't be empty. Staging label {stage} is currently attached to version "
            f"{holder}, so you must explicitly reference that version in RemoveFromVersionId."
        )
    raise errors.invalid(f"Staging label {stage} is currently attached to version {holder}, not to {source}.")
