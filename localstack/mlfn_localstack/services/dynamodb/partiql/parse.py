"""Statements parsed, their parameters put in."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mlfn_localstack.services.dynamodb.errors import validation
from mlfn_localstack.services.dynamodb.expressions.checks import check_action_types
from mlfn_localstack.services.dynamodb.expressions.paths import disjoint
from mlfn_localstack.services.dynamodb.expressions.syntax import Action, Add, Literal, Remove, Set
from mlfn_localstack.services.dynamodb.expressions.syntax import Delete as Take
from mlfn_localstack.services.dynamodb.partiql.conditions import Conditions
from mlfn_localstack.services.dynamodb.partiql.syntax import Delete, Insert, Select, Statement, Update
from mlfn_localstack.services.dynamodb.partiql.tokens import Reader, malformed
from mlfn_localstack.services.dynamodb.partiql.values import Values

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from mlfn_localstack.services.dynamodb.expressions.syntax import Condition, Path

_SET_FUNCTIONS = ("set_add", "set_delete")


def parse(text: str, parameters: Sequence[Any] = ()) -> Statement:
    """What a statement says.

    Raises:
        ServiceError: ValidationException: it cannot be read, or says what DynamoDB has not.
    """
    return _Statements(Reader(text), parameters).statement()


class _Statements:
    def __init__(self, reader: Reader, parameters: Sequence[Any]) -> None:
        self._reader = reader
        self._values = Values(reader, parameters)
        self._conditions = Conditions(reader, self._values)

    def statement(self) -> Statement:
        read: dict[str, Callable[[], Statement]] = {
            "SELECT": self._select,
            "INSERT": self._insert,
            "UPDATE": self._update,
            "DELETE": self._delete,
        }
        if self._reader.kind == "EXISTS":
            instead = "put a ConditionCheck into TransactWriteItems instead"
            raise validation(f"The emulator does not support EXISTS in statements: {instead}")
        if self._reader.kind not in read:
            raise malformed("Unexpected token" if self._reader.kind != "end" else "")
        statement = read[self._reader.take().upper()]()
        self._reader.accept(";")
        if self._reader.kind in ("LIMIT", "GROUP", "HAVING"):
            raise validation(f"Unsupported clause: {self._reader.kind}")
        if self._reader.kind != "end":
            raise malformed("Unexpected token after expression")
        return statement

    def _select(self) -> Select:
        paths = None if self._reader.accept("*") else self._selected()
        self._reader.expect("FROM")
        table, index = self._source()
        self._refuse_alias()
        where = self._where()
        order = self._order()
        if order and where is None:
            raise validation("Must have WHERE clause in the statement when using ORDER BY clause.")
        return Select(table=table, index=index, paths=paths, where=where, order=order)

    def _selected(self) -> tuple[Path, ...]:
        paths = [self._conditions.path()]
        self._refuse_alias("AS")
        while self._reader.accept(","):
            paths.append(self._conditions.path())
            self._refuse_alias("AS")
        for at, path in enumerate(paths):
            if path in paths[:at]:
                raise validation(f"Duplicate identifiers in select clause: {path.elements[-1]}")
        return disjoint(reversed(paths))

    def _refuse_alias(self, *kinds: str) -> None:
        if self._reader.kind in (kinds or ("AS", "name")):
            raise validation("Aliasing is not supported")

    def _source(self) -> tuple[str, str | None]:
        parts = [self._reader.expect("name")]
        while self._reader.accept("."):
            parts.append(self._reader.expect("name"))
        if len(parts) > 2:
            raise validation("A path may contain at most 2 components in the FROM clause")
        if not all(parts):
            raise validation("Path component cannot be an empty string")
        return parts[0], parts[1] if len(parts) > 1 else None

    def _table(self, indexed: str = "This operation is not supported on an index") -> str:
        table, index = self._source()
        if index is not None:
            raise validation(indexed)
        return table

    def _where(self) -> Condition | None:
        return self._conditions.condition() if self._reader.accept("WHERE") else None

    def _order(self) -> tuple[tuple[str, bool], ...]:
        if not self._reader.accept("ORDER", "BY"):
            return ()
        found = [self._ordered()]
        while self._reader.accept(","):
            found.append(self._ordered())
        return tuple(found)

    def _ordered(self) -> tuple[str, bool]:
        name = self._reader.expect("name")
        descending = self._reader.accept("DESC")
        if not descending:
            self._reader.accept("ASC")
        return name, not descending

    def _insert(self) -> Insert:
        self._reader.expect("INTO")
        table = self._table("FROM clause may only contain a single table name in data manipulation statements")
        if self._reader.kind == "name":
            raise malformed("Unexpected token after expression")
        self._reader.expect("VALUE")
        if self._reader.kind not in ("{", "?"):
            raise malformed("Unexpected token")
        value = self._values.value()
        if self._reader.kind == "RETURNING":
            raise validation("RETURNING is not supported in INSERT")
        if "M" not in value:
            raise validation("The value of an INSERT must be a map")
        return Insert(table=table, item=value["M"])

    def _update(self) -> Update:
        table = self._table()
        self._refuse_alias()
        actions: list[Action] = []
        while self._reader.kind in ("SET", "REMOVE"):
            actions += self._changes() if self._reader.take().upper() == "SET" else [Remove(self._conditions.path())]
        if not actions:
            raise malformed("Unexpected token")
        where, returning = self._where(), self._returning()
        disjoint(action.path for action in reversed(actions))
        for action in actions:
            check_action_types(action)
        return Update(table=table, actions=tuple(actions), where=where, returning=returning)

    def _changes(self) -> list[Action]:
        found = [self._change()]
        while self._reader.accept(","):
            found.append(self._change())
        return found

    def _change(self) -> Action:
        path = self._conditions.path()
        self._reader.expect("=")
        if self._reader.kind == "name" and self._reader.following == "(":
            call = self._conditions.call(condition=False)
            if call.function in _SET_FUNCTIONS:
                first, second = call.operands
                if first != path or not isinstance(second, Literal):
                    raise validation(f"{call.function} takes the attribute that it is assigned to, and a set")
                return Add(path, second) if call.function == "set_add" else Take(path, second)
            return Set(path, self._conditions.sum_after(call))
        return Set(path, self._conditions.sum_after(self._conditions.operand(condition=False)))

    def _delete(self) -> Delete:
        self._reader.expect("FROM")
        table = self._table()
        self._refuse_alias()
        return Delete(table=table, where=self._where(), returning=self._returning())

    def _returning(self) -> str | None:
        if not self._reader.accept("RETURNING"):
            return None
        words = [self._reader.expect("name").upper(), self._reader.expect("name").upper()]
        self._reader.expect("*")
        if words[0] not in ("ALL", "MODIFIED") or words[1] not in ("OLD", "NEW"):
            raise malformed("Unexpected token")
        return " ".join(words)
