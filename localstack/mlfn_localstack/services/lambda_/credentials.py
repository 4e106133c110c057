"""The credentials a function runs with: its role's, assumed as Lambda does."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from mlfn_localstack.service import ServiceError
from mlfn_localstack.services.lambda_ import errors

if TYPE_CHECKING:
    from datetime import datetime

    from mlfn_localstack.service import Gateway

PRINCIPAL = "lambda.amazonaws.com"
REUSE_S = 900.0
"""New environments share credentials that are no older than this."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RoleCredentials:
    """Temporary credentials, and when they end (monotonic time)."""

    access_key: str
    secret_key: str
    session_token: str
    taken_at: float
    expires_at: float


class Credentials:
    """Assumes functions' roles, and remembers for a while."""

    def __init__(self, gateway: Gateway) -> None:
        self._gateway = gateway
        self._cache: dict[tuple[str, str], RoleCredentials] = {}

    async def of(self, role: str, function: str) -> RoleCredentials:
        """Credentials of a role for a function.

        Raises:
            ServiceError: AccessDeniedException or the like: the role is gone or does not trust Lambda.
        """
        cached = self._cache.get((role, function))
        if cached is not None and time.monotonic() - cached.taken_at < REUSE_S:
            return cached
        fresh = await self._assume(role, function)
        self._cache[role, function] = fresh
        return fresh

    async def check(self, role: str, function: str) -> None:
        """Refuse a role that Lambda may not assume, in CreateFunction's words."""
        try:
            self._cache[role, function] = await self._assume(role, function)
        except ServiceError as error:
            message = "The role defined for the function cannot be assumed by Lambda."
            raise errors.invalid_parameter(message) from error

    async def _assume(self, role: str, function: str) -> RoleCredentials:
        params = {"RoleArn": role, "RoleSessionName": function}
        answer = await self._gateway.call("sts", "AssumeRole", params, principal=PRINCIPAL)
        credentials = answer["Credentials"]
        expiration: datetime = credentials["Expiration"]
        now = time.monotonic()
        return RoleCredentials(
            access_key=credentials["AccessKeyId"],
            secret_key=credentials["SecretAccessKey"],
            session_token=credentials["SessionToken"],
            taken_at=now,
            expires_at=now + expiration.timestamp() - time.time(),
        )
