"""Who may use a key: its policy decides, and IAM's policies only where the key policy lets the account decide.

https://docs.aws.amazon.com/kms/latest/developerguide/policy-evaluation.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlfn_localstack.auth.context_keys import ContextKeys, context_keys
from mlfn_localstack.auth.decision import Policies, refusal
from mlfn_localstack.auth.identities import Identities
from mlfn_localstack.auth.policy import AccessRequest, Decision, PolicySyntaxError, evaluate, parse_policy
from mlfn_localstack.auth.principals import PrincipalKind, account_names, principal_of, request_names
from mlfn_localstack.services.kms import errors

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mlfn_localstack.auth.policy import Statement
    from mlfn_localstack.service import Params, RequestContext
    from mlfn_localstack.services.kms.grants import Grants
    from mlfn_localstack.services.kms.model import Key
    from mlfn_localstack.store import Store


_UNALLOWED = "because no"
_LOCKOUT = "The new key policy will not allow you to update the key policy in the future."


class KeyAccess:
    """Decides on uses of keys."""

    def __init__(self, store: Store, grants: Grants) -> None:
        self._identities = Identities(store)
        self._grants = grants

    def check(
        self, context: RequestContext, key: Key, keys: Mapping[str, tuple[str, ...]] | None = None, action: str = ""
    ) -> None:
        """Return if the caller may do the operation (or `action`) with a key.

        Raises:
            ServiceError: AccessDeniedException.
        """
        action = action or f"kms:{context.operation}"
        arn = key["Metadata"]["Arn"]
        about = {
            "kms:calleraccount": (context.account_id,),
            "kms:keyspec": (key["Metadata"]["KeySpec"],),
            **_via(context),
            **(keys or {}),
        }
        reason = self._refusal(context, parse_policy(key["Policy"]), action, arn, about)
        if reason is not None and not (reason.startswith(_UNALLOWED) and self._is_granted(context, action, arn, about)):
            raise errors.denied(context.caller.arn, action, arn, reason)

    def _is_granted(self, context: RequestContext, action: str, arn: str, keys: Mapping[str, tuple[str, ...]]) -> bool:
        identity = self._identities.find(principal_of(context.caller.arn))
        names = {context.caller.arn} if identity is None else {context.caller.arn, identity["Arn"]}
        return self._grants.allow(names, action.removeprefix("kms:"), arn, keys)

    def check_lockout(self, context: RequestContext, params: Params, text: str, arn: str) -> None:
        """Return if the caller could change the policy again once `text` is it, or does not care.

        Raises:
            ServiceError: MalformedPolicyDocumentException.
        """
        if params.get("BypassPolicyLockoutSafetyCheck"):
            return
        if self._refusal(context, parse_policy(text), "kms:PutKeyPolicy", arn, {}) is not None:
            raise errors.malformed_policy(_LOCKOUT)

    def _refusal(
        self,
        context: RequestContext,
        policy: tuple[Statement, ...],
        action: str,
        arn: str,
        keys: Mapping[str, tuple[str, ...]],
    ) -> str | None:
        principal = principal_of(context.caller.arn)
        if principal.kind is PrincipalKind.SERVICE:
            return self._by_service(principal.name, policy, action, arn, keys)
        account = account_names(context.account_id)
        identity = None if principal.kind is PrincipalKind.ROOT else self._identities.find(principal)
        names, session = request_names(context.caller.arn, identity)
        request = AccessRequest(
            action=action,
            resource=arn,
            principals=names | account if principal.kind is PrincipalKind.ROOT else names,
            account=account,
            session=session,
            context=ContextKeys(context_keys(context, principal, identity) | dict(keys)),
        )
        policies = Policies(
            identity=self._identities.policies(identity) if identity else (),
            limits=self._identities.limits(identity, context.caller),
            resource=[policy],
        )
        return refusal(policies, request, resource_rules=True)

    def _by_service(
        self,
        name: str,
        policy: tuple[Statement, ...],
        action: str,
        arn: str,
        keys: Mapping[str, tuple[str, ...]],
    ) -> str | None:
        """CloudWatch Logs uses keys in its own name, which a key's policy must allow; others do so by grants."""
        request = AccessRequest(action=action, resource=arn, principals=frozenset({name}), context=dict(keys))
        if not name.startswith("logs.") or evaluate([policy], request) is Decision.ALLOW:
            return None
        return f"{_UNALLOWED} resource-based policy allows the {action} action"


def _via(context: RequestContext) -> dict[str, tuple[str, ...]]:
    """Through which service a caller uses a key: the one whose resource it is used for."""
    if not context.source_arn:
        return {}
    service, region = context.source_arn.split(":")[2:4]
    return {"kms:viaservice": (f"{service}.{region or context.region}.amazonaws.com",)}


def checked_policy(text: str) -> str:
    """A key policy, if it is one.

    Raises:
        ServiceError: MalformedPolicyDocumentException.
    """
    try:
        statements = parse_policy(text)
    except PolicySyntaxError as error:
        raise errors.malformed_policy(str(error)) from error
    if any(statement.principals is None or not statement.resources for statement in statements):
        raise errors.malformed_policy("Policy contains a statement with no principal or no resource.")
    return text
