"""Fn::ForEach: members of a template that are repeated for each item of a collection.

The loop's identifier stands for an item in the keys of what is repeated, in `Fn::Sub`, and for `Ref`; a text that says
`${Identifier}` anywhere else stays as it is.
https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/intrinsic-function-reference-foreach.html
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from mlfn_localstack.service import ServiceError
from mlfn_localstack.services.cloudformation.errors import validation_error

PREFIX = "Fn::ForEach::"
_LAYOUT = "Fn::ForEach layout is incorrect"
_NO_COLLECTION = "Could not find a collection or could not be resolved for Fn::ForEach"
_PLACE = re.compile(r"([$&])\{([^!}][^}]*)\}")
_NO_LETTER = re.compile(r"[^A-Za-z0-9]")

Items = Mapping[str, str]
"""What the identifiers of the loops around a node stand for."""


class Loops:
    """Expands the loops of one template; `value` evaluates collections."""

    def __init__(self, value: Callable[[Any], Any]) -> None:
        self._value = value

    def expanded(self, node: Any, items: Items) -> Any:
        """A node with everything repeated that is to be.

        Raises:
            ServiceError: ValidationError: a loop is malformed.
        """
        if isinstance(node, list):
            return [self.expanded(item, items) for item in node]
        if not isinstance(node, dict):
            return node
        match node:
            case {"Ref": str() as name} if name in items and len(node) == 1:
                return items[name]
            case {"Fn::Sub": argument} if len(node) == 1:
                return {"Fn::Sub": self._substituted(argument, items)}
        found: dict[str, Any] = {}
        for key, value in node.items():
            for name, member in self._members(key, value, items):
                if name in found:
                    raise validation_error(f"Duplicate key '{name}' when merging keys to parent object in Fn::ForEach")
                found[name] = member
        return found

    def _members(self, key: str, value: Any, items: Items) -> Iterator[tuple[str, Any]]:
        if not key.startswith(PREFIX):
            yield key, self.expanded(value, items)
            return
        if not _is_loop(value):
            raise validation_error(_LAYOUT)
        identifier, collection, repeated = value
        for item in self._collection(collection, items):
            inner = {**items, identifier: item}
            for name, member in repeated.items():
                yield from self._members(_with_items(name, inner, "$&"), member, inner)

    def _collection(self, node: Any, items: Items) -> list[str]:
        try:
            value = self._value(self.expanded(node, items))
        except ServiceError as error:
            raise validation_error(_NO_COLLECTION) from error
        if not isinstance(value, list):
            raise validation_error(_NO_COLLECTION)
        return [str(one) for item in value for one in (item if isinstance(item, list) else [item])]

    def _substituted(self, argument: Any, items: Items) -> Any:
        if isinstance(argument, str):
            return _with_items(argument, items, "$")
        if isinstance(argument, list) and argument and isinstance(argument[0], str):
            return [_with_items(argument[0], items, "$"), *(self.expanded(one, items) for one in argument[1:])]
        return argument


def _is_loop(value: Any) -> bool:
    return isinstance(value, list) and [type(one) for one in value[::2]] == [str, dict] and len(value) == 3


def _with_items(text: str, items: Items, marks: str) -> str:
    """A text with items in the places of identifiers; `&{…}` takes letters and digits alone."""

    def put(found: re.Match[str]) -> str:
        mark, name = found[1], found[2]
        if mark not in marks or name not in items:
            return found[0]
        return items[name] if mark == "$" else _NO_LETTER.sub("", items[name])

    return _PLACE.sub(put, text)
