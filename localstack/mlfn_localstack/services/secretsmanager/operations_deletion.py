"""DeleteSecret and RestoreSecret."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from mlfn_localstack.services.secretsmanager import errors
from mlfn_localstack.services.secretsmanager.model import check_id

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mlfn_localstack.service import Operation, Params, RequestContext, Result
    from mlfn_localstack.services.secretsmanager.model import SecretState

_DAY_S = 86_400
_DEFAULT_WINDOW_DAYS = 30


class DeletionOperations:
    """Secrets that are to go, at once or after a while."""

    def __init__(self, state: SecretState) -> None:
        self._state = state

    def operations(self) -> Mapping[str, Operation]:
        """By name."""
        return {"DeleteSecret": self.delete, "RestoreSecret": self.restore}

    async def delete(self, _context: RequestContext, params: Params) -> Result:
        """When a secret will be gone."""
        window, force = params.get("RecoveryWindowInDays"), params.get("ForceDeleteWithoutRecovery", False)
        if force and window is not None:
            raise errors.invalid("You can't use ForceDeleteWithoutRecovery in conjunction with RecoveryWindowInDays.")
        if window is not None and not 7 <= window <= 30:
            raise errors.invalid("The RecoveryWindowInDays value must be between 7 and 30 days (inclusive).")
        return self._at_once(params["SecretId"]) if force else self._later(params["SecretId"], window)

    def _at_once(self, given: str) -> Result:
        """A secret that was not there is gone, too."""
        secret = self._state.find(given)
        if secret is None:
            check_id(given)
            arn = given if given.startswith("arn:") else self._state.new_arn(given)
            return {"ARN": arn, "Name": given.split(":", 6)[-1], "DeletionDate": time.time()}
        self._state.delete(secret)
        return {"ARN": secret["ARN"], "Name": secret["Name"], "DeletionDate": time.time()}

    def _later(self, given: str, window: int | None) -> Result:
        secret = self._state.usable(given)
        due = time.time() + (window or _DEFAULT_WINDOW_DAYS) * _DAY_S
        self._state.save(secret | {"DeletedDate": due})
        return {"ARN": secret["ARN"], "Name": secret["Name"], "DeletionDate": due}

    async def restore(self, _context: RequestContext, params: Params) -> Result:
        """A secret that stays after all."""
        secret = self._state.secret(params["SecretId"])
        secret.pop("DeletedDate", None)
        self._state.save(secret)
        return {"ARN": secret["ARN"], "Name": secret["Name"]}
