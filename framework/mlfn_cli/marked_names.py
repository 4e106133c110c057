"""Which names a project's source declares, found without importing it."""

from __future__ import annotations

import ast
from itertools import chain
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

_MARKS = frozenset({"model", "pipeline"})


def declares(project: Path, name: str) -> bool:
    """Whether a module of the project, or of a package in it, marks a model or pipeline of this name."""
    modules = chain(project.glob("*.py"), project.glob("*/*.py"))
    return any(_marks(path, name) for path in modules if not path.parent.name.startswith("."))


def _marks(path: Path, name: str) -> bool:
    try:
        text = path.read_text(encoding="utf-8")
        functions = [each for each in ast.walk(ast.parse(text)) if isinstance(each, ast.FunctionDef)]
    except (OSError, ValueError, SyntaxError):
        return False  # it declares nothing that could be called
    return any(_name_of(each) == name for each in functions)


def _name_of(function: ast.FunctionDef) -> str | None:
    """The name that a function is marked with; None: it is not marked."""
    for each in function.decorator_list:
        called = each.func if isinstance(each, ast.Call) else each
        word = called.attr if isinstance(called, ast.Attribute) else called.id if isinstance(called, ast.Name) else ""
        if word in _MARKS:
            given = {one.arg: one.value for one in each.keywords} if isinstance(each, ast.Call) else {}
            named = given.get("name")
            return str(named.value) if isinstance(named, ast.Constant) else function.name
    return None
