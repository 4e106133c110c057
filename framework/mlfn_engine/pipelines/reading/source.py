"""A pipeline's source text, and mistakes that point into it."""

from __future__ import annotations

import ast
import inspect
import linecache
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from mlfn_engine.declarations.problems import Excerpt, Problem, location_of, relative
from mlfn_engine.values import Location

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


class Refusal(Exception):  # noqa: N818 - caught inside the compiler, which makes a Problem of it
    """Part of a pipeline that cannot be compiled: where, what is wrong, what to write instead."""

    def __init__(self, node: ast.AST | None, sentence: str, next_step: str) -> None:
        super().__init__(sentence)
        self.node = node
        self.sentence = sentence
        self.next_step = next_step


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """The syntax tree of a function, in a file whose lines are known."""

    file: str
    lines: tuple[str, ...]
    tree: ast.FunctionDef

    def problem(self, refusal: Refusal) -> Problem:
        """A refusal with its place and the line it is about."""
        node = refusal.node if hasattr(refusal.node, "lineno") else self.tree
        assert isinstance(node, (ast.expr, ast.stmt, ast.keyword, ast.excepthandler))  # noqa: S101 - they have a place
        text = self.lines[node.lineno - 1].rstrip("\n")
        start = _characters(text, node.col_offset)
        ends_here = node.end_lineno == node.lineno and node.end_col_offset is not None
        end = _characters(text, node.end_col_offset or 0) if ends_here else len(text)
        if isinstance(node, ast.stmt) and not isinstance(node, (ast.Assign, ast.Expr, ast.Return)):
            end = start + len(text[start:].split(" ")[0].rstrip(":"))  # the keyword says enough
        return Problem(
            location=Location(file=self.file, line=node.lineno),
            excerpt=Excerpt(column=start + 1, width=max(end - start, 1), text=text),
            sentence=refusal.sentence,
            next_step=refusal.next_step,
        )


def read_source(function: Callable[..., Any], root: Path) -> Source | Problem:
    """The source of a function, or the problem that it has none to read."""
    code = inspect.unwrap(function).__code__
    linecache.checkcache(code.co_filename)
    lines = tuple(linecache.getlines(code.co_filename))
    tree = _find(lines, function.__name__, code.co_firstlineno)
    if tree is None:
        return Problem(
            location=location_of(function, root),
            sentence=f"The source of {function.__name__} cannot be read.",
            next_step="Write the pipeline as a def in a file of the project: its source is what is compiled.",
        )
    return Source(file=relative(code.co_filename, root), lines=lines, tree=tree)


def _find(lines: tuple[str, ...], name: str, first_line: int) -> ast.FunctionDef | None:
    try:
        module = ast.parse("".join(lines))
    except SyntaxError:  # edited since it was imported
        return None
    for node in ast.walk(module):
        if isinstance(node, ast.FunctionDef) and node.name == name:
            starts = {node.lineno, *(each.lineno for each in node.decorator_list)}
            if first_line in starts:
                return node
    return None


def _characters(text: str, offset: int) -> int:
    """A column in characters: syntax trees count bytes of UTF-8."""
    return len(text.encode()[:offset].decode())
