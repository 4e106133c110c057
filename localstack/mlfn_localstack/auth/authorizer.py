"""Whether a verified caller may do what a request asks.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic_policy-eval-basics.html
"""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from mlfn_localstack.auth.access import Access
from mlfn_localstack.auth.actions import accesses
from mlfn_localstack.auth.asked_keys import asked_keys
from mlfn_localstack.auth.context_keys import ContextKeys, context_keys
from mlfn_localstack.auth.decision import UNALLOWED, Policies, refusal
from mlfn_localstack.auth.identities import Identities, parsed
from mlfn_localstack.auth.leading_keys import leading_keys
from mlfn_localstack.auth.open_buckets import OpenBuckets
from mlfn_localstack.auth.policy import AccessRequest, Statement, parse_policy
from mlfn_localstack.auth.principals import ANONYMOUS, PrincipalKind, account_names, principal_of, request_names
from mlfn_localstack.auth.resource_tags import ResourceTags
from mlfn_localstack.auth.secret_names import KIND, find_secret
from mlfn_localstack.auth.table_keys import TableKeyAccess
from mlfn_localstack.service import ServiceError

if TYPE_CHECKING:
    from mlfn_localstack.auth.context_keys import Keys
    from mlfn_localstack.service import Params, RequestContext
    from mlfn_localstack.store import Store

_OPEN = frozenset({"sts:GetCallerIdentity", "sts:GetSessionToken", "sts:AssumeRole"})
"""What AWS lets everybody do, or (AssumeRole) what the service itself checks against the trust policy."""
_UNNAMED = frozenset({"iam:CreateGroup", "iam:CreateRole", "iam:CreateUser", "iam:PassRole"})
"""What names nothing that is there, or does so by its whole ARN."""
_BYPASS = "BypassGovernanceRetention"
_BOUNDING = frozenset({"iam:PutRolePermissionsBoundary", "iam:PutUserPermissionsBoundary"})
"""Where `iam:PermissionsBoundary` is the one that is asked for, not the one that is there."""
_READING = frozenset({"GetObject", "GetObjectAttributes", "HeadObject"})
"""Who asks S3 for an object that is not there, and may not list the bucket, is told that they may not.

https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObject.html
"""
_CODES = {**dict.fromkeys(("cloudformation", "iam", "s3", "sts"), "AccessDenied"), "sns": "AuthorizationError"}


