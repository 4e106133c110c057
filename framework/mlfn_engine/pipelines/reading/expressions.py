"""Expressions of a pipeline, as typed values; the calls inside them become nodes."""

from __future__ import annotations

import ast
import difflib
import enum
import math
from typing import TYPE_CHECKING, Any, Literal

from mlfn.flow import limit
from mlfn_engine.declarations.schemas import to_json
from mlfn_engine.pipelines.graph import Constant, Field, ForEach, ListOf, ObjectOf, Value, Variable, is_from_caller
from mlfn_engine.pipelines.reading.calls import default_of, evaluate_call
from mlfn_engine.pipelines.reading.conditions import evaluate_condition, is_condition
from mlfn_engine.pipelines.reading.handlers import error_part
from mlfn_engine.pipelines.reading.lists import settled
from mlfn_engine.pipelines.reading.scope import MISSING, Block, Caught, Unknown, undefined
from mlfn_engine.pipelines.reading.source import Refusal
from mlfn_engine.pipelines.reading.static import static
from mlfn_engine.pipelines.types import Shape, fields_of, is_optional, item_of, plain, show, union

if TYPE_CHECKING:
    from collections.abc import Callable

_INSIDE_A_MODEL = "Do it inside a model: a pipeline passes values on, it does not compute."
_KEY_MARKS = ("`", "{%", "%}", "${", "{{")
MOST_AT_ONCE = 40
"""https://docs.aws.amazon.com/step-functions/latest/dg/state-map-inline.html"""
_SAFE_INTEGER = 2**53
"""Larger integers lose digits in JSONata: https://docs.jsonata.org/numeric-functions"""

_REFUSED: dict[type[ast.expr], tuple[str, str]] = {
    ast.BinOp: ("A pipeline cannot compute.", _INSIDE_A_MODEL),
    ast.JoinedStr: ("A pipeline cannot format text.", _INSIDE_A_MODEL),
    ast.IfExp: ("A pipeline has no conditional expressions.", "Write an if statement."),
    ast.Lambda: ("A pipeline cannot hold a lambda.", "Call models directly."),
    ast.SetComp: ("A pipeline has no sets.", "Write a list: [… for … in …]."),
    ast.Set: ("A pipeline has no sets.", "Write a list."),
    ast.DictComp: ("A pipeline cannot build a dict from a loop.", "Write a list: [… for … in …]."),
    ast.GeneratorExp: ("A pipeline has no generators.", "Write a list: [… for … in …]."),
    ast.Await: ("A pipeline cannot await.", "Call the model directly."),
    ast.NamedExpr: ("A pipeline has no := assignments.", "Write the assignment on a line of its own."),
    ast.Starred: ("A pipeline cannot unpack.", "Write the values out."),
    ast.Yield: ("A pipeline cannot yield.", "Return a list."),
    ast.YieldFrom: ("A pipeline cannot yield.", "Return a list."),
    ast.Slice: ("A pipeline cannot slice.", _INSIDE_A_MODEL),
}


def evaluate(node: ast.expr, block: Block) -> Value:
    """The value of an expression; calls of models inside it are added to the block.

    Raises:
        Refusal: it is none that a state machine can have.
    """
    if is_condition(node):
        return evaluate_condition(node, block, evaluate)
    kind = _KINDS.get(type(node))
    if kind is not None:
        return block.narrow(node, kind(node, block))
    sentence, step = _REFUSED.get(type(node), ("A pipeline cannot do this.", _INSIDE_A_MODEL))
    raise Refusal(node, sentence, step)


def _constant(node: ast.Constant, block: Block) -> Value:
    return constant(node, node.value)


def constant(node: ast.expr, value: object) -> Constant:
    """A Python constant as one of the pipeline."""
    if isinstance(value, enum.Enum):
        return Constant(json=to_json(type(value), value), type=type(value))
    if isinstance(value, int) and abs(value) > _SAFE_INTEGER:
        raise Refusal(node, f"{value} has more digits than JSON keeps.", "Pass it as a string.")
    if isinstance(value, float) and not math.isfinite(value):
        raise Refusal(node, f"{value} is not a number in JSON.", "Use a finite number or None.")
    if value is None or isinstance(value, float):
        return Constant(json=value, type=type(value))
    if isinstance(value, (bool, int, str)):
        return Constant(json=value, type=Literal[value])
    raise Refusal(node, f"A pipeline cannot hold this {type(value).__name__}.", "Use JSON's constants, or a model.")


