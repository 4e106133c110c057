"""Who may assume a role: its trust policy, together with the caller's own policies."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mlfn_localstack.auth.context_keys import ContextKeys, context_keys
from mlfn_localstack.auth.decision import Policies, refusal
from mlfn_localstack.auth.identities import Identities
from mlfn_localstack.auth.policy import AccessRequest, Decision, evaluate, parse_policy
from mlfn_localstack.auth.principals import PrincipalKind, account_names, principal_of, request_names

if TYPE_CHECKING:
    from mlfn_localstack.auth.context_keys import Keys
    from mlfn_localstack.service import Params, RequestContext
    from mlfn_localstack.store import Store

_FURTHER = {"Tags": "sts:TagSession", "SourceIdentity": "sts:SetSourceIdentity"}


def refused_action(store: Store, role: dict[str, Any], context: RequestContext, params: Params) -> str | None:
    """The action that the caller may not take to get a session of the role (with tags, with an identity); None: it may.

    The trust policy names the caller, or names its account and the caller's policies allow it.
    """
    needed = ["sts:AssumeRole", *(action for member, action in _FURTHER.items() if params.get(member))]
    return next((action for action in needed if not _may(store, role, context, params, action)), None)


def _may(store: Store, role: dict[str, Any], context: RequestContext, params: Params, action: str) -> bool:
    principal = principal_of(context.caller.arn)
    identities = Identities(store)
    identity = identities.find(principal) if principal.kind in (PrincipalKind.ROLE, PrincipalKind.USER) else None
    names, session = request_names(context.caller.arn, identity)
    account = account_names(context.account_id) if principal.kind is not PrincipalKind.SERVICE else frozenset()
    request = AccessRequest(
        action=action,
        resource=role["Arn"],
        principals=names,
        account=account,
        session=session,
        context=ContextKeys(context_keys(context, principal, identity) | _asked_keys(context, params)),
    )
    trust = [parse_policy(role["AssumeRolePolicyDocument"])]
    if principal.kind in (PrincipalKind.ROOT, PrincipalKind.SERVICE):
        return evaluate(trust, request) is Decision.ALLOW
    policies = Policies(
        identity=identities.policies(identity) if identity else (),
        limits=identities.limits(identity, context.caller),
        resource=trust,
    )
    return refusal(policies, request, resource_rules=True) is None


def _asked_keys(context: RequestContext, params: Params) -> Keys:
    keys: Keys = {"sts:rolesessionname": (params["RoleSessionName"],)}
    keys |= {f"aws:requesttag/{tag['Key']}".lower(): (tag["Value"],) for tag in params.get("Tags", ())}
    if params.get("Tags"):
        keys["aws:tagkeys"] = tuple(tag["Key"] for tag in params["Tags"])
    for key, member in (("sts:externalid", "ExternalId"), ("sts:sourceidentity", "SourceIdentity")):
        if member in params:
            keys[key] = (params[member],)
    if params.get("TransitiveTagKeys"):
        keys["sts:transitivetagkeys"] = tuple(params["TransitiveTagKeys"])
    if context.source_arn:
        keys["aws:sourcearn"] = (context.source_arn,)
        keys["aws:sourceaccount"] = (context.account_id,)
    return keys