class Authorizer:
    """Lets the root user and AWS's services do everything, and others what their policies allow."""

    def __init__(self, store: Store) -> None:
        self._identities = Identities(store)
        self._open = OpenBuckets(store)
        self._function_policies = store.documents("lambda.policy")
        self._buses = store.documents("events-bus")
        self._secrets = store.documents(KIND)
        self._tables = store.documents("dynamodb-table")
        self._queues = store.documents("sqs-queue")
        self._topics = store.documents("sns-topic")
        self._tags = ResourceTags(store)
        self._table_keys = TableKeyAccess(store)

    def authorize(self, context: RequestContext, params: Params) -> None:
        """Return if the caller may.

        Raises:
            ServiceError: 403 AccessDenied, in the service's words.
        """
        principal = principal_of(context.caller.arn)
        if principal.kind in (PrincipalKind.ROOT, PrincipalKind.SERVICE):
            return
        if principal.kind is PrincipalKind.ANONYMOUS:
            self._open.check_there(params)
        identity = self._identities.find(principal)
        known = context_keys(context, principal, identity)
        known |= asked_keys(context.service, params)
        asked = accesses(context, params)
        for each in asked:
            access = self._exactly(context, each)
            reason = None if access.action in _OPEN else self._reason(context, identity, access, known)
            if reason is not None and not self._lets_in(context, access, params, reason):
                raise _denied(context, access, reason)
        if "SSESpecification" in params:
            self._table_keys.check_new(context, params)
        if params.get(_BYPASS):  # who may not is refused by the lock, where there is one
            bypasses = [replace(each, action=f"s3:{_BYPASS}") for each in asked]
            params[_BYPASS] = not any(self._reason(context, identity, each, known) for each in bypasses)

    def allows(self, context: RequestContext, access: Access) -> bool:
        """Whether the caller may do what is no operation, such as calling a function by its URL."""
        principal = principal_of(context.caller.arn)
        if principal.kind in (PrincipalKind.ROOT, PrincipalKind.SERVICE):
            return True
        identity = self._identities.find(principal)
        known = context_keys(context, principal, identity)
        return self._reason(context, identity, access, known) is None

    def told(self, context: RequestContext, params: Params, error: Exception) -> Exception:
        """An error as the caller may be told it: that an object is not there learns only who may list the bucket."""
        if not isinstance(error, ServiceError) or error.code != "NoSuchKey" or context.operation not in _READING:
            return error
        listing = Access(action="s3:ListBucket", resource=f"arn:aws:s3:::{params['Bucket']}")
        principal = principal_of(context.caller.arn)
        if principal.kind in (PrincipalKind.ROOT, PrincipalKind.SERVICE):
            return error
        identity = self._identities.find(principal)
        reason = self._reason(context, identity, listing, context_keys(context, principal, identity))
        if reason is None or self._lets_in(context, listing, {}, reason):
            return error
        return _denied(context, listing, reason)

    def _lets_in(self, context: RequestContext, access: Access, params: Params, reason: str) -> bool:
        """Whether a list of S3's lets the caller in where policies do not, and none denies it."""
        if context.service != "s3" or not reason.startswith(UNALLOWED):
            return False
        return self._open.lists_let_in(access, params, anonymous=_is_anonymous(context))

    def _reason(
        self, context: RequestContext, identity: dict[str, Any] | None, access: Access, known: Keys
    ) -> str | None:
        """Why it is refused, if it is."""
        names, session = request_names(context.caller.arn, identity)
        table = self._table(access)
        request = AccessRequest(
            action=access.action,
            resource=access.resource,
            principals=names,
            account=frozenset() if _is_anonymous(context) else account_names(context.account_id),
            session=session,
            context=ContextKeys(
                {**known, **access.context, **_table_keys(access, table)},
                lambda: self._tags.of(context, access.resource),
            ),
        )
        policies = Policies(
            identity=self._identities.policies(identity) if identity else (),
            limits=self._identities.limits(identity, context.caller),
            resource=_table_policy(table) if table else self._resource_policies(context, access),
        )
        reason = refusal(policies, request)
        if reason is None and table is not None and table["encryption"]:
            self._table_keys.check(context, access.action, table)
        return reason

    def _exactly(self, context: RequestContext, asked: Access) -> Access:
        """The same, of what the request's names stand for."""
        if asked.secret:
            return self._with_secret(asked)
        return self._with_entity(asked) if context.service == "iam" and asked.action.startswith("iam:") else asked

    def _with_entity(self, access: Access) -> Access:
        """The same on a role's, user's or group's own ARN, which has its path, with its tags and its boundary."""
        kind, _, name = access.resource.rpartition(":")[2].partition("/")
        if kind not in ("role", "user", "group") or access.action in _UNNAMED:
            return access
        entity = self._identities.named(kind, name.rpartition("/")[2])
        if entity is None:
            return access
        keys = {f"{prefix}:resourcetag/{tag['Key']}".lower(): (tag["Value"],)
                for tag in entity.get("Tags", ()) for prefix in ("aws", "iam")}  # fmt: skip
        if entity.get("PermissionsBoundary") and access.action not in _BOUNDING:
            keys["iam:permissionsboundary"] = (entity["PermissionsBoundary"],)
        return replace(access, resource=entity["Arn"], context={**access.context, **keys})

    def _with_secret(self, access: Access) -> Access:
        """The same on the secret's own ARN, which ends at random, with its tags; unchanged, if there is none."""
        secret = find_secret(self._secrets, access.secret)
        if secret is None:
            return access
        tags = {f"aws:resourcetag/{key}".lower(): (value,) for key, value in secret["Tags"].items()}
        return replace(access, resource=secret["ARN"], context={**access.context, **tags})

    def _table(self, access: Access) -> dict[str, Any] | None:
        """The table that is asked for."""
        text = None if access.table is None else self._tables.text(access.table[0])
        return None if text is None else parsed(text)

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
            return [parse_policy(text)] if text else []
        if context.service == "secretsmanager":
            text = (find_secret(self._secrets, access.resource) or {}).get("ResourcePolicy")
            return [parse_policy(text)] if text else []
        return self._open.policies(access, anonymous=_is_anonymous(context)) if context.service == "s3" else []


def _table_keys(access: Access, table: dict[str, Any] | None) -> dict[str, tuple[str, ...]]:
    """The partitions that are asked for."""
    if access.table is None or table is None:
        return {}
    _, params = access.table
    index = params.get("IndexName")
    schemas = [table, *(item for item in table["indexes"] if item["name"] == index)]
    values = leading_keys(schemas[-1]["schema"]["hash"]["name"], params)
    return {"dynamodb:leadingkeys": values} if values else {}


def _table_policy(table: dict[str, Any]) -> list[tuple[Statement, ...]]:
    """What a table itself says of who may."""
    text = table.get("policy")
    return [parse_policy(text)] if text else []


def _is_anonymous(context: RequestContext) -> bool:
    return context.caller.arn == ANONYMOUS


def _denied(context: RequestContext, access: Access, reason: str) -> ServiceError:
    code = _CODES.get(context.service, "AccessDeniedException")
    if _is_anonymous(context):
        return ServiceError(code, "Access Denied", status=403)
    where = f" on resource: {access.resource}"
    if access.action.startswith("s3:"):
        where = "" if access.resource == "*" else f' on resource: "{access.resource}"'
    message = f"User: {context.caller.arn} is not authorized to perform: {access.action}{where} {reason}"
    return ServiceError(code, message, status=403)
