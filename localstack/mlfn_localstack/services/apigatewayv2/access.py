"""AWS_IAM routes: who signed, and whether their policies let them call this route."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlfn_localstack.auth.context_keys import ContextKeys, caller_keys
from mlfn_localstack.auth.decision import Policies, refusal
from mlfn_localstack.auth.identities import Identities
from mlfn_localstack.auth.policy import AccessRequest
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
        keys = {**caller_keys(caller, principal, identity), "aws:sourceip": (request.client,)}
        access = AccessRequest(action=ACTION, resource=resource, context=ContextKeys(keys))
        identity_policies = self._identities.policies(identity)
        policies = Policies(identity=identity_policies, limits=self._identities.limits(identity, caller))
        return refusal(policies, access) is None
