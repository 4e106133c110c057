"""What a single write does: prepared from a request, checked against the item that is there, then applied.

PutItem, UpdateItem, DeleteItem, the batch and the transaction all go through here.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from mlfn_localstack.services.dynamodb.errors import ConditionFailedError, constraint, invalid, validation
from mlfn_localstack.services.dynamodb.expressions.apply import apply
from mlfn_localstack.services.dynamodb.expressions.evaluate import holds
from mlfn_localstack.services.dynamodb.keys import RowKey, check_index_keys, check_key, item_key
from mlfn_localstack.services.dynamodb.stored import Stored
from mlfn_localstack.services.dynamodb.values import MAX_ITEM_BYTES, check_depth, check_item, item_size

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from mlfn_localstack.service import Params
    from mlfn_localstack.services.dynamodb.expressions.syntax import Action, Condition
    from mlfn_localstack.services.dynamodb.model import Table
    from mlfn_localstack.services.dynamodb.values import Item


class Write(NamedTuple):
    """A write that is well-formed: `change` makes the new item of the old one."""

    table: Table
    key: RowKey
    key_item: Item
    change: Callable[[Stored | None], Stored | None]
    condition: Condition | None = None
    return_old_on_failure: bool = False
    actions: tuple[Action, ...] = ()

    def outcome(self, old: Stored | None) -> Stored | None:
        """The item after the write, if its condition holds for `old`.

        Raises:
            ServiceError: the condition does not hold, or the update does not fit the item.
        """
        if self.condition is not None and not holds(self.condition, old.item if old else {}):
            raise ConditionFailedError(old.item if old and self.return_old_on_failure else None)
        return self.change(old)


def put(table: Table, item: Any, condition: Condition | None, params: Params) -> Write:
    """Replace the whole item."""
    stored = check_put(item)
    return prepared_put(table, stored, condition, params)


def check_put(item: Any) -> Stored:
    """An item as it will be stored, checked as far as that needs no table."""
    if item is None:
        raise constraint("null", "item", "Member must not be null")
    stored = Stored(*check_item(item))
    if stored.size > MAX_ITEM_BYTES:
        raise validation("Item size has exceeded the maximum allowed size")
    return stored


def prepared_put(table: Table, stored: Stored, condition: Condition | None, params: Params) -> Write:
    """Replace the whole item by one that `check_put` gave."""
    key = item_key(table.schema, stored.item)
    if table.indexes:
        check_index_keys(table, stored.item)
    return Write(
        table=table,
        key=key,
        key_item=stored.item,
        change=lambda _: stored,
        condition=condition,
        return_old_on_failure=returns_old_on_failure(params),
    )


def delete(table: Table, key: Any, condition: Condition | None, params: Params) -> Write:
    """Remove the item."""
    key_item, row = check_key(table.schema, key)
    return Write(
        table=table,
        key=row,
        key_item=key_item,
        change=lambda _: None,
        condition=condition,
        return_old_on_failure=returns_old_on_failure(params),
    )


def check(table: Table, key: Any, condition: Condition, params: Params) -> Write:
    """Leave the item as it is; only its condition counts."""
    key_item, row = check_key(table.schema, key)
    return Write(
        table=table,
        key=row,
        key_item=key_item,
        change=lambda old: old,
        condition=condition,
        return_old_on_failure=returns_old_on_failure(params),
    )


def update(table: Table, key: Any, actions: tuple[Action, ...], condition: Condition | None, params: Params) -> Write:
    """Change some attributes; an item that is not there is made."""
    key_item, row = check_key(table.schema, key)
    for action in actions:
        if action.path.elements[0] in table.schema.names:
            raise invalid(f"Cannot update attribute {action.path.elements[0]}. This attribute is part of the key")
    return Write(
        table=table,
        key=row,
        key_item=key_item,
        change=lambda old: _updated(table, key_item, actions, old),
        condition=condition,
        return_old_on_failure=returns_old_on_failure(params),
        actions=actions,
    )


def returns_old_on_failure(params: Params) -> bool:
    """Whether a failed condition's error is to carry the item."""
    return params.get("ReturnValuesOnConditionCheckFailure") == "ALL_OLD"


def _updated(table: Table, key: Item, actions: tuple[Action, ...], old: Stored | None) -> Stored:
    item = apply(actions, old.item if old else key)
    if table.indexes:
        check_index_keys(table, item, update=True)
    check_depth(item)
    size = item_size(item)
    if size > MAX_ITEM_BYTES:
        raise validation("Item size to update has exceeded the maximum allowed size")
    return Stored(item, size)
