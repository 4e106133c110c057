"""Condition, projection and update expressions parsed into `syntax`, placeholders left in place."""

from __future__ import annotations

from functools import lru_cache

from mlfn_localstack.services.dynamodb.expressions.checks import action_operators, check_shape, condition_operators
from mlfn_localstack.services.dynamodb.expressions.syntax import (
    Action,
    Add,
    And,
    Arithmetic,
    Call,
    Comparison,
    Condition,
    Delete,
    Not,
    Operand,
    Or,
    Path,
    Placeholder,
    Remove,
    Set,
)
from mlfn_localstack.services.dynamodb.expressions.tokens import ExpressionError, Reader
from mlfn_localstack.services.dynamodb.expressions.words import check_actions, check_condition, check_paths
from mlfn_localstack.services.dynamodb.values import text_size

_COMPARATORS = ("=", "<>", "<", "<=", ">", ">=")
_MAX_BYTES = 4096
_MAX_INDEX = 2**31 - 1
_MAX_NESTING = 60
"""Deeper than any expression of 300 operators needs; it bounds the parser's recursion."""
_MAX_NEGATIONS = 300
_SECTIONS = ("SET", "REMOVE", "ADD", "DELETE")


@lru_cache(maxsize=1024)
def parse_condition(text: str) -> Condition:
    """A condition, filter or key condition."""
    parser = _Conditions(_reader(text))
    tree = parser.disjunction()
    parser.reader.expect("end")
    if not isinstance(tree, Condition):
        raise AssertionError("a bare operand was let through")
    check_shape(parser.redundant, condition_operators(tree))
    check_condition(tree)
    return tree


@lru_cache(maxsize=1024)
def parse_projection(text: str) -> tuple[Path, ...]:
    """The paths of a projection."""
    parser = _Operands(_reader(text))
    paths = [parser.path()]
    while parser.reader.accept(","):
        paths.append(parser.path())
    parser.reader.expect("end")
    check_paths(paths)
    return tuple(paths)


@lru_cache(maxsize=1024)
def parse_update(text: str) -> tuple[Action, ...]:
    """The actions of an update expression."""
    parser = _Updates(_reader(text))
    actions = parser.sections()
    check_shape(parser.redundant, sum(map(action_operators, actions)))
    check_actions(actions)
    return actions


def _reader(text: str) -> Reader:
    if not text:
        raise ExpressionError("The expression can not be empty;")
    size = text_size(text)
    if size > _MAX_BYTES:
        detail = f"expression size: {size}"
        raise ExpressionError(f"Expression size has exceeded the maximum allowed size; {detail}")
    reader = Reader(text)
    if reader.depth() > _MAX_NESTING:
        raise ExpressionError("The expression has redundant parentheses;")
    if reader.count("NOT") > _MAX_NEGATIONS:
        raise ExpressionError(f"The expression contains too many operators; operator count: {_MAX_NEGATIONS + 1}")
    return reader


class _Operands:
    """Paths, values, functions, and parentheses around them."""

    def __init__(self, reader: Reader) -> None:
        self.reader = reader
        self.redundant = False

    def path(self) -> Path:
        elements: list[str | int] = [self.reader.expect("name", "alias")]
        while self.reader.kind in (".", "["):
            if self.reader.accept("."):
                elements.append(self.reader.expect("name", "alias"))
            else:
                elements.append(self._index())
        return Path(tuple(elements))

    def operand(self) -> Operand:
        if self.reader.kind == "value":
            return Placeholder(self.reader.take())
        if self.reader.kind == "name" and self.reader.following == "(":
            return self.call()
        if self.reader.kind == "(":
            return self._parenthesised()
        return self.path()

    def call(self) -> Call:
        function = self.reader.take()
        self.reader.expect("(")
        operands = [self.operand()]
        while self.reader.accept(","):
            operands.append(self.operand())
        self.reader.expect(")")
        return Call(function, tuple(operands))

    def _parenthesised(self) -> Operand:
        self.reader.expect("(")
        self.note_nesting()
        operand = self.operand()
        self.reader.expect(")")
        return operand

    def note_nesting(self) -> None:
        """Remember that a parenthesis opens right after another; whether they also close together is seen later."""
        if self.reader.kind == "(" and self.reader.encloses():
            self.redundant = True

    def _index(self) -> int:
        self.reader.expect("[")
        index = int(self.reader.expect("index"))
        self.reader.expect("]")
        if index > _MAX_INDEX:
            raise ExpressionError(f"List index is not within the allowable range; index: [{index}]")
        return index


