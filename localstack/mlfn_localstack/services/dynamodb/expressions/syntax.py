"""What an expression says: operands, conditions, update actions.

As written, names may be `#placeholders` and values are `:placeholders`; resolving (`resolve.py`) puts in what they
stand for.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mlfn_localstack.services.dynamodb.values import Value


WRONG_TYPE = "An operand in the update expression has an incorrect data type"


@dataclass(frozen=True, slots=True)
class Path:
    """A document path: attribute names and list indexes."""

    elements: tuple[str | int, ...]

    def __str__(self) -> str:
        """The path as DynamoDB's messages print it."""
        return "[" + ", ".join(f"[{part}]" if isinstance(part, int) else part for part in self.elements) + "]"


@dataclass(frozen=True, slots=True)
class Placeholder:
    """A `:value` that is not yet resolved."""

    name: str


@dataclass(frozen=True, slots=True)
class Literal:
    """A resolved value, and how the request wrote it."""

    value: Value
    given: Value | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class Call:
    """A function and its operands."""

    function: str
    operands: tuple[Operand, ...]


@dataclass(frozen=True, slots=True)
class Arithmetic:
    """`left + right` or `left - right`."""

    operator: str
    left: Operand
    right: Operand


Operand = Path | Placeholder | Literal | Call | Arithmetic


@dataclass(frozen=True, slots=True)
class Comparison:
    """`=`, `<>`, `<`, `<=`, `>`, `>=`, `BETWEEN` or `IN` over its operands."""

    operator: str
    operands: tuple[Operand, ...]


@dataclass(frozen=True, slots=True)
class And:
    """Both hold."""

    left: Condition
    right: Condition


@dataclass(frozen=True, slots=True)
class Or:
    """One of both holds."""

    left: Condition
    right: Condition


@dataclass(frozen=True, slots=True)
class Not:
    """It does not hold."""

    condition: Condition


Condition = Comparison | Call | And | Or | Not


@dataclass(frozen=True, slots=True)
class Set:
    """`path = value`."""

    path: Path
    value: Operand


@dataclass(frozen=True, slots=True)
class Remove:
    """Take the path away."""

    path: Path


@dataclass(frozen=True, slots=True)
class Add:
    """Add a number, or members to a set."""

    path: Path
    value: Operand
    mismatch: str = WRONG_TYPE
    """What is said if the item has a value of another type there."""


@dataclass(frozen=True, slots=True)
class Delete:
    """Take members from a set."""

    path: Path
    value: Operand
    mismatch: str = WRONG_TYPE


Action = Set | Remove | Add | Delete
