"""What a statement says."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mlfn_localstack.services.dynamodb.expressions.syntax import Action, Condition, Path
    from mlfn_localstack.services.dynamodb.values import Item


@dataclass(frozen=True, slots=True, kw_only=True)
class Select:
    """Read items."""

    table: str
    index: str | None = None
    paths: tuple[Path, ...] | None = None
    """None: everything."""
    where: Condition | None = None
    order: tuple[tuple[str, bool], ...] = ()
    """Key attributes, and whether ascending."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Insert:
    """Put an item that is not there yet."""

    table: str
    item: Item


@dataclass(frozen=True, slots=True, kw_only=True)
class Update:
    """Change an item that is there."""

    table: str
    actions: tuple[Action, ...]
    where: Condition | None = None
    returning: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Delete:
    """Remove an item."""

    table: str
    where: Condition | None = None
    returning: str | None = None


Statement = Select | Insert | Update | Delete