class _Conditions(_Operands):
    """Conditions; inside parentheses a bare operand is one too, until what follows decides."""

    def disjunction(self, *, nested: bool = False) -> Condition | Operand:
        left = self._conjunction(nested=nested)
        while self.reader.kind == "OR" and isinstance(left, Condition):
            self.reader.take()
            left = Or(left, self._condition(self._conjunction()))
        return left

    def _conjunction(self, *, nested: bool = False) -> Condition | Operand:
        left = self._negation(nested=nested)
        while self.reader.kind == "AND" and isinstance(left, Condition):
            self.reader.take()
            left = And(left, self._condition(self._negation()))
        return left

    def _negation(self, *, nested: bool = False) -> Condition | Operand:
        if self.reader.accept("NOT"):
            return Not(self._condition(self._negation()))
        return self._comparison(nested=nested)

    def _comparison(self, *, nested: bool) -> Condition | Operand:
        left = self._group() if self.reader.kind == "(" else self.operand()
        if isinstance(left, Condition) and not isinstance(left, Call):
            return left
        if self.reader.kind in _COMPARATORS:
            return Comparison(self.reader.take(), (left, self.operand()))
        if self.reader.accept("BETWEEN"):
            lower = self.operand()
            self.reader.expect("AND")
            return Comparison("BETWEEN", (left, lower, self.operand()))
        if self.reader.accept("IN"):
            return Comparison("IN", (left, *self._candidates()))
        if not isinstance(left, Call) and not (nested and self.reader.kind == ")"):
            self.reader.fail()
        return left

    def _group(self) -> Condition | Operand:
        self.reader.expect("(")
        self.note_nesting()
        inner = self.disjunction(nested=True)
        self.reader.expect(")")
        return inner

    def _candidates(self) -> list[Operand]:
        self.reader.expect("(")
        candidates = [self.operand()]
        while self.reader.accept(","):
            candidates.append(self.operand())
        self.reader.expect(")")
        return candidates

    def _condition(self, parsed: Condition | Operand) -> Condition:
        if not isinstance(parsed, Condition):
            self.reader.fail()
        return parsed


class _Updates(_Operands):
    """The sections of an update expression, each at most once."""

    def sections(self) -> tuple[Action, ...]:
        actions: list[Action] = []
        seen: list[str] = []
        while self.reader.kind != "end" or not seen:
            section = self.reader.expect(*_SECTIONS).upper()
            seen.append(section)
            actions.append(self._action(section))
            while self.reader.accept(","):
                actions.append(self._action(section))
        for section in _SECTIONS:
            if seen.count(section) > 1:
                raise ExpressionError(f'The "{section}" section can only be used once in an update expression;')
        return tuple(actions)

    def _action(self, section: str) -> Action:
        path = self.path()
        if section == "REMOVE":
            return Remove(path)
        if section == "SET":
            self.reader.expect("=")
            return Set(path, self._value())
        value = Placeholder(self.reader.expect("value"))
        return Add(path, value) if section == "ADD" else Delete(path, value)

    def _value(self) -> Operand:
        if self.reader.kind == "(":
            left = self._grouped_value()
            if isinstance(left, Arithmetic):
                return left
        else:
            left = self.operand()
        return self._arithmetic(left)

    def _arithmetic(self, left: Operand) -> Operand:
        if self.reader.kind in ("+", "-"):
            return Arithmetic(self.reader.take(), left, self.operand())
        return left

    def _grouped_value(self) -> Operand:
        self.reader.expect("(")
        self.note_nesting()
        value = self._value()
        self.reader.expect(")")
        return value
