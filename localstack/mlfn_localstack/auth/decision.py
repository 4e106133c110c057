"""What all policies about a request say together, within one account.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic_policy-eval-denyallow.html
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from mlfn_localstack.auth.policy import Decision, Statement, evaluate

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mlfn_localstack.auth.policy import AccessRequest

Policy = tuple[Statement, ...]
BOUNDARY = "permissions boundary"
SESSION = "session policy"
UNALLOWED = "because no"
"""How the reason begins where nothing denies, but nothing allows either."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Policies:
    """Everything that has a say."""

    identity: Sequence[Policy]
    limits: Sequence[tuple[str, Sequence[Policy]]] = ()
    """Of what kind they are, and the policies that allow nothing of themselves: boundary and session policies."""
    resource: Sequence[Policy] = ()


def refusal(policies: Policies, request: AccessRequest, *, resource_rules: bool = False) -> str | None:
    """Why a request is refused, as AWS ends that sentence; None if it is not.

    With `resource_rules` (trust and key policies) nothing is allowed that the resource's policy does not name.
    """
    own = evaluate(policies.identity, request)
    if own is Decision.ALLOW and not policies.limits and not policies.resource and not resource_rules:
        return None
    limits = [(kind, evaluate(each, request)) for kind, each in policies.limits]
    resource = evaluate(policies.resource, request) if policies.resource else Decision.IMPLICIT_DENY
    denied = _explicit(own, limits, resource)
    if denied:
        return f"with an explicit deny in {denied}"
    if resource_rules and resource is not Decision.ALLOW:
        return _unallowed("resource-based policy", request)
    if resource is Decision.ALLOW and _names_caller(policies.resource, request):
        return None
    if own is not Decision.ALLOW and not (resource is Decision.ALLOW and _names_identity(policies.resource, request)):
        return _unallowed("identity-based policy", request)
    missing = next((kind for kind, decision in limits if decision is not Decision.ALLOW), None)
    return None if missing is None else _unallowed(missing, request)


def _explicit(own: Decision, limits: Sequence[tuple[str, Decision]], resource: Decision) -> str:
    if own is Decision.EXPLICIT_DENY:
        return "an identity-based policy"
    limit = next((kind for kind, decision in limits if decision is Decision.EXPLICIT_DENY), None)
    if limit is not None:
        return f"a {limit}"
    return "a resource-based policy" if resource is Decision.EXPLICIT_DENY else ""


def _names_caller(policies: Sequence[Policy], request: AccessRequest) -> bool:
    """Whether the resource lets in the user, or this very session: then neither boundary nor session policy counts."""
    if request.session is None:
        return _names_identity(policies, request)
    named = [_naming(request.session, policy) for policy in policies]
    return evaluate(named, request) is Decision.ALLOW


def _names_identity(policies: Sequence[Policy], request: AccessRequest) -> bool:
    """Whether the resource lets in the user or role, rather than leaving it to the account's IAM."""
    return evaluate(policies, replace(request, account=frozenset())) is Decision.ALLOW


def _naming(names: frozenset[str], policy: Policy) -> Policy:
    return tuple(
        each for each in policy if not each.not_principals and any(value in names for _, value in each.principals or ())
    )


def _unallowed(kind: str, request: AccessRequest) -> str:
    return f"{UNALLOWED} {kind} allows the {request.action} action"
