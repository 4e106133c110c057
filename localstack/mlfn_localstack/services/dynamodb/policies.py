"""Which resource policies a table may have, in the words measured on the service (October 2026)."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from mlfn_localstack.services.dynamodb.errors import invalid, validation

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from mlfn_localstack.service import ServiceError

_MAX_BYTES = 20_480
_REQUIRED = ("Effect", "Principal", "Action", "Resource")
_EVERYBODY = ("*", {"AWS": "*"}, {"AWS": ["*"]})


def check_policy(policy: str) -> None:
    """Refuse a policy that is too long, says nothing, or lets everybody in.

    Raises:
        ServiceError: ValidationException.
    """
    if len(policy.encode()) > _MAX_BYTES:
        raise invalid(f"Maximum policy size of {_MAX_BYTES} bytes exceeded")
    statements = _statements(policy)
    missing = next((name for each in statements for name in _REQUIRED if not {name, f"Not{name}"} & each.keys()), None)
    if missing is not None:
        raise _malformed(f"Missing required field {missing}")
    names = [each["Sid"] for each in statements if "Sid" in each]
    if len(set(names)) < len(names):
        raise _malformed("The Statement Ids in the policy are not unique")
    if any(_lets_everybody(each) for each in statements):
        unbounded = "Resource-based policy grants unbounded access in one or more elements."
        raise validation(f"{unbounded} Please revise the policy to ensure least-privilege form of access")


def _statements(policy: str) -> Sequence[Mapping[str, Any]]:
    try:
        document = json.loads(policy)
    except (ValueError, RecursionError):
        document = []
    if document is None:
        raise _malformed("This text appears not to be a policy")
    if not isinstance(document, dict):
        raise _malformed("This policy contains invalid Json")
    given = document.get("Statement") or []
    statements: list[Any] = given if isinstance(given, list) else [given]
    if not statements:
        raise _malformed("Could not parse the policy: Statement is empty!")
    if not all(isinstance(each, dict) for each in statements):
        raise _malformed("This policy contains invalid Json")
    return statements


def _lets_everybody(statement: Mapping[str, Any]) -> bool:
    bounded = statement.get("Effect") != "Allow" or statement.get("Condition")
    return not bounded and statement.get("Principal") in _EVERYBODY


def _malformed(detail: str) -> ServiceError:
    return invalid(f"Invalid policy document: {detail}")
