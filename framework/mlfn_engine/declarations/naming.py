"""Names in AWS and logical ids in templates."""

from __future__ import annotations

import hashlib
from collections import Counter
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

INGRESS_KEY = "mlfn-ingress"
FRONT_DOOR = "MlfnIngress"
"""Stands in a state machine's definition for the ARN of the ingress' `sfn` alias; no model may be called so."""
FUNCTION_NAME_LIMIT = 64
"""https://docs.aws.amazon.com/lambda/latest/api/API_CreateFunction.html"""
STATE_MACHINE_NAME_LIMIT = 80
"""https://docs.aws.amazon.com/step-functions/latest/apireference/API_CreateStateMachine.html"""


def aws_name(app: str, stage: str, name: str) -> str:
    """The name of a function or state machine."""
    return f"{app}-{stage}-{name}"


def audit_table(stage: str) -> str:
    """The name of a stage's audit table."""
    return f"mlfn-audit-{stage}"


def shadow_stack(app: str, stage: str, model: str) -> str:
    """The name of the stack of a model's shadow; stacks' names take no underscore."""
    return f"mlfn-shadow-{app}-{stage}-{model.replace('_', '--')}"


def pascal(name: str) -> str:
    """`extract_text` as `ExtractText`: logical ids are alphanumeric."""
    return "".join(part[:1].upper() + part[1:] for part in name.replace("-", "_").split("_"))


def logical_ids(names: Iterable[tuple[str, str]]) -> dict[str, str]:
    """For each (key, name) its Pascal-cased name; those that collide all end in a digest of their key."""
    cased = {key: pascal(name) for key, name in names}
    counts = Counter(each.lower() for each in cased.values())
    return {key: each + _suffix(key) if counts[each.lower()] > 1 else each for key, each in cased.items()}


def _suffix(key: str) -> str:
    return hashlib.sha256(key.encode()).hexdigest()[:6]
