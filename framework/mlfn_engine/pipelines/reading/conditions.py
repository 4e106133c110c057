"""Conditions of a pipeline: comparisons of typed fields, joined by and, or, not."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING, Any

from mlfn_engine.pipelines.graph import Comparison, Constant, Logic, Negation, Value
from mlfn_engine.pipelines.reading.lists import flattens
from mlfn_engine.pipelines.reading.source import Refusal
from mlfn_engine.pipelines.types import assignable, is_optional, item_of, members, show

if TYPE_CHECKING:
    from collections.abc import Callable

    from mlfn_engine.pipelines.reading.scope import Block

    Evaluate = Callable[[ast.expr, Block], Value]

_OPERATORS: dict[type[ast.cmpop], str] = {
    ast.Eq: "=",
    ast.NotEq: "!=",
    ast.Lt: "<",
    ast.LtE: "<=",
    ast.Gt: ">",
    ast.GtE: ">=",
    ast.Is: "=",
    ast.IsNot: "!=",
    ast.In: "in",
    ast.NotIn: "in",
}


def is_condition(node: ast.expr) -> bool:
    """An expression that is true or false by its form."""
    return isinstance(node, (ast.Compare, ast.BoolOp)) or (
        isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not)
    )


def evaluate_condition(node: ast.expr, block: Block, evaluate: Evaluate) -> Value:
    """The value of a condition.

    Raises:
        Refusal: its operands cannot be compared, or it is no condition.
    """
    match node:
        case ast.BoolOp(op=op, values=values):
            parts = tuple(_branch(each, block, evaluate, first=each is values[0]) for each in values)
            return Logic(operator="and" if isinstance(op, ast.And) else "or", conditions=parts)
        case ast.UnaryOp(op=ast.Not(), operand=operand):
            return Negation(condition=evaluate_condition(operand, block, evaluate))
        case ast.Compare(ops=[ast.In() | ast.NotIn() as op], left=left, comparators=[ast.Set(elts=items) as right]):
            listed = ast.copy_location(ast.List(elts=items, ctx=ast.Load()), right)
            return _comparison(node, op, evaluate(left, block), evaluate(listed, block))
        case ast.Compare(ops=[op], left=left, comparators=[right]):
            return _comparison(node, op, evaluate(left, block), evaluate(right, block))
        case ast.Compare():
            raise Refusal(node, "A pipeline cannot chain comparisons.", "Write a < b and b < c.")
    value = evaluate(node, block)
    if not assignable(value.type, bool):
        step = 'Compare it: != 0, == "…", is not None.'
        raise Refusal(node, f"A condition must be true or false, but this is {show(value.type)}.", step)
    return value


def _branch(node: ast.expr, block: Block, evaluate: Evaluate, *, first: bool) -> Value:
    before = len(block.nodes)
    value = evaluate_condition(node, block, evaluate)
    if not first and len(block.nodes) > before:
        step = "Call it on a line before, or nest two ifs."
        raise Refusal(node, "A model after and/or would always be called.", step)
    return value


def _comparison(node: ast.Compare, op: ast.cmpop, left: Value, right: Value) -> Value:
    operator = _OPERATORS.get(type(op))
    if operator is None or (operator == "in" and item_of(right.type) is None):
        raise Refusal(node, "A pipeline cannot make this comparison.", "Use ==, !=, <, <=, >, >=, is None or in […].")
    if isinstance(op, (ast.Is, ast.IsNot)) and not _is_none(right):
        raise Refusal(node, "A pipeline compares values, not identities.", "Write == or != (is only with None).")
    if operator in ("<", "<=", ">", ">=") and not (_ordered(left.type, right.type)):
        sentence = f"{show(left.type)} and {show(right.type)} cannot be put in order."
        raise Refusal(node, sentence, "Compare two numbers or two strings that are never None.")
    if flattens(left) or flattens(right):
        raise Refusal(node, "A pipeline cannot compare lists built from lists.", "Compare inside a model.")
    other = item_of(right.type) if operator == "in" else right.type
    if operator in ("=", "!=", "in") and not _comparable(left.type, other):
        sentence = f"{show(left.type)} is never equal to {show(other)}."
        raise Refusal(node, sentence, "Compare values of the same type.")
    comparison = Comparison(operator=operator, left=left, right=right)
    return Negation(condition=comparison) if isinstance(op, ast.NotIn) else comparison


def not_none(node: ast.expr, *, holds: bool) -> set[str]:
    """The names and paths that are not None where a condition holds, or where it does not."""
    match node:
        case ast.Compare(left=left, ops=[ast.Is() | ast.Eq()], comparators=[ast.Constant(value=None)]):
            return set() if holds else {ast.unparse(left)}
        case ast.Compare(left=left, ops=[ast.IsNot() | ast.NotEq()], comparators=[ast.Constant(value=None)]):
            return {ast.unparse(left)} if holds else set()
        case ast.UnaryOp(op=ast.Not(), operand=operand):
            return not_none(operand, holds=not holds)
        case ast.BoolOp(op=op, values=values) if isinstance(op, ast.And) is holds:
            return {path for each in values for path in not_none(each, holds=holds)}
    return set()


def _comparable(left: Any, right: Any) -> bool:
    return any(assignable(one, other) or assignable(other, one) for one in members(left) for other in members(right))


def _is_none(value: Value) -> bool:
    return isinstance(value, Constant) and value.json is None


def _ordered(left: Any, right: Any) -> bool:
    if is_optional(left) or is_optional(right):
        return False
    numbers = all(assignable(each, float) for each in (*members(left), *members(right)))
    return numbers or all(assignable(each, str) for each in (*members(left), *members(right)))
