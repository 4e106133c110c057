"""The names of groups and streams."""

from __future__ import annotations

import re

from mlfn_localstack.services.logs.errors import invalid

_MAX = 512
_PATTERNS = {"logGroupName": r"[\.\-_/#A-Za-z0-9]+", "logStreamName": r"[^:*]*"}


def check_name(name: str, member: str) -> None:
    """Refuse what cannot be the name of a group or stream.

    Raises:
        ServiceError: InvalidParameterException.
    """
    if len(name) > _MAX:
        message = f"Invalid LogGroup or LogStream, both must have length less than or equal to {_MAX}."
        raise invalid(message)
    pattern = _PATTERNS[member]
    constraint = f"regular expression pattern: {pattern}" if not re.fullmatch(pattern, name) else ""
    if not name:
        raise invalid(_failed(name, member, "Member must have length greater than or equal to 1"))
    if constraint:
        raise invalid(_failed(name, member, f"Member must satisfy {constraint}"))


def _failed(name: str, member: str, constraint: str) -> str:
    return f"1 validation error detected: Value '{name}' at '{member}' failed to satisfy constraint: {constraint}"
