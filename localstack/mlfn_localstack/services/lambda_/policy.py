"""Resource policies of functions: which services may call which version or alias, on whose behalf."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlfn_localstack.auth.resource_policies import is_service, lets_service_in
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
    if principal == OWN_PRINCIPAL or not is_service(context):
        return
    document = policies.text(f"{reference.name}:{reference.qualifier or ''}")
    if not lets_service_in(document, context, ACTION, arn):
        raise errors.access_denied(
            f"{principal} is not authorized to perform: {ACTION} on resource: {arn} "
            f"because no resource-based policy allows the {ACTION} action"
        )
