"""Which tags a table may have, in the words measured on the service (October 2026)."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from mlfn_localstack.services.dynamodb.errors import validation

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from mlfn_localstack.service import ServiceError

_MAX_TAGS = 50
_ALLOWED = re.compile(r"[\w \u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000.:/=+\-@]*")
"""Letters, digits and spaces of any script, and the marks that stand here."""
_MAX_KEY = 128
_MAX_VALUE = 256


def added(before: Sequence[tuple[str, str]], given: Sequence[Mapping[str, Any]]) -> tuple[tuple[str, str], ...]:
    """Tags with others added or replaced.

    Raises:
        ServiceError: ValidationException, and nothing is to be changed.
    """
    found: dict[str, str] = {}
    for tag in given:
        key, value = _checked_key(tag.get("Key")), tag.get("Value")
        if value is None or len(value) > _MAX_VALUE or not _ALLOWED.fullmatch(value):
            raise validation(f"The Tag Value provided is invalid, Value: {'null' if value is None else value}")
        if key.startswith("aws:"):
            raise validation(f"Tag Key cannot be prefixed with aws:, Key: {key}")
        if key in found:
            raise validation(f"Duplicate Tag Keys provided as input: Duplicate Tag Key found {key}")
        found[key] = value
    after = dict(before) | found
    if len(after) > _MAX_TAGS:
        raise _too_many()
    return tuple(after.items())


def removed(before: Sequence[tuple[str, str]], keys: Sequence[str]) -> tuple[tuple[str, str], ...]:
    """Tags without some.

    Raises:
        ServiceError: ValidationException, and nothing is to be changed.
    """
    for key in keys:
        _checked_key(key)
    if len(keys) > _MAX_TAGS:
        raise _too_many()
    return tuple((key, value) for key, value in before if key not in keys)


def _checked_key(key: Any) -> str:
    if not key or len(key) > _MAX_KEY or not _ALLOWED.fullmatch(key):
        raise validation(f"The Tag Key provided is invalid, Key: {'null' if key is None else key}")
    return str(key)


def _too_many() -> ServiceError:
    return validation("Number of Tags exceed the current limit for the provided ResourceArn")
