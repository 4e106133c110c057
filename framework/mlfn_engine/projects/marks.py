"""What a module's source marks as models and pipelines, found without importing it."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

_MARKS = frozenset({"model", "pipeline"})


def marked_name(function: ast.FunctionDef) -> str | None:
    """The name that a function is marked with; None: it is not marked."""
    for each in function.decorator_list:
        called = each.func if isinstance(each, ast.Call) else each
        word = called.attr if isinstance(called, ast.Attribute) else called.id if isinstance(called, ast.Name) else ""
        if word in _MARKS:
            given = {one.arg: one.value for one in each.keywords} if isinstance(each, ast.Call) else {}
            named = given.get("name")
            return str(named.value) if isinstance(named, ast.Constant) else function.name
    return None


def replaced(source: bytes) -> Iterator[tuple[str, int, int]]:
    """Marked functions that a later one of the same name takes the place of: the name, and on which lines they are."""
    first: dict[str, int] = {}
    for each in ast.parse(source).body:
        if not isinstance(each, ast.FunctionDef):
            continue
        if each.name in first:
            yield each.name, first[each.name], each.lineno
        if marked_name(each) is not None:
            first[each.name] = each.lineno