def _signed(node: ast.UnaryOp, block: Block) -> Value:
    match node:
        case ast.UnaryOp(op=ast.USub(), operand=ast.Constant(value=int() | float() as number)):
            return constant(node, -number)
    sentence, step = _REFUSED[ast.BinOp]
    raise Refusal(node, sentence, step)


def _name(node: ast.Name, block: Block) -> Value:
    value = block.local(node)
    if isinstance(value, Unknown):
        return Constant(json=None, type=Any)
    if isinstance(value, Caught):
        step = f"Pass str({node.id}) for its message, type({node.id}).__name__ for its type."
        raise Refusal(node, f"{node.id} is an exception, which cannot travel between steps.", step)
    return _outside(node, block) if value is None else value


def _outside(node: ast.Name | ast.Attribute, block: Block) -> Value:
    """A constant of the module, or a member of an enum."""
    found = block.outside(node)
    if found is MISSING and isinstance(node, ast.Name):
        raise undefined(node, block)
    if callable(found) and not isinstance(found, enum.Enum):
        raise Refusal(node, f"{ast.unparse(node)} is not a value.", "Call it, if it is a model.")
    return constant(node, found)


def _attribute(node: ast.Attribute, block: Block) -> Value:
    if (part := error_part(node, block)) is not None:
        return part
    if block.outside(node) is not MISSING:
        return _outside(node, block)
    of = evaluate(node.value, block)
    if plain(of.type) is Any:
        return Constant(json=None, type=Any) if isinstance(of, Constant) else Field(of=of, key=node.attr, type=Any)
    if _is_mapping(of.type):
        raise Refusal(node, f"{show(of.type)} has keys, not attributes.", f"Write [{node.attr!r}].")
    return _field(node, of, node.attr)


def _subscript(node: ast.Subscript, block: Block) -> Value:
    of = evaluate(node.value, block)
    key = node.slice.value if isinstance(node.slice, ast.Constant) else None
    if isinstance(key, str) and (plain(of.type) is Any or _is_mapping(of.type)):
        if plain(of.type) is not Any:
            return _field(node, of, key)
        _check_key(node, key)
        return Field(of=of, key=key, type=Any)
    if isinstance(key, str) and fields_of(of.type) is not None:
        raise Refusal(node, f"{show(of.type)} has attributes, not keys.", f"Write .{key}.")
    raise Refusal(node, "A pipeline can only take a typed object's fields.", _INSIDE_A_MODEL)


def _field(node: ast.Attribute | ast.Subscript, of: Value, key: str) -> Value:
    written = ast.unparse(node.value)
    if is_optional(of.type):
        step = "Ask first (if … is not None:), or let the model that gives it never give None."
        raise Refusal(node, f"{written} may be None ({show(of.type)}), which has no {key!r}.", step)
    fields = fields_of(of.type)
    if fields is None:
        raise Refusal(node, f"{written} is {show(of.type)}, which has no fields.", _INSIDE_A_MODEL)
    if key not in fields:
        close = difflib.get_close_matches(key, fields, n=1)
        step = f"Did you mean {close[0]}?" if close else f"It has: {', '.join(fields) or 'none'}."
        raise Refusal(node, f"{show(of.type)} has no field {key!r}.", step)
    if not fields[key].required:
        raise Refusal(node, f"{key!r} of {show(of.type)} may be missing.", "Make it required, with None if need be.")
    _check_key(node, key)
    if isinstance(of, ObjectOf):
        return dict(of.entries)[key]
    default = default_of(fields[key]) if is_from_caller(of) else None
    return Field(of=of, key=key, type=fields[key].hint, default=default)


def _check_key(node: ast.expr, key: str) -> None:
    if any(mark in key for mark in _KEY_MARKS):
        raise Refusal(node, f"The key {key!r} cannot be written in a state machine.", "Rename it.")


def _is_mapping(hint: Any) -> bool:
    hint = plain(hint)
    return isinstance(hint, Shape) or hasattr(hint, "__required_keys__")


def _call(node: ast.Call, block: Block) -> Value:
    return evaluate_call(node, block, evaluate)


def _list(node: ast.List | ast.Tuple, block: Block) -> Value:
    items = tuple(settled(evaluate(each, block), "items", block) for each in node.elts)
    types = tuple(each.type for each in items)
    if isinstance(node, ast.Tuple):
        return ListOf(items=items, type=tuple[types])  # type: ignore[valid-type]  # a hint made of values' types
    return ListOf(items=items, type=list[union(types)])  # type: ignore[misc]  # the same


