"""Passwords for the registry."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mlfn_localstack.service import Environment, Operation, Params, RequestContext, Result
    from mlfn_localstack.services.ecr.passwords import Passwords


class AuthorizationOperations:
    """GetAuthorizationToken."""

    def __init__(self, environment: Environment, passwords: Passwords) -> None:
        self._endpoint = environment.endpoint
        self._passwords = passwords

    def operations(self) -> Mapping[str, Operation]:
        """The operations by name."""
        return {"GetAuthorizationToken": self.get_authorization_token}

    async def get_authorization_token(self, context: RequestContext, params: Params) -> Result:
        """A user and password for the registry, good for twelve hours."""
        password, ends = self._passwords.issue(context.caller)
        token = base64.b64encode(f"AWS:{password}".encode()).decode()
        return {
            "authorizationData": [{"authorizationToken": token, "expiresAt": ends, "proxyEndpoint": self._endpoint}]
        }
