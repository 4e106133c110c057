"""IAM policy evaluation: pure functions over policy documents and one request.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from enum import StrEnum
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from mlfn_localstack.auth.conditions import holds, is_operator, like
from mlfn_localstack.globs import compile_glob

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

_VARIABLE = re.compile(r"\$\{([^}]+)\}")


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


@dataclass(frozen=True, slots=True, kw_only=True)
class AccessRequest:
    """What is asked: an action on a resource, by somebody."""

    action: str
    resource: str
    principals: frozenset[str] = frozenset()
    """All names of the caller: its ARN, its role's, its account's root and number; or a service."""
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
    statements = document["Statement"]
    return tuple(_statement(body) for body in (statements if isinstance(statements, list) else [statements]))


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
        _matches_action(statement, request.action)
        and _matches_resource(statement, request)
        and _matches_principal(statement, request)
        and all(
            holds(operator, key, _expand_all(wanted, request.context), request.context)
            for operator, key, wanted in statement.conditions
        )
    )


def _matches_action(statement: Statement, action: str) -> bool:
    found = any(compile_glob(pattern, ignore_case=True).fullmatch(action) for pattern in statement.actions)
    return found != statement.not_actions


def _matches_resource(statement: Statement, request: AccessRequest) -> bool:
    if not statement.resources:
        return statement.principals is not None  # a trust policy's resource is the role it belongs to
    found = any(like(request.resource, pattern) for pattern in _expand_all(statement.resources, request.context))
    return found != statement.not_resources


def _matches_principal(statement: Statement, request: AccessRequest) -> bool:
    if statement.principals is None:
        return True
    found = any(
        value in request.principals or (value == "*" and kind in ("AWS", "*")) for kind, value in statement.principals
    )
    return found != statement.not_principals


def _expand_all(values: tuple[str, ...], context: Mapping[str, tuple[str, ...]]) -> tuple[str, ...]:
    return tuple(_expand(value, context) if "${" in value else value for value in values)


def _expand(value: str, context: Mapping[str, tuple[str, ...]]) -> str:
    """Policy variables; one without a value stays as it is, and so matches nothing."""

    def replace(match: re.Match[str]) -> str:
        name, _, default = match[1].partition(",")
        if name in ("*", "?", "$"):
            return name
        values = context.get(name.strip().lower(), ())
        return values[0] if len(values) == 1 else default.strip().strip("'") or match[0]

    return _VARIABLE.sub(replace, value)


def _statement(body: Any) -> Statement:
    if not isinstance(body, dict) or body.get("Effect") not in ("Allow", "Deny"):
        raise PolicySyntaxError("Syntax errors in policy.")
    if ("Action" in body) == ("NotAction" in body):
        raise PolicySyntaxError("Policy statement must contain actions.")
    actions = _texts(body.get("Action", body.get("NotAction")))
    if any(action != "*" and ":" not in action for action in actions):
        raise PolicySyntaxError("Actions/Conditions must be prefaced by a vendor, e.g., iam, sdb, ec2, etc.")
    principal = body.get("Principal", body.get("NotPrincipal"))
    return Statement(
        allow=body["Effect"] == "Allow",
        actions=actions,
        not_actions="NotAction" in body,
        resources=_texts(body.get("Resource", body.get("NotResource", []))),
        not_resources="NotResource" in body,
        principals=None if principal is None else _principals(principal),
        not_principals="NotPrincipal" in body,
        conditions=_conditions(body.get("Condition", {})),
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
