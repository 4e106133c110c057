"""ARNs of Step Functions and the names inside them."""

from __future__ import annotations

import re

from mlfn_localstack.services.stepfunctions.errors import constraint, invalid_arn, invalid_name

_FORBIDDEN = re.compile(r"[\s<>{}\[\]?*\"#%\\^|~`$&,;:/\x00-\x1f\x7f-\x9f\ufffe\uffff]")
_ROLE = re.compile(r"arn:aws[a-z-]*:iam::\d{12}:role/[\x21-\x7e]+")
_MAX_NAME = 80


def require_arn(arn: str, kind: str) -> str:
    """The ARN itself, if it is one of `kind` (`stateMachine`, `execution` …).

    Raises:
        ServiceError: InvalidArn.
    """
    parts = arn.split(":")
    if parts[0] != "arn" or len(parts) < 3 or parts[2] != "states":
        raise invalid_arn(f"Invalid ARN prefix: {arn}")
    if len(parts) < 7 or not parts[6]:
        raise invalid_arn(f"Not enough parts in the ARN: {arn}")
    if parts[5] != kind:
        raise invalid_arn(f"Resource type not valid in this context: {parts[5]}")
    return arn


def require_role(arn: str) -> str:
    """The ARN itself, if it is a role's: nothing else can be what a machine calls others as.

    Raises:
        ServiceError: InvalidArn.
    """
    if not _ROLE.fullmatch(arn):
        raise invalid_arn(f"Invalid Role Arn: {arn}")
    return arn


def require_name(name: str) -> str:
    """The name itself, if it may name a state machine, execution or activity.

    Raises:
        ServiceError: InvalidName or ValidationException.
    """
    if len(name) > _MAX_NAME:
        raise constraint(name, "name", f"Member must have length less than or equal to {_MAX_NAME}")
    if not name or _FORBIDDEN.search(name):
        raise invalid_name(name)
    return name


def base_of(arn: str) -> str:
    """The state machine's ARN of a version's, alias's or state machine's."""
    return ":".join(arn.split(":")[:7])


def qualifier_of(arn: str) -> str | None:
    """The version number or alias name at the end of an ARN."""
    parts = arn.split(":")
    return parts[7] if len(parts) > 7 else None
