"""AWS_IAM routes: who signed, and whether their policies let them call this route."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlfn_localstack.auth.identities import Identities
from mlfn_localstack.auth.policy import AccessRequest, Decision, evaluate, parse_policy
from mlfn_localstack.auth.principals import PrincipalKind, principal_of
from mlfn_localstack.service import ServiceError

if TYPE_CHECKING:
    from mlfn_localstack.http import HttpRequest
    from mlfn_localstack.service import Caller, Environment

ACTION = "execute-api:Invoke"


class IamAccess:
    """Lets in callers whose signature holds and whose policies allow `execute-api:Invoke`."""

    def __init__(self, environment: Environment) -> None:
        self._authenticator = environment.authenticator
        self._identities = Identities(environment.store)

    def admit(self, request: HttpRequest, resource: str) -> Caller | None:
        """The verified caller, or None if the request is to be refused."""
        try:
            caller = self._authenticator.authenticate(request, "execute-api")
        except ServiceError:
            return None
        return caller if self._may_call(caller, request, resource) else None

    def _may_call(self, caller: Caller, request: HttpRequest, resource: str) -> bool:
        principal = principal_of(caller.arn)
        if principal.kind is PrincipalKind.ROOT:
            return True
        identity = self._identities.find(principal)
        if identity is None:
            return False
        access = AccessRequest(
            action=ACTION,
            resource=resource,
            principals=frozenset({caller.arn}),
            context={"aws:sourceip": (request.client,), "aws:principalarn": (caller.arn,)},
        )
        if evaluate(self._identities.policies(identity), access) is not Decision.ALLOW:
            return False
        boundary = self._identities.managed_policy(identity.get("PermissionsBoundary") or "")
        return boundary is None or evaluate([parse_policy(boundary)], access) is Decision.ALLOW
