"""RotateSecret and CancelRotateSecret."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from mlfn_localstack.services.events.schedules import ScheduleError, parse_schedule
from mlfn_localstack.services.secretsmanager import errors, staging
from mlfn_localstack.services.secretsmanager.rotation import pending_version, plan

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from mlfn_localstack.service import Operation, Params, RequestContext, Result
    from mlfn_localstack.services.secretsmanager.model import Secret, SecretState
    from mlfn_localstack.services.secretsmanager.rotation import Rotations

_EXTERNAL = ("ExternalSecretRotationMetadata", "ExternalSecretRotationRoleArn")


class RotationOperations:
    """New values made by functions."""

    def __init__(self, state: SecretState, rotations: Rotations, changed: Callable[[], None]) -> None:
        self._state = state
        self._rotations = rotations
        self._changed = changed

    def operations(self) -> Mapping[str, Operation]:
        """By name."""
        return {"CancelRotateSecret": self.cancel, "RotateSecret": self.rotate}

    async def rotate(self, _context: RequestContext, params: Params) -> Result:
        """The version that a rotation, which has just begun, will make."""
        token = params.get("ClientRequestToken")
        if not token:
            raise errors.no_token(is_rotation=True)
        _check_external(params)
        secret = self._state.usable(params["SecretId"])
        await self._rotations.check_function(secret, self._function(secret, params))
        secret = self._configured(params)
        unfinished = pending_version(secret)
        if unfinished is not None:
            if "Rotating" not in secret:
                self._rotations.begin(secret, unfinished)
            raise errors.refused("A previous rotation isn't complete. That rotation will be reattempted.")
        is_test = params.get("RotateImmediately") is False
        self._rotations.begin(secret, token, is_test=is_test)
        self._changed()
        made = {} if is_test else {"VersionId": token}
        return {"ARN": secret["ARN"], "Name": secret["Name"], **made}

    async def cancel(self, _context: RequestContext, params: Params) -> Result:
        """A secret that is not rotated any more, and whose rotation does not go on."""
        secret = self._state.usable(params["SecretId"])
        if "RotationLambdaARN" not in secret:
            raise errors.refused("You tried to cancel the rotation of a secret that is not configured for rotation.")
        secret.pop("Rotating", None)
        secret["RotationEnabled"] = False
        self._state.save(plan(secret, time.time()))
        version = pending_version(secret)
        return {"ARN": secret["ARN"], "Name": secret["Name"], **({"VersionId": version} if version else {})}

    def _function(self, secret: Secret, params: Params) -> str:
        arn = params.get("RotationLambdaARN") or secret.get("RotationLambdaARN")
        if arn is None:
            raise errors.refused("No Lambda rotation function ARN is associated with this secret.")
        if staging.holder_of(secret, staging.CURRENT) is None:
            raise errors.refused("You can't rotate a secret that has no value.")
        return str(arn)

    def _configured(self, params: Params) -> Secret:
        secret = self._state.usable(params["SecretId"])
        if params.get("RotationLambdaARN"):
            secret["RotationLambdaARN"] = params["RotationLambdaARN"]
        if params.get("RotationRules"):
            secret["RotationRules"] = _checked(params["RotationRules"])
        secret["RotationEnabled"] = True
        return plan(secret, time.time())


def _check_external(params: Params) -> None:
    for member in _EXTERNAL:
        if params.get(member):
            raise errors.invalid(f"The emulator does not support {member}: secrets are rotated by functions.")


def _checked(rules: Mapping[str, object]) -> Mapping[str, object]:
    """Rules that say once when to rotate."""
    if ("AutomaticallyAfterDays" in rules) is ("ScheduleExpression" in rules):
        message = "You must specify either AutomaticallyAfterDays or ScheduleExpression in RotationRules, but not both."
        raise errors.invalid(message)
    if "ScheduleExpression" in rules:
        try:
            parse_schedule(str(rules["ScheduleExpression"]))
        except ScheduleError as error:
            raise errors.invalid(f"Invalid ScheduleExpression: {error}.") from error
    return rules
