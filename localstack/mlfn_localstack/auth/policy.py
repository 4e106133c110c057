"""IAM policy evaluation: pure functions over policy documents and one request.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from enum import StrEnum
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from mlfn_localstack.auth.conditions import holds, is_operator, like
from mlfn_localstack.auth.variables import expand
from mlfn_localstack.globs import compile_glob

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping


class Decision(StrEnum):
    """What a set of policies says."""

    ALLOW = "allow"
    EXPLICIT_DENY = "explicit deny"
    IMPLICIT_DENY = "implicit deny"


class PolicySyntaxError(Exception):
    """A document that IAM would not take."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Statement:
    """One statement of a policy, its lists made tuples."""

    allow: bool
    actions: tuple[str, ...]
    not_actions: bool
    resources: tuple[str, ...]
    not_resources: bool
    principals: tuple[tuple[str, str], ...] | None
    """(kind, value) pairs of a resource policy, None in an identity policy."""
    not_principals: bool
    conditions: tuple[tuple[str, str, tuple[str, ...]], ...]
    variables: bool
    """Whether `${…}` means something in it: not in policies of 2008."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AccessRequest:
    """What is asked: an action on a resource, by somebody."""

    action: str
    resource: str
    principals: frozenset[str] = frozenset()
    """The caller's own names: its ARN, its role's; or a service."""
    account: frozenset[str] = frozenset()
    """The names of the caller's account as a whole: what they allow they leave to IAM, what they deny they deny."""
    session: frozenset[str] | None = None
    """The names of the session alone, without its role's; None if the caller is none."""
    context: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Condition keys in lower case."""


@lru_cache(maxsize=2048)
def parse_policy(text: str) -> tuple[Statement, ...]:
    """The statements of a policy document.

    Raises:
        PolicySyntaxError: it is not a policy.
    """
    try:
        document = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise PolicySyntaxError("Syntax errors in policy.") from error
    if not isinstance(document, dict) or "Statement" not in document:
        raise PolicySyntaxError("Syntax errors in policy.")
    if document.get("Version", "2008-10-17") not in ("2012-10-17", "2008-10-17"):
        raise PolicySyntaxError("The policy must contain a valid version string.")
    statements, modern = document["Statement"], document.get("Version") == "2012-10-17"
    return tuple(_statement(body, modern) for body in (statements if isinstance(statements, list) else [statements]))


def evaluate(policies: Iterable[tuple[Statement, ...]], request: AccessRequest) -> Decision:
    """What policies together say to a request: any deny, else any allow, else no."""
    decision = Decision.IMPLICIT_DENY
    for statements in policies:
        for statement in statements:
            if _applies(statement, request):
                if not statement.allow:
                    return Decision.EXPLICIT_DENY
                decision = Decision.ALLOW
    return decision


def _applies(statement: Statement, request: AccessRequest) -> bool:
    return (
        _any_fits(statement.actions, request.action) != statement.not_actions
        and _matches_resource(statement, request)
        and _matches_principal(statement, request)
        and all(_fits(statement, condition, request.context) for condition in statement.conditions)
    )


def _fits(
    statement: Statement, condition: tuple[str, str, tuple[str, ...]], context: Mapping[str, tuple[str, ...]]
) -> bool:
    operator, key, wanted = condition
    values = expand(wanted, context, pattern="Like" in operator) if statement.variables else wanted
    return holds(operator, key, values, context)


@lru_cache(maxsize=4096)
def _any_fits(patterns: tuple[str, ...], action: str) -> bool:
    return any(compile_glob(pattern, ignore_case=True).fullmatch(action) for pattern in patterns)


def _matches_resource(statement: Statement, request: AccessRequest) -> bool:
    patterns = statement.resources
    if not patterns:
        return statement.principals is not None  # a trust policy's resource is the role it belongs to
    if statement.variables:
        patterns = expand(patterns, request.context, pattern=True)
    found = any(like(request.resource, pattern) for pattern in patterns)
    return found != statement.not_resources


def _matches_principal(statement: Statement, request: AccessRequest) -> bool:
    """Whether a statement is about the caller; one of the others of an account is not spared with the account."""
    if statement.principals is None:
        return True
    if statement.not_principals:
        return not any(value in request.principals for _, value in statement.principals)
    return any(
        value in request.principals or value in request.account or (value == "*" and kind in ("AWS", "*"))
        for kind, value in statement.principals
    )


def _statement(body: Any, modern: bool) -> Statement:
    if not isinstance(body, dict) or body.get("Effect") not in ("Allow", "Deny"):
        raise PolicySyntaxError("Syntax errors in policy.")
    if ("Action" in body) == ("NotAction" in body):
        raise PolicySyntaxError("Policy statement must contain actions.")
    actions = _texts(body.get("Action", body.get("NotAction")))
    if any(action != "*" and ":" not in action for action in actions):
        raise PolicySyntaxError("Actions/Conditions must be prefaced by a vendor, e.g., iam, sdb, ec2, etc.")
    principal = body.get("Principal", body.get("NotPrincipal"))
    resources = _texts(body.get("Resource", body.get("NotResource", [])))
    conditions = _conditions(body.get("Condition", {}))
    expandable = (*resources, *(text for _, _, wanted in conditions for text in wanted))
    return Statement(
        allow=body["Effect"] == "Allow",
        actions=actions,
        not_actions="NotAction" in body,
        resources=resources,
        not_resources="NotResource" in body,
        principals=None if principal is None else _principals(principal),
        not_principals="NotPrincipal" in body,
        conditions=conditions,
        variables=modern and any("${" in text for text in expandable),
    )


def _principals(value: Any) -> tuple[tuple[str, str], ...]:
    if value == "*":
        return (("*", "*"),)
    if not isinstance(value, dict) or not set(value) <= {"AWS", "Service", "Federated", "CanonicalUser"}:
        raise PolicySyntaxError("Invalid principal in policy.")
    return tuple((kind, name) for kind, names in value.items() for name in _texts(names))


def _conditions(value: Any) -> tuple[tuple[str, str, tuple[str, ...]], ...]:
    if not isinstance(value, dict) or not all(isinstance(keys, dict) for keys in value.values()):
        raise PolicySyntaxError("Syntax errors in policy.")
    unknown = [operator for operator in value if not is_operator(operator)]
    if unknown:
        raise PolicySyntaxError(f"Invalid Condition type : {unknown[0]}.")
    return tuple((operator, key, _texts(wanted)) for operator, keys in value.items() for key, wanted in keys.items())


def _texts(value: Any) -> tuple[str, ...]:
    values = value if isinstance(value, list) else [value]
    if not all(isinstance(item, (str, bool, int, float)) for item in values):
        raise PolicySyntaxError("Syntax errors in policy.")
    return tuple(str(item).lower() if isinstance(item, bool) else str(item) for item in values)
