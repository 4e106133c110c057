"""Whether a verified caller may do what a request asks.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic_policy-eval-basics.html
"""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from mlfn_localstack.auth.actions import Access, accesses
from mlfn_localstack.auth.identities import Identities
from mlfn_localstack.auth.leading_keys import leading_keys
from mlfn_localstack.auth.policy import AccessRequest, Decision, Statement, evaluate, parse_policy
from mlfn_localstack.auth.principals import Principal, PrincipalKind, account_names, principal_of
from mlfn_localstack.auth.secret_names import KIND, find_secret
from mlfn_localstack.service import ServiceError

if TYPE_CHECKING:
    from mlfn_localstack.service import Params, RequestContext
    from mlfn_localstack.store import Store

_OPEN = frozenset({"sts:GetCallerIdentity", "sts:GetSessionToken", "sts:AssumeRole"})
"""What AWS lets everybody do, or (AssumeRole) what the service itself checks against the trust policy."""
_CODES = {**dict.fromkeys(("cloudformation", "iam", "s3", "sts"), "AccessDenied"), "sns": "AuthorizationError"}


class Authorizer:
    """Lets the root user and AWS's services do everything, and others what their policies allow."""

    def __init__(self, store: Store) -> None:
        self._identities = Identities(store)
        self._buckets = store.documents("s3-bucket")
        self._function_policies = store.documents("lambda.policy")
        self._buses = store.documents("events-bus")
        self._secrets = store.documents(KIND)
        self._tables = store.documents("dynamodb-table")
        self._queues = store.documents("sqs-queue")
        self._topics = store.documents("sns-topic")

    def authorize(self, context: RequestContext, params: Params, *, source_ip: str = "") -> None:
        """Return if the caller may.

        Raises:
            ServiceError: 403 AccessDenied, in the service's words.
        """
        principal = principal_of(context.caller.arn)
        if principal.kind in (PrincipalKind.ROOT, PrincipalKind.SERVICE):
            return
        identity = self._identities.find(principal)
        for asked in accesses(context, params):
            access = self._with_secret(asked) if asked.secret else asked
            if access.action not in _OPEN:
                self._check(context, principal, identity, access, source_ip)

    def allows(self, context: RequestContext, access: Access) -> bool:
        """True if the caller may use this access: for what is no operation, such as a route of somebody's API."""
        principal = principal_of(context.caller.arn)
        if principal.kind in (PrincipalKind.ROOT, PrincipalKind.SERVICE):
            return True
        decision, _ = self._decide(context, principal, self._identities.find(principal), access, "")
        return decision is Decision.ALLOW

    def _check(
        self,
        context: RequestContext,
        principal: Principal,
        identity: dict[str, Any] | None,
        access: Access,
        source_ip: str,
    ) -> None:
        decision, kind = self._decide(context, principal, identity, access, source_ip)
        if decision is not Decision.ALLOW:
            raise _denied(context, access, decision, kind)

    def _decide(
        self,
        context: RequestContext,
        principal: Principal,
        identity: dict[str, Any] | None,
        access: Access,
        source_ip: str,
    ) -> tuple[Decision, str]:
        keys = context_keys(context, principal, identity) | dict(access.context) | self._table_keys(access)
        if source_ip:
            keys["aws:sourceip"] = (source_ip,)
        names = frozenset({context.caller.arn} if identity is None else {context.caller.arn, identity["Arn"]})
        request = AccessRequest(
            action=access.action,
            resource=access.resource,
            principals=names | account_names(context.account_id),
            context=keys,
        )
        own = evaluate(self._identities.policies(identity), request) if identity else Decision.IMPLICIT_DENY
        boundary = self._boundary(identity)
        if own is Decision.ALLOW and boundary is not None:
            own = evaluate([boundary], request)
        if own is Decision.EXPLICIT_DENY:
            return own, "identity-based"
        resource = evaluate(self._resource_policies(context, access), request)
        if resource is Decision.EXPLICIT_DENY:
            return resource, "resource-based"
        return (Decision.ALLOW if Decision.ALLOW in (own, resource) else own), "identity-based"

    def _with_secret(self, access: Access) -> Access:
        """The same on the secret's own ARN, which ends at random, with its tags; unchanged, if there is none."""
        secret = find_secret(self._secrets, access.secret)
        if secret is None:
            return access
        tags = {f"aws:resourcetag/{key}".lower(): (value,) for key, value in secret["Tags"].items()}
        return replace(access, resource=secret["ARN"], context={**access.context, **tags})

    def _table_keys(self, access: Access) -> dict[str, tuple[str, ...]]:
        if access.table is None:
            return {}
        name, params = access.table
        table = self._tables.get(name)
        index = params.get("IndexName")
        schemas = [table, *(item for item in table["indexes"] if item["name"] == index)] if table else []
        values = leading_keys(schemas[-1]["schema"]["hash"]["name"], params) if schemas else ()
        return {"dynamodb:leadingkeys": values} if values else {}

    def _boundary(self, identity: dict[str, Any] | None) -> tuple[Statement, ...] | None:
        arn = (identity or {}).get("PermissionsBoundary")
        text = self._identities.managed_policy(arn) if arn else None
        return parse_policy(text) if text else None

    def _resource_policies(self, context: RequestContext, access: Access) -> list[tuple[Statement, ...]]:
        """What bucket, bus, function, queue, topic, secret say (to services as callers, whose resource it is does)."""
        if context.service == "lambda":
            name, _, qualifier = access.resource.partition(":function:")[2].partition(":")
            document = self._function_policies.get(f"{name}:{qualifier}")
            return [parse_policy(json.dumps(document))] if document else []
        if context.service in ("sns", "sqs"):
            kept = self._topics if context.service == "sns" else self._queues
            found = kept.get(access.resource.rpartition(":")[2]) or {"Attributes": {}}
            return [parse_policy(text)] if (text := found["Attributes"].get("Policy")) else []
        if context.service == "events":
            text = (self._buses.get(access.resource.partition(":event-bus/")[2]) or {}).get("Policy")
            return [_direct(parse_policy(text), context.account_id)] if text else []
        if context.service == "secretsmanager":
            text = (find_secret(self._secrets, access.resource) or {}).get("ResourcePolicy")
            return [_direct(parse_policy(text), context.account_id)] if text else []
        if context.service != "s3":
            return []
        name = access.resource.removeprefix("arn:aws:s3:::").partition("/")[0]
        policy = (self._buckets.get(name) or {"Settings": {}})["Settings"].get("Policy")
        return [parse_policy(policy)] if policy else []


