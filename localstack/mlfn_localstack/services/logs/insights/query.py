"""A query: read from its text, run over rows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from mlfn_localstack.services.logs.insights import stages
from mlfn_localstack.services.logs.insights.expressions import Expressions, compiled
from mlfn_localstack.services.logs.insights.rows import MOST_ROWS, Row, shown
from mlfn_localstack.services.logs.insights.tokens import Kind, QueryError, Tokens

if TYPE_CHECKING:
    from collections.abc import Iterable

_DEFAULT = ("@timestamp", "@message")
_POINTER = "@ptr"
Line = list[dict[str, str]]
"""One result: `field` and `value` of each column that has one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Query:
    """A query that was understood."""

    stages: tuple[stages.Stage, ...]
    filters: int
    """So many of the stages decide which events match."""
    columns: tuple[str, ...]
    """What is shown of each row."""
    has_regex: bool
    """Then it may run for ever: nothing else should wait for it."""

    def run(self, rows: Iterable[Row], most: int) -> tuple[list[Line], int]:
        """What the query finds in rows, the newest of which is first: not more than so many lines; and what matched."""
        for stage in self.stages[: self.filters]:
            rows = stage(rows)
        matching = list(rows)
        rows = matching
        for stage in self.stages[self.filters :]:
            rows = stage(rows)
        return [self._line(row) for row in stages.limited(min(most, MOST_ROWS))(rows)], len(matching)

    def _line(self, row: Row) -> Line:
        values = [(name, row.get(name)) for name in self.columns]
        line = [{"field": name, "value": shown(value)} for name, value in values if value is not None]
        return [*line, {"field": _POINTER, "value": row.key}] if row.key else line


def parse_query(text: str) -> Query:
    """The meaning of a query.

    Raises:
        QueryError: it has none.
    """
    tokens = Tokens(text)
    reader = _Reader(tokens)
    reader.read()
    columns = tuple(reader.columns or _DEFAULT)
    return Query(stages=tuple(reader.stages), filters=reader.filters, columns=columns, has_regex=tokens.has_regex)


class _Reader:
    """Reads command after command."""

    def __init__(self, tokens: Tokens) -> None:
        self._tokens = tokens
        self._commands = {
            "dedup": self._dedup,
            "display": self._display,
            "fields": self._fields,
            "filter": self._filter,
            "limit": self._limit,
            "parse": self._parse,
            "sort": self._sort,
            "stats": self._stats,
        }
        self.stages: list[stages.Stage] = []
        self.columns: list[str] = []
        self.filters = 0
        self._is_narrowed = False

    def read(self) -> None:
        """All of the query."""
        while True:
            token = self._tokens.peek()
            command = self._commands.get(token.word)
            if command is None:
                raise self._unknown()
            self._tokens.next()
            command()
            if self._tokens.peek().kind is Kind.END:
                return
            self._tokens.need("|")

    def _unknown(self) -> QueryError:
        token = self._tokens.peek()
        if token.kind is not Kind.NAME:
            return self._tokens.unexpected()
        message = f"the command {token.text} is not among those that the emulator has: {', '.join(self._commands)}"
        return QueryError(message, token.start, token.end)

    def _fields(self) -> None:
        columns = self._columns(Expressions(self._tokens))
        self.stages.append(stages.computed(columns))
        self._show(name for name, _ in columns)

    def _display(self) -> None:
        columns = self._columns(Expressions(self._tokens))
        self.stages.append(stages.computed(columns))
        self.columns = [name for name, _ in columns]

    def _filter(self) -> None:
        self.stages.append(stages.filtered(Expressions(self._tokens).read()))
        if not self._is_narrowed:
            self.filters = len(self.stages)

    def _limit(self) -> None:
        token = self._tokens.next()
        if token.kind is not Kind.NUMBER or not token.text.isdigit() or not 1 <= int(token.text) <= MOST_ROWS:
            raise QueryError(f"limit takes a number from 1 to {MOST_ROWS}", token.start, token.end)
        self._is_narrowed = True
        self.stages.append(stages.limited(int(token.text)))

    def _sort(self) -> None:
        keys = []
        while True:
            expression = Expressions(self._tokens).read()
            descends = self._tokens.take("desc")
            if not descends:
                self._tokens.take("asc")
            keys.append((expression, descends))
            if not self._tokens.take(","):
                break
        self.stages.append(stages.ordered(keys))

    def _dedup(self) -> None:
        columns = self._columns(Expressions(self._tokens))
        self._is_narrowed = True
        self.stages.append(stages.without_repeats([expression for _, expression in columns]))

    def _stats(self) -> None:
        expressions = Expressions(self._tokens, with_aggregates=True)
        columns = self._columns(expressions)
        groups = self._columns(Expressions(self._tokens)) if self._tokens.take("by") else []
        self._is_narrowed = True
        self.stages.append(stages.aggregated(columns, groups, expressions.aggregates))
        self.columns = [name for name, _ in (*groups, *columns)]

    def _parse(self) -> None:
        token = self._tokens.peek()
        source = "@message"
        if token.kind is Kind.NAME:
            source = self._tokens.next().text
        at = self._tokens.peek().start
        regex = self._tokens.regex()
        if regex is not None:
            pattern = compiled(regex, at)
            names, read = list(pattern.groupindex), stages.by_regex(pattern)
            if len(names) != pattern.groups or not names:
                raise QueryError("every group of a regular expression of parse must have a name", at, at)
        else:
            names, read = self._glob(at)
        self.stages.append(stages.extracted(lambda row: row.get(source), read, names))
        self._parsed(names)

    def _glob(self, at: int) -> tuple[list[str], stages.Reading]:
        token = self._tokens.next()
        if token.kind is not Kind.TEXT:
            raise QueryError("parse takes a pattern in quotes or between slashes", token.start, token.end)
        self._tokens.need("as")
        names = [self._name()]
        while self._tokens.take(","):
            names.append(self._name())
        pieces = token.text.split("*")
        if len(pieces) != len(names) + 1:
            raise QueryError("parse takes as many names as its pattern has asterisks", at, at)
        return names, stages.between(pieces)

    def _parsed(self, names: list[str]) -> None:
        if self.columns:
            return
        self._show((*_DEFAULT, *names))

    def _show(self, names: Iterable[str]) -> None:
        self.columns += [name for name in names if name not in self.columns]

    def _columns(self, expressions: Expressions) -> list[stages.Column]:
        columns = [self._column(expressions)]
        while self._tokens.take(","):
            columns.append(self._column(expressions))
        return columns

    def _column(self, expressions: Expressions) -> stages.Column:
        start = self._tokens.peek()
        expression = expressions.read()
        name = self._tokens.since(start.start)
        if self._tokens.take("as"):
            return self._name(), expression
        return (start.text if start.is_quoted else name), expression

    def _name(self) -> str:
        token = self._tokens.next()
        if token.kind is not Kind.NAME:
            raise QueryError("a name must follow", token.start, token.end)
        return token.text
