"""The commands of a query, each a function from rows to rows."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from itertools import islice
from typing import TYPE_CHECKING

from mlfn_localstack.services.logs.insights.aggregates import Expression
from mlfn_localstack.services.logs.insights.rows import Row, Value, number, shown

if TYPE_CHECKING:
    import re
    from collections.abc import Iterator, Sequence

    from mlfn_localstack.services.logs.insights.aggregates import Aggregate

Stage = Callable[[Iterable[Row]], Iterable[Row]]
Column = tuple[str, Expression]
Reading = Callable[[str], "Sequence[str | None]"]
"""Takes a text apart; nothing if it is not of the form that is wanted."""


def computed(columns: Sequence[Column]) -> Stage:
    """Rows with these fields as well."""

    def stage(rows: Iterable[Row]) -> Iterator[Row]:
        for row in rows:
            for name, expression in columns:
                value = expression(row)
                if value is not None:
                    row.put(name, value)
            yield row

    return stage


def filtered(test: Expression) -> Stage:
    """The rows of which this is true."""
    return lambda rows: (row for row in rows if test(row))


def limited(most: int) -> Stage:
    """The first rows."""
    return lambda rows: islice(rows, most)


def ordered(keys: Sequence[tuple[Expression, bool]]) -> Stage:
    """Rows by these values, the most important first; True: from the largest down."""

    def stage(rows: Iterable[Row]) -> list[Row]:
        found = list(rows)
        for expression, descends in reversed(keys):
            found.sort(key=lambda row: _rank(expression(row)), reverse=descends)
        return found

    return stage


def _rank(value: Value) -> tuple[int, float, str]:
    """Nothing comes before numbers, and they before texts."""
    found = number(value)
    if value is None:
        return 0, 0.0, ""
    return (2, 0.0, shown(value)) if found is None else (1, found, "")


def without_repeats(keys: Sequence[Expression]) -> Stage:
    """The first row of each combination of values; rows that lack one of them stay."""

    def stage(rows: Iterable[Row]) -> Iterator[Row]:
        seen = set[tuple[str, ...]]()
        for row in rows:
            values = [key(row) for key in keys]
            if None not in values:
                combination = tuple(shown(value) for value in values)
                if combination in seen:
                    continue
                seen.add(combination)
            yield row

    return stage


def aggregated(columns: Sequence[Column], groups: Sequence[Column], aggregates: Sequence[Aggregate]) -> Stage:
    """One row for each group, with what its rows sum up to."""

    def stage(rows: Iterable[Row]) -> Iterator[Row]:
        gathered: dict[tuple[str | None, ...], tuple[list[Value], list[Row]]] = {}
        for row in rows:
            values = [expression(row) for _, expression in groups]
            key = tuple(None if value is None else shown(value) for value in values)
            gathered.setdefault(key, (values, []))[1].append(row)
        for values, members in gathered.values():
            named = {name: value for (name, _), value in zip(groups, values, strict=True) if value is not None}
            sums = {f"\0{place}": aggregate.of(members) for place, aggregate in enumerate(aggregates)}
            result = Row(named | sums)
            for name, expression in columns:
                value = expression(result)
                if value is not None:
                    result.put(name, value)
            yield result

    return stage


def extracted(source: Expression, read: Reading, names: Sequence[str]) -> Stage:
    """Rows with what is read of a value as fields; those of which nothing can be read stay as they are."""

    def stage(rows: Iterable[Row]) -> Iterator[Row]:
        for row in rows:
            value = source(row)
            found = () if value is None else read(shown(value))
            for name, text in zip(names, found, strict=False):
                if text is not None:
                    row.put(name, text)
            yield row

    return stage


def by_regex(pattern: re.Pattern[str]) -> Reading:
    """The groups of a regular expression."""

    def read(text: str) -> Sequence[str | None]:
        match = pattern.search(text)
        return () if match is None else match.groups()

    return read


def between(pieces: Sequence[str]) -> Reading:
    """What stands between pieces of a text that follow each other, in one pass; after the last, if that is empty."""

    def read(text: str) -> Sequence[str | None]:
        at = text.find(pieces[0])
        if at < 0:
            return ()
        at += len(pieces[0])
        found = []
        for piece in pieces[1:-1]:
            end = text.find(piece, at)
            if end < 0:
                return ()
            found.append(text[at:end])
            at = end + len(piece)
        end = text.find(pieces[-1], at) if pieces[-1] else len(text)
        return () if end < 0 else [*found, text[at:end]]

    return read
