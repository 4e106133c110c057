"""Lists inside expressions: JSONata flattens them where a state's JSON does not."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlfn_engine.pipelines.graph import Assign, ListOf, ObjectOf, Value, Variable
from mlfn_engine.pipelines.types import may_be_array

if TYPE_CHECKING:
    from mlfn_engine.pipelines.reading.scope import Block


def flattens(value: Value) -> bool:
    """An expression for `value` would lose a level: `[$a, $b]` puts the items of lists beside each other.

    https://docs.jsonata.org/construction
    """
    match value:
        case ListOf(items=items):
            return any(flattens(each) or (not isinstance(each, ListOf) and may_be_array(each.type)) for each in items)
        case ObjectOf(entries=entries):
            return any(flattens(each) for _, each in entries)
    return False


def settled(value: Value, name: str, block: Block) -> Value:
    """`value`, kept in a variable first if an expression would flatten one of its lists."""
    return kept(value, name, block) if flattens(value) else value


def kept(value: Value, name: str, block: Block) -> Variable:
    """A variable that holds `value`."""
    variable = block.fresh(name, value.type, [value])
    block.nodes.append(Assign(state=block.context.names.state(f"Build {name}"), values=((variable, value),)))
    return variable
