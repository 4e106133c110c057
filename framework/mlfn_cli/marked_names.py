"""Which names a project's source declares, found without importing it."""

from __future__ import annotations

import ast
from itertools import chain
from typing import TYPE_CHECKING

from mlfn_engine.projects.marks import marked_name

if TYPE_CHECKING:
    from pathlib import Path


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
    return any(marked_name(each) == name for each in functions)
