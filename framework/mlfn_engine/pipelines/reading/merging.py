"""Where ways of a pipeline meet: one variable for what each of them made of a name."""

from __future__ import annotations

import ast
from dataclasses import replace
from typing import TYPE_CHECKING

from mlfn_engine.pipelines.graph import Assign, Value, Variable, is_from_caller
from mlfn_engine.pipelines.reading.scope import ON_ONE_WAY, Block, Caught, Local, Unknown
from mlfn_engine.pipelines.types import union

if TYPE_CHECKING:
    from collections.abc import Iterable


def assigned_names(statements: Iterable[ast.stmt]) -> list[str]:
    """The names that statements assign, on some way at least."""
    return [
        each.id
        for statement in statements
        for each in ast.walk(statement)
        if isinstance(each, ast.Name) and isinstance(each.ctx, ast.Store)
    ]


def merge(block: Block, ways: list[Block]) -> None:
    """Give each name that differs between the ways on one variable, assigned at the end of each way."""
    if not ways:
        return
    _keep_what_all_know(block, ways)
    assigned: list[list[tuple[Variable, Value]]] = [[] for _ in ways]
    merged: list[str] = []
    for name in list(block.scope):
        values = [_narrowed(name, way) for way in ways]
        known = [each for each in values if not isinstance(each, Unknown | Caught)]
        if len(known) < len(values):
            block.scope[name] = values[0] if all(each == values[0] for each in values) else Unknown()
        elif any(each != known[0] for each in known):
            merged.append(name)
            variable = block.answer(name, union(tuple(each.type for each in known)))
            variable = replace(variable, from_caller=any(map(is_from_caller, known)))
            block.scope[name] = variable
            for pairs, each in zip(assigned, known, strict=True):
                pairs.append((variable, each))
    for way, pairs in zip(ways, assigned, strict=True):
        if pairs:
            state = block.context.names.state(f"Keep {', '.join(merged)}")
            way.nodes.append(Assign(state=state, values=tuple(pairs)))


def _narrowed(name: str, way: Block) -> Local:
    value = way.scope[name]
    return value if isinstance(value, Unknown | Caught) else way.narrow(ast.Name(id=name), value)


def _keep_what_all_know(block: Block, ways: list[Block]) -> None:
    names = [name for name in ways[0].scope if all(name in way.scope for way in ways)]
    block.scope = {name: ways[0].scope[name] for name in names}
    for way in ways:
        block.lost |= {**dict.fromkeys(way.scope.keys() - block.scope.keys(), ON_ONE_WAY), **way.lost}
    block.narrowed = set.intersection(*(way.narrowed for way in ways))
