"""Who may call a function by its URL: whoever its resource policy or, if it asks who calls, IAM lets in.

https://docs.aws.amazon.com/lambda/latest/dg/urls-auth.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlfn_localstack.auth.access import Access
from mlfn_localstack.auth.authorizer import Authorizer
from mlfn_localstack.auth.policy import AccessRequest, Decision, evaluate, parse_policy
from mlfn_localstack.service import Caller, RequestContext, ServiceError

if TYPE_CHECKING:
    from mlfn_localstack.http import HttpRequest
    from mlfn_localstack.service import Environment
    from mlfn_localstack.services.lambda_.names import FunctionReference

NONE, IAM = "NONE", "AWS_IAM"
_ACTIONS = ("lambda:InvokeFunctionUrl", "lambda:InvokeFunction")
"""Addresses made since October 2025 need both."""


class UrlAccess:
    """Lets callers in, or not."""

    def __init__(self, environment: Environment) -> None:
        self._environment = environment
        self._authorizer = Authorizer(environment.store)
        self._policies = environment.store.documents("lambda.policy")

    def admits_all(self, request: HttpRequest, reference: FunctionReference, arn: str) -> bool:
        """Whether the policy of this very function or alias lets everybody call it."""
        text = self._policies.text(f"{reference.name}:{reference.qualifier or ''}")
        if text is None:
            return False
        asked = [AccessRequest(action=each, resource=arn, context=_keys(request, NONE)) for each in _ACTIONS]
        return all(evaluate([parse_policy(text)], each) is Decision.ALLOW for each in asked)

    def admit(self, request: HttpRequest, arn: str, request_id: str) -> Caller | None:
        """Who signed, or None if the signature does not hold or policies do not let the signer call."""
        environment = self._environment
        try:
            caller = environment.authenticator.authenticate(request, "lambda")
        except ServiceError:
            return None
        context = RequestContext(
            service="lambda",
            operation="InvokeFunctionUrl",
            region=environment.region,
            account_id=environment.account_id,
            caller=caller,
            request_id=request_id,
            endpoint=environment.endpoint,
            source_ip=request.client,
            fields=request.fields,
        )
        asked = [Access(action=each, resource=arn, context=_keys(request, IAM)) for each in _ACTIONS]
        return caller if all(self._authorizer.allows(context, each) for each in asked) else None


def _keys(request: HttpRequest, auth_type: str) -> dict[str, tuple[str, ...]]:
    return {
        "aws:securetransport": ("true",),
        "aws:sourceip": (request.client,),
        "lambda:functionurlauthtype": (auth_type,),
        "lambda:invokedviafunctionurl": ("true",),
    }