def _dict(node: ast.Dict, block: Block) -> Value:
    entries: dict[str, Value] = {}
    for key, value in zip(node.keys, node.values, strict=True):
        if not isinstance(key, ast.Constant) or not isinstance(key.value, str):
            raise Refusal(key or value, "A key of a dict must be a string written here.", 'Write {"name": …}.')
        _check_key(key, key.value)
        entries[key.value] = evaluate(value, block)
    shape = Shape(fields=tuple((name, each.type) for name, each in entries.items()))
    return ObjectOf(entries=tuple(entries.items()), type=shape)


def _comprehension(node: ast.ListComp, block: Block) -> Value:
    return map_items(node, block, wanted=None)


def map_items(node: ast.ListComp, block: Block, wanted: str | None) -> Value:
    """A list comprehension: the same nodes for each item of a list."""
    loop, target = _only_loop(node)
    listed, at_once = _limited(loop.iter, block)
    items = evaluate(listed, block)
    item_type = item_of(items.type)
    if item_type is None:
        raise Refusal(listed, f"This is {show(items.type)}, not a list.", "Loop over a field that is a list.")
    inner = block.child()
    item = inner.fresh(target.id, item_type, [items])
    item = Variable(name=item.name, type=item.type, records=item.records, from_caller=is_from_caller(items))
    inner.scope[target.id] = item
    value = settled(evaluate(node.elt, inner), target.id, inner)
    result = _map_result(wanted or f"{target.id}_list", items, inner, value)
    names = block.context.names
    node_for_each = ForEach(
        state=names.state(f"for {target.id} in {ast.unparse(listed)}"),
        items=items,
        item=item,
        body=tuple(inner.nodes),
        value=value,
        result=result,
        item_state=names.state(target.id),
        value_state=names.state(f"{result.name} of {target.id}"),
        at_once=at_once,
    )
    block.nodes.append(node_for_each)
    return result


def _limited(node: ast.expr, block: Block) -> tuple[ast.expr, int | None]:
    """The list that is looped over, and how many of its items at once."""
    if not isinstance(node, ast.Call) or block.outside(node.func) is not limit:
        return node, None
    named = {each.arg: each.value for each in node.keywords}
    match [*node.args, *(named[name] for name in ("items", "at_once")[len(node.args) :] if name in named)]:
        case [items, count] if len(node.args) + len(node.keywords) == 2:
            at_once = static(count, block)
        case _:
            raise Refusal(node, "limit() takes a list and a number.", "Write limit(items, at_once=10).")
    if isinstance(at_once, bool) or not isinstance(at_once, int) or not 1 <= at_once <= MOST_AT_ONCE:
        step = f"Write a whole number from 1 to {MOST_AT_ONCE}."
        raise Refusal(count, f"A map cannot run {at_once!r} at once.", step)
    return items, at_once


def _map_result(name: str, items: Value, inner: Block, value: Value) -> Variable:
    hint: Any = list[value.type]  # type: ignore[name-defined]  # a hint made of a value's type
    return inner.answer(name, hint) if inner.nodes else inner.fresh(name, hint, [items, value])


def _only_loop(node: ast.ListComp) -> tuple[ast.comprehension, ast.Name]:
    loop = node.generators[0]
    if len(node.generators) > 1:
        second = node.generators[1].target
        raise Refusal(second, "A list comprehension of a pipeline has one loop.", "Nest another in its element.")
    if loop.ifs:
        step = "Filter inside a model, or loop over all items."
        raise Refusal(loop.ifs[0], "A list comprehension of a pipeline has no if.", step)
    if not isinstance(loop.target, ast.Name):
        step = "Loop over one name and take its fields."
        raise Refusal(loop.target, "A list comprehension of a pipeline cannot unpack its items.", step)
    return loop, loop.target


_KINDS: dict[type[ast.expr], Callable[[Any, Block], Value]] = {
    ast.Constant: _constant,
    ast.UnaryOp: _signed,
    ast.Name: _name,
    ast.Attribute: _attribute,
    ast.Subscript: _subscript,
    ast.Call: _call,
    ast.List: _list,
    ast.Tuple: _list,
    ast.Dict: _dict,
    ast.ListComp: _comprehension,
}
