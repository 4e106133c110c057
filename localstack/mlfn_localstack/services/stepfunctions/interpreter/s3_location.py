"""Where in S3 a distributed map reads and writes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mlfn_localstack.services.stepfunctions.asl.failure import StateError

if TYPE_CHECKING:
    from mlfn_localstack.services.stepfunctions.asl.failure import ErrorName

_TEXTS = ("Bucket", "Key", "Prefix")


def located(arguments: Any, required: tuple[str, ...], failure: ErrorName) -> dict[str, Any]:
    """A template's arguments, if S3 can be asked with them.

    Raises:
        StateError: Something is missing, or no text.
    """
    given = arguments if isinstance(arguments, dict) else {}
    for name in required:
        if name not in given:
            raise StateError(failure, f"The field '{name}' is required but was missing")
    for name in _TEXTS:
        if not isinstance(given.get(name, ""), str):
            raise StateError(failure, f"The value for the field '{name}' must be a STRING")
    return given
