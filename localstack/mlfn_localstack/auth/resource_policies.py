"""What a resource's policy says to a service of AWS that calls on somebody's behalf."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlfn_localstack.auth.policy import AccessRequest, Decision, evaluate, parse_policy
from mlfn_localstack.auth.principals import PrincipalKind, principal_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mlfn_localstack.service import RequestContext


def is_service(context: RequestContext) -> bool:
    """Whether a service calls: it has no identity policies, so that only the resource's own policy can let it in."""
    return principal_of(context.caller.arn).kind is PrincipalKind.SERVICE


def lets_service_in(
    policy: str | None,
    context: RequestContext,
    action: str,
    resource: str,
    keys: Mapping[str, tuple[str, ...]] | None = None,
) -> bool:
    """Whether a resource's policy (its text; None: there is none) allows a service's call."""
    if policy is None:
        return False
    request = AccessRequest(
        action=action,
        resource=resource,
        principals=_names(context),
        context={
            "aws:sourcearn": (context.source_arn,),
            "aws:sourceaccount": (context.account_id,),
            "aws:securetransport": ("true",),
            **(keys or {}),
        },
    )
    return evaluate([parse_policy(policy)], request) is Decision.ALLOW


def _names(context: RequestContext) -> frozenset[str]:
    """What a policy may call the service that calls: `logs.amazonaws.com`, or by its region."""
    name = context.caller.arn
    return frozenset({name, name.replace(".", f".{context.region}.", 1)})
