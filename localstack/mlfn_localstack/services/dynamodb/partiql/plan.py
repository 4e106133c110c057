"""What a WHERE clause says of the keys, and what is left of it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import reduce
from typing import TYPE_CHECKING

from mlfn_localstack.services.dynamodb.errors import validation
from mlfn_localstack.services.dynamodb.expressions.key_condition import KeyCondition, Term
from mlfn_localstack.services.dynamodb.expressions.syntax import And, Call, Comparison, Condition, Literal, Path
from mlfn_localstack.services.dynamodb.keys import check_not_empty

if TYPE_CHECKING:
    from mlfn_localstack.services.dynamodb.expressions.syntax import Operand
    from mlfn_localstack.services.dynamodb.model import Key, KeySchema
    from mlfn_localstack.services.dynamodb.values import Item, Value

_MIRRORED = {"=": "=", "<": ">", "<=": ">=", ">": "<", ">=": "<="}


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadPlan:
    """Which partitions are read, where in them, and which of their items count."""

    keys: tuple[KeyCondition, ...]
    """Empty: the whole table or index."""
    filter: Condition | None


def plan_read(where: Condition | None, schema: KeySchema) -> ReadPlan:
    """How to find the items."""
    parts = _parts(where)
    for part in parts:
        _check_kinds(part, schema)
    heads = next(((part, terms) for part in parts if (terms := _partitions(part, schema))), None)
    if heads is None:
        return ReadPlan(keys=(), filter=where)
    parts.remove(heads[0])
    tail = next(((part, term) for part in parts if (term := _range(part, schema))), None)
    if tail is not None:
        parts.remove(tail[0])
    keys = tuple(KeyCondition(hash=head, range=tail[1] if tail else None) for head in heads[1])
    return ReadPlan(keys=keys, filter=_joined(parts))


def key_of(where: Condition | None, schema: KeySchema) -> tuple[Item, Condition | None]:
    """The key of the one item that is meant, and what else is asked of it."""
    parts = _parts(where)
    key: Item = {}
    for part in list(parts):
        term = _term(part)
        if term is not None and term.operator == "=" and term.name in schema.names and term.name not in key:
            key[term.name] = term.values[0]
            parts.remove(part)
    if len(key) < len(schema.keys):
        raise validation("Where clause does not contain a mandatory equality on all key attributes")
    for name in schema.keys:
        check_key_kind(name, key[name.name])
    return key, _joined(parts)


def equalities(where: Condition | None) -> dict[str, list[Value]]:
    """The values that attributes must have one of, by `=` or by `IN`."""
    found: dict[str, list[Value]] = {}
    for part in _parts(where):
        term = _term(part)
        if term is not None and term.operator in ("=", "IN"):
            found.setdefault(term.name, []).extend(term.values)
    return found


def check_key_kind(key: Key, value: Value) -> None:
    """Refuse a value of another type than the key's, or an empty one."""
    if key.kind not in value:
        what = "Key attribute's data type should match its data type in table's schema"
        raise validation(f"{what}: Key {key.name}")
    check_not_empty(key, value)


def _parts(where: Condition | None) -> list[Condition]:
    if isinstance(where, And):
        return [*_parts(where.left), *_parts(where.right)]
    return [] if where is None else [where]


def _joined(parts: list[Condition]) -> Condition | None:
    return reduce(And, parts) if parts else None


def _check_kinds(part: Condition, schema: KeySchema) -> None:
    term = _term(part)
    for key in schema.keys:
        if term is not None and term.name == key.name:
            for value in term.values:
                check_key_kind(key, value)


def _partitions(part: Condition, schema: KeySchema) -> tuple[Term, ...]:
    """The partitions that a part names, by `=` or by `IN`."""
    term = _term(part)
    if term is None or term.name != schema.hash.name or term.operator not in ("=", "IN"):
        return ()
    values = [value for at, value in enumerate(term.values) if value not in term.values[:at]]
    return tuple(Term(name=term.name, operator="=", values=(value,)) for value in values)


def _range(part: Condition, schema: KeySchema) -> Term | None:
    term = _term(part)
    if term is None or schema.range is None or term.name != schema.range.name:
        return None
    return term if term.operator in (*_MIRRORED, "BETWEEN", "begins_with") else None


def _term(part: Condition) -> Term | None:
    """A part that compares one attribute with values."""
    match part:
        case Comparison(operator, (Literal(value), Path((str(name),)))) if operator in _MIRRORED:
            return Term(name=name, operator=_MIRRORED[operator], values=(value,))
        case Comparison(operator, (Path((str(name),)), *others)) | Call(
            "begins_with" as operator, (Path((str(name),)), *others)
        ):
            values = _literals(others)
            return None if values is None else Term(name=name, operator=operator, values=values)
        case _:
            return None


def _literals(operands: list[Operand]) -> tuple[Value, ...] | None:
    found = tuple(operand.value for operand in operands if isinstance(operand, Literal))
    return found if len(found) == len(operands) else None
