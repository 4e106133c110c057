"""Who may assume a role: its trust policy, together with the caller's own policies."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mlfn_localstack.auth.identities import Identities
from mlfn_localstack.auth.policy import AccessRequest, Decision, evaluate, parse_policy
from mlfn_localstack.auth.principals import PrincipalKind, account_names, principal_of

if TYPE_CHECKING:
    from mlfn_localstack.service import Params, RequestContext
    from mlfn_localstack.store import Store


def may_assume(store: Store, role: dict[str, Any], context: RequestContext, params: Params) -> bool:
    """True if the trust policy names the caller, or names its account and the caller's policies allow it."""
    caller = context.caller.arn
    principal = principal_of(caller)
    identities = Identities(store)
    identity = identities.find(principal) if principal.kind in (PrincipalKind.ROLE, PrincipalKind.USER) else None
    own = frozenset({caller} if identity is None else {caller, identity["Arn"]})
    account = account_names(context.account_id) if principal.kind is not PrincipalKind.SERVICE else frozenset()
    keys = {
        "sts:rolesessionname": (params["RoleSessionName"],),
        "aws:principalarn": (caller if identity is None else identity["Arn"],),
        "aws:principalaccount": (context.account_id,),
    }
    if "ExternalId" in params:
        keys["sts:externalid"] = (params["ExternalId"],)
    if context.source_arn:
        keys["aws:sourcearn"] = (context.source_arn,)
        keys["aws:sourceaccount"] = (context.account_id,)
    trust = [parse_policy(role["AssumeRolePolicyDocument"])]
    request = AccessRequest(action="sts:AssumeRole", resource=role["Arn"], principals=own | account, context=keys)
    if evaluate(trust, request) is not Decision.ALLOW:
        return False
    if principal.kind in (PrincipalKind.ROOT, PrincipalKind.SERVICE):
        return True
    direct = AccessRequest(action=request.action, resource=role["Arn"], principals=own, context=keys)
    granted = evaluate(identities.policies(identity), request) if identity else Decision.IMPLICIT_DENY
    return granted is Decision.ALLOW or (
        granted is not Decision.EXPLICIT_DENY and evaluate(trust, direct) is Decision.ALLOW
    )
