"""Stack policies: which resources an update may change, replace or remove.

https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/protect-stack-resources.html
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from mlfn_localstack.globs import compile_glob
from mlfn_localstack.services.cloudformation.errors import validation_error

_PREFIX = "LogicalResourceId/"
_TYPE = "ResourceType"


class UpdateAction(StrEnum):
    """What an update does to a resource."""

    MODIFY = "Update:Modify"
    REPLACE = "Update:Replace"
    DELETE = "Update:Delete"


class StackPolicyDeniedError(Exception):
    """The stack's policy keeps the resource as it is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Statement:
    allow: bool
    actions: tuple[str, ...]
    resources: tuple[str, ...]
    excludes: bool
    """The statement is about all resources but these."""
    types: tuple[str, ...]

    def is_about(self, action: UpdateAction, logical_id: str, kind: str) -> bool:
        """Whether the statement speaks of this action on this resource."""
        named = _any(self.resources, _PREFIX + logical_id) or "*" in self.resources
        return _any(self.actions, action) and named is not self.excludes and (not self.types or _any(self.types, kind))


def check_stack_policy(text: str) -> str:
    """The policy's text, if it is a policy.

    Raises:
        ServiceError: ValidationError.
    """
    _parsed(text)
    return text


def refuse_change(text: str, action: UpdateAction, logical_id: str, kind: str) -> None:
    """Refuse what a policy denies; once there is one, what it does not allow, too.

    Raises:
        StackPolicyDeniedError: with the reason as the resource's event has it.
    """
    statements = _parsed(text) if text else ()
    about = [(number, one) for number, one in enumerate(statements, 1) if one.is_about(action, logical_id, kind)]
    what = f"[{action}] for resource [{_PREFIX}{logical_id}]"
    for number, one in about:
        if not one.allow:
            raise StackPolicyDeniedError(f"Action denied by stack policy: Statement [#{number}] does not allow {what}")
    if statements and not about:
        raise StackPolicyDeniedError(f"Action denied by stack policy: No statement allows {what}")


def _parsed(text: str) -> tuple[_Statement, ...]:
    try:
        document = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise _invalid() from error
    if not isinstance(document, dict):
        raise _invalid()
    if not document:
        return ()
    statements = document.get("Statement")
    if not isinstance(statements, list) or not statements:
        raise _invalid()
    return tuple(_statement(one) for one in statements)


def _statement(body: Any) -> _Statement:
    if not isinstance(body, dict) or body.get("Effect") not in ("Allow", "Deny") or body.get("Principal") != "*":
        raise _invalid()
    actions, excluded = _texts(body.get("Action")), _texts(body.get("NotResource"))
    resources = _texts(body.get("Resource")) or excluded
    condition = body.get("Condition", {})
    if not actions or not resources or not isinstance(condition, dict):
        raise _invalid()
    if any(action != "*" and not action.startswith("Update:") for action in actions):
        raise _invalid()
    types = [
        kind for operator in condition.values() if isinstance(operator, dict) for kind in _texts(operator.get(_TYPE))
    ]
    return _Statement(
        allow=body["Effect"] == "Allow",
        actions=actions,
        resources=resources,
        excludes=bool(excluded),
        types=tuple(types),
    )


def _texts(value: Any) -> tuple[str, ...]:
    values = value if isinstance(value, list) else [value]
    return tuple(one for one in values if isinstance(one, str) and one)


def _any(patterns: tuple[str, ...], text: str) -> bool:
    return any(compile_glob(pattern).fullmatch(text) for pattern in patterns)


def _invalid() -> Exception:
    return validation_error("Error validating stack policy: Invalid stack policy")
