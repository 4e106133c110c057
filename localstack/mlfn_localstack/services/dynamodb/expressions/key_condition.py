"""A key condition: one partition, and at most one condition on the sort key."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, assert_never

from mlfn_localstack.services.dynamodb.errors import invalid, validation
from mlfn_localstack.services.dynamodb.expressions.syntax import (
    And,
    Call,
    Comparison,
    Condition,
    Literal,
    Not,
    Operand,
    Or,
    Path,
)
from mlfn_localstack.services.dynamodb.keys import check_not_empty

if TYPE_CHECKING:
    from mlfn_localstack.service import ServiceError
    from mlfn_localstack.services.dynamodb.model import Key, KeySchema
    from mlfn_localstack.services.dynamodb.values import Value

_MIRRORED = {"=": "=", "<": ">", "<=": ">=", ">": "<", ">=": "<="}


@dataclass(frozen=True, slots=True, kw_only=True)
class Term:
    """A condition on one key attribute: `=`, `<`, `<=`, `>`, `>=`, `BETWEEN` or `begins_with`."""

    name: str
    operator: str
    values: tuple[Value, ...]

    def data(self, key: Key) -> tuple[str, ...]:
        """The values' data, which all are of the key's type."""
        return tuple(value[key.kind] for value in self.values)


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyCondition:
    """What a query asks of the keys."""

    hash: Term
    range: Term | None


def key_condition(condition: Condition, schema: KeySchema) -> KeyCondition:
    """The condition as one on the keys of a table or index.

    Raises:
        ServiceError: it is not the kind of condition a query can have.
    """
    terms: dict[str, Term] = {}
    for term in _terms(condition):
        if term.name in terms:
            what = "KeyConditionExpressions must only contain one condition per key"
            raise validation(f"Invalid KeyConditionExpression: {what}")
        terms[term.name] = term
    if len(terms) > len(schema.keys) and len(terms) > 2:
        detail = f"({len(terms)}) exceeds the number of key attributes defined in the schema ({len(schema.keys)})"
        raise validation(f"The number of query conditions {detail}")
    head = terms.pop(schema.hash.name, None)
    if head is None:
        raise validation(f"Query condition missed key schema element: {schema.hash.name}")
    tail = terms.pop(schema.range.name, None) if schema.range else None
    if head.operator != "=" or (terms and schema.range is None):
        raise validation("Query key condition not supported")
    if terms and schema.range is not None:
        raise validation(f"Query condition missed key schema element: {schema.range.name}")
    _check_values(schema.hash, head)
    if tail is not None and schema.range is not None:
        _check_values(schema.range, tail)
    return KeyCondition(hash=head, range=tail)


def _terms(condition: Condition) -> list[Term]:
    match condition:
        case And(left, right):
            return [*_terms(left), *_terms(right)]
        case Or():
            raise _refused("OR")
        case Not():
            raise _refused("NOT")
        case Comparison(operator, operands):
            if operator not in (*_MIRRORED, "BETWEEN"):
                raise _refused(operator)
            return [_comparison(operator, operands)]
        case Call(function, operands):
            if function != "begins_with":
                raise _refused(function)
            return [_begins_with(operands)]
        case _:
            assert_never(condition)


def _refused(operator: str) -> ServiceError:
    return validation(f"Invalid operator used in KeyConditionExpression: {operator}")


def _comparison(operator: str, operands: tuple[Operand, ...]) -> Term:
    first, *others = operands
    if operator in _MIRRORED and isinstance(first, Literal) and isinstance(others[0], Path):
        return _term(others[0], _MIRRORED[operator], (first,))
    return _term(first, operator, tuple(others))


def _begins_with(operands: tuple[Operand, ...]) -> Term:
    if isinstance(operands[0], Literal) and isinstance(operands[1], Path):
        what = "begins_with operator must have the key attribute as its first operand"
        raise validation(f"Invalid condition in KeyConditionExpression: {what}")
    return _term(operands[0], "begins_with", operands[1:])


def _term(path: Operand, operator: str, operands: tuple[Operand, ...]) -> Term:
    if any(isinstance(operand, Call) for operand in (path, *operands)):
        raise validation("KeyConditionExpressions cannot contain nested operations")
    if not isinstance(path, Path):
        raise validation("Invalid condition in KeyConditionExpression: No key attribute specified")
    if any(isinstance(operand, Path) for operand in operands):
        what = "Multiple attribute names used in one condition"
        raise validation(f"Invalid condition in KeyConditionExpression: {what}")
    if len(path.elements) > 1:
        what = "Key attributes must be scalars; list random access '[]' and map lookup '.' are not allowed"
        raise validation(f"{what}: Key: {path.elements[0]}")
    values = tuple(operand.value for operand in operands if isinstance(operand, Literal))
    return Term(name=str(path.elements[0]), operator=operator, values=values)


def _check_values(key: Key, term: Term) -> None:
    if any(key.kind not in value for value in term.values):
        raise invalid("Condition parameter type does not match schema type")
    for value in term.values:
        check_not_empty(key, value)
