"""An item as it lies in the store."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from mlfn_localstack.services.dynamodb.values import Item


class Stored(NamedTuple):
    """An item and the bytes DynamoDB counts for it."""

    item: Item
    size: int
