"""Resource policies of functions: which services may call which version or alias, on whose behalf."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlfn_localstack.auth.policy import AccessRequest, Decision, evaluate, parse_policy
from mlfn_localstack.auth.principals import PrincipalKind, principal_of
from mlfn_localstack.services.lambda_ import errors

if TYPE_CHECKING:
    from mlfn_localstack.service import RequestContext
    from mlfn_localstack.services.lambda_.names import FunctionReference
    from mlfn_localstack.store import Documents

ACTION = "lambda:InvokeFunction"
OWN_PRINCIPAL = "lambda.amazonaws.com"


def check_service_call(policies: Documents, reference: FunctionReference, arn: str, context: RequestContext) -> None:
    """Let a service in only if the policy of this very function, version or alias does.

    Callers with identity policies are checked in front of every service.

    Raises:
        ServiceError: 403.
    """
    principal = context.caller.arn
    if principal == OWN_PRINCIPAL or principal_of(principal).kind is not PrincipalKind.SERVICE:
        return
    document = policies.text(f"{reference.name}:{reference.qualifier or ''}")
    request = AccessRequest(
        action=ACTION,
        resource=arn,
        principals=frozenset({principal}),
        context={"aws:sourcearn": (context.source_arn,), "aws:sourceaccount": (context.account_id,)},
    )
    if document is None or evaluate([parse_policy(document)], request) is not Decision.ALLOW:
        raise errors.access_denied(
            f"{principal} is not authorized to perform: {ACTION} on resource: {arn} "
            f"because no resource-based policy allows the {ACTION} action"
        )
