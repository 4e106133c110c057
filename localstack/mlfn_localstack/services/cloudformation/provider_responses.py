"""What providers of custom resources respond, understood as CloudFormation understands it.

https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/crpg-ref-responses.html
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from mlfn_localstack.services.cloudformation.errors import ToldFailureError
from mlfn_localstack.services.cloudformation.schema import as_texts

TOO_LONG = "\0"
"""Stands for a response that is longer than it may be; no JSON is this."""
_INVALID = "Invalid Response object: Value of property {} must be {}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """A resource as its provider tells of it."""

    physical_id: str
    data: dict[str, Any]
    is_secret: bool
    """Whether nobody may be shown the data."""
    request_id: str


class ProviderFailureError(ToldFailureError):
    """The provider says that it failed, perhaps after it made something."""

    def __init__(self, message: str, physical_id: str) -> None:
        super().__init__(message)
        self.physical_id = physical_id


def read_answer(text: str, request_id: str) -> Answer | ToldFailureError:
    """A response's success, or the failure that it stands for."""
    if text == TOO_LONG:
        return ToldFailureError("Response object is too long.")
    response = _object(text)
    if response is None:
        return ToldFailureError("Invalid Response object: it is no JSON object")
    physical_id, data, status = response.get("PhysicalResourceId"), response.get("Data"), response.get("Status")
    problem = _problem(response)
    if problem is not None:
        return ToldFailureError(problem)
    if status == "FAILED":
        told = f"Message returned: {response.get('Reason') or ''} (RequestId: {request_id})"
        return ProviderFailureError(
            f"Received response status [FAILED] from custom resource. {told}", physical_id or ""
        )
    return Answer(
        physical_id=str(physical_id),
        data=as_texts(data or {}),
        is_secret=str(response.get("NoEcho", "false")).lower() == "true",
        request_id=request_id,
    )


def _object(text: str) -> dict[str, Any] | None:
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None


def _problem(response: dict[str, Any]) -> str | None:
    """Why a response cannot be understood, if it cannot."""
    physical_id, status = response.get("PhysicalResourceId"), response.get("Status")
    if status not in ("SUCCESS", "FAILED"):
        return _INVALID.format("Status", "SUCCESS or FAILED")
    if physical_id is not None and not isinstance(physical_id, str):
        return _INVALID.format("PhysicalResourceId", "of type String")
    if not physical_id and status == "SUCCESS":
        return "Invalid PhysicalResourceId"
    if not isinstance(response.get("Data") or {}, dict):
        return _INVALID.format("Data", "an object")
    return None