def _direct(policy: tuple[Statement, ...], account_id: str) -> tuple[Statement, ...]:
    """A policy without what it allows the account as a whole: that leaves it to IAM, and gives nobody anything."""
    whole = account_names(account_id)
    return tuple(
        replace(each, principals=tuple(one for one in each.principals or () if one[1] not in whole))
        if each.allow
        else each
        for each in policy
    )


def context_keys(
    context: RequestContext, principal: Principal, identity: dict[str, Any] | None
) -> dict[str, tuple[str, ...]]:
    """The global condition keys (docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html)."""
    now = datetime.now(UTC)
    keys: dict[str, tuple[str, ...]] = {
        "aws:currenttime": (now.strftime("%Y-%m-%dT%H:%M:%SZ"),),
        "aws:epochtime": (str(int(now.timestamp())),),
        "aws:principalaccount": (context.account_id,),
        "aws:principalarn": (identity["Arn"] if identity else context.caller.arn,),
        "aws:principaltype": ("User" if principal.kind is PrincipalKind.USER else "AssumedRole",),
        "aws:requestedregion": (context.region,),
        "aws:resourceaccount": (context.account_id,),
        # Loopback stands for the TLS that SDKs use on AWS: buckets that refuse plain HTTP must work here, too.
        "aws:securetransport": ("true",),
        "aws:userid": (context.caller.user_id,),
    }
    if principal.kind is PrincipalKind.USER:
        keys["aws:username"] = (principal.name,)
    for tag in (identity or {}).get("Tags", ()):
        keys[f"aws:principaltag/{tag['Key']}".lower()] = (tag["Value"],)
    return keys


def _denied(context: RequestContext, access: Access, decision: Decision, kind: str) -> ServiceError:
    reason = f"because no {kind} policy allows the {access.action} action"
    if decision is Decision.EXPLICIT_DENY:
        reason = f"with an explicit deny in {'an' if kind.startswith('i') else 'a'} {kind} policy"
    message = (
        f"User: {context.caller.arn} is not authorized to perform: {access.action} "
        f"on resource: {access.resource} {reason}"
    )
    return ServiceError(_CODES.get(context.service, "AccessDeniedException"), message, status=403)
