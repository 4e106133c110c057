"""What a request needs to be allowed."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mlfn_localstack.service import Params


@dataclass(frozen=True, slots=True, kw_only=True)
class Access:
    """An action on a resource, with the condition keys that are particular to it."""

    action: str
    resource: str
    context: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    table: tuple[str, Params] | None = None
    """For DynamoDB: the table's name and the parameters that concern it."""
    secret: str = ""
    """For Secrets Manager: what the request calls the secret."""
