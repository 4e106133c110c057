"""Queries of Logs Insights, over rows made here."""

from __future__ import annotations

import json
from typing import Any

import pytest

from mlfn_localstack.services.logs.insights.query import parse_query
from mlfn_localstack.services.logs.insights.rows import Moment, Row
from mlfn_localstack.services.logs.insights.tokens import QueryError

MINUTE = 60_000
START = 1_767_225_600_000
"""2026-01-01, in milliseconds."""
CALLS: list[dict[str, Any]] = [
    {"model": "ocr", "ms": 12, "ok": True, "who": {"name": "jane"}, "tags": ["a", "b"]},
    {"model": "ocr", "ms": 30.5, "ok": False, "who": {"name": "joe"}},
    {"model": "sentiment", "ms": 7, "ok": True, "who": {"name": "jane"}},
]
REPORT = (
    "REPORT RequestId: 8f5a7e1c-0000-4000-8000-000000000000\tDuration: 12.50 ms\tBilled Duration: 13 ms\t"
    "Memory Size: 512 MB\tMax Memory Used: 87 MB\tInit Duration: 150.00 ms\t"
)


def rows(*messages: str) -> list[Row]:
    """Events a minute apart, the newest first."""
    found = [
        {"@timestamp": Moment(START + place * MINUTE), "@message": message, "@logStream": "s"}
        for place, message in enumerate(messages)
    ]
    return [Row(known, f"ptr{place}") for place, known in reversed(list(enumerate(found)))]


def calls() -> list[Row]:
    return rows(*map(json.dumps, CALLS), "not JSON")


def run(query: str, over: list[Row] | None = None, most: int = 100) -> list[dict[str, str]]:
    lines, _ = parse_query(query).run(calls() if over is None else over, most)
    return [{each["field"]: each["value"] for each in line if each["field"] != "@ptr"} for line in lines]


def values(query: str, over: list[Row] | None = None) -> list[list[str]]:
    return [list(line.values()) for line in run(query, over)]


def test_events_come_newest_first_with_their_place() -> None:
    lines, matched = parse_query("fields @timestamp, @message | limit 1").run(rows("one", "two"), 10)

    assert lines == [
        [
            {"field": "@timestamp", "value": "2026-01-01 00:01:00.000"},
            {"field": "@message", "value": "two"},
            {"field": "@ptr", "value": "ptr1"},
        ]
    ]
    assert matched == 2


@pytest.mark.parametrize(
    ("condition", "models"),
    [
        ('model = "ocr"', 2),
        ("model != 'ocr'", 1),
        ("ms > 7 and ok = 1", 1),
        ("ms >= 7 and not (ok = 0)", 2),
        ("who.name in ['jane', 'jim']", 2),
        ("who.name not in ['jane']", 2),
        ("tags.1 = 'b'", 1),
        ("@message like /joe|jim/", 1),
        ("@message like 'sentiment'", 1),
        ("@message not like 'model'", 1),
        ("@message =~ /^not/", 1),
        ("ispresent(tags)", 1),
        ("isempty(model)", 1),
        ("strlen(model) = 3 or ms < 10", 3),
        ("(ms + 1) * 2 = 16", 1),
        ("ms % 2 = 0 # even", 1),
        ("nothing > 3", 0),
    ],
)
def test_events_are_filtered(condition: str, models: int) -> None:
    assert len(run(f"fields model | filter {condition}")) == models


@pytest.mark.parametrize(
    ("expression", "value"),
    [
        ("ms * 2", "14"),
        ("ms / 2", "3.5"),
        ("-ms ^ 2", "49"),
        ("concat(model, '-', ms)", "sentiment-7"),
        ("toupper(substr(model, 0, 4))", "SENT"),
        ("replace(model, 'sent', 'X')", "Ximent"),
        ("strcontains(model, 'tim')", "1"),
        ("coalesce(nothing, model)", "sentiment"),
        ("greatest(ms, 3, 9)", "9"),
        ("floor(7.9)", "7"),
        ("bin(5m)", "2026-01-01 00:00:00.000"),
        ("datefloor(@timestamp, 1h)", "2026-01-01 00:00:00.000"),
        ("dateceil(@timestamp, 1h)", "2026-01-01 01:00:00.000"),
        ("toMillis(@timestamp)", str(START + 2 * MINUTE)),
        ("fromMillis(0)", "1970-01-01 00:00:00.000"),
        ("trim('  x ')", "x"),
        ("tags", None),
    ],
)
def test_expressions(expression: str, value: str | None) -> None:
    (line,) = run(f"filter model = 'sentiment' | fields {expression} as it")

    assert line.get("it") == value


def test_a_column_without_a_name_is_called_as_it_is_written() -> None:
    assert run("fields abs(ms), `who.name` | filter ms = 12") == [{"abs(ms)": "12", "who.name": "jane"}]


def test_rows_are_summed_up_by_group() -> None:
    query = "stats count(*) as calls, avg(ms), max(ms) - min(ms) as spread by model | sort calls desc"

    assert run(query) == [
        {"model": "ocr", "calls": "2", "avg(ms)": "21.25", "spread": "18.5"},
        {"calls": "1"},
        {"model": "sentiment", "calls": "1", "avg(ms)": "7", "spread": "0"},
    ]


@pytest.mark.parametrize(
    ("aggregate", "value"),
    [
        ("count()", "4"),
        ("count(model)", "3"),
        ("count_distinct(who.name)", "2"),
        ("sum(ms)", "49.5"),
        ("pct(ms, 50)", "12"),
        ("min(model)", "ocr"),
        ("latest(model)", "sentiment"),
        ("earliest(ms)", "12"),
        ("max(@timestamp)", "2026-01-01 00:03:00.000"),
    ],
)
def test_aggregates(aggregate: str, value: str) -> None:
    assert values(f"stats {aggregate}") == [[value]]


def test_rows_are_counted_by_the_time_they_fall_into() -> None:
    assert values("stats count(*) by bin(2m)") == [
        ["2026-01-01 00:02:00.000", "2"],
        ["2026-01-01 00:00:00.000", "2"],
    ]


def test_rows_are_sorted_and_repeats_left_out() -> None:
    assert values("filter ispresent(ms) | fields ms | sort model asc, ms desc") == [["30.5"], ["12"], ["7"]]
    assert values("fields model | filter ispresent(model) | dedup model") == [["sentiment"], ["ocr"]]


@pytest.mark.parametrize(
    "command",
    ["parse 'user=* took * ms' as user, took", r"parse @message /user=(?<user>\w+) took (?<took>\d+) ms/"],
    ids=["asterisks", "regular expression"],
)
def test_fields_are_read_out_of_text(command: str) -> None:
    over = rows("user=jane took 12 ms", "something else")

    assert run(f"{command} | display user, took", over) == [{}, {"user": "jane", "took": "12"}]


def test_what_functions_report_is_known() -> None:
    over = rows("START RequestId: 8f5a7e1c-0000-4000-8000-000000000000 Version: 1", REPORT)

    assert values(
        "filter @type = 'REPORT' | fields @duration, @billedDuration, @maxMemoryUsed / 1000 / 1000", over
    ) == [["12.5", "13", "87"]]


@pytest.mark.parametrize(
    ("query", "message"),
    [
        ("", "unexpected symbol found end of input at line 1 and position 1"),
        ("fields @message |", "unexpected symbol found end of input at line 1 and position 18"),
        ("fields @message limit 2", "unexpected symbol found limit at line 1 and position 17"),
        ("filter ms >", "unexpected symbol found end of input at line 1 and position 12"),
        ("fields nothing(ms)", "unknown function nothing"),
        ("fields abs()", "wrong number of arguments for abs"),
        ("fields bin(x)", "bin takes a duration such as 5m"),
        ("limit 0", "limit takes a number from 1 to 10000"),
        ("parse '* *' as one", "parse takes as many names as its pattern has asterisks"),
        (r"filter x like /(a+)+$/", "the emulator has no repeated groups in regular expressions"),
        ("filter x like /[/", "invalid regular expression: "),
        pytest.param("filter " + "not " * 5_000 + "x", "an expression has more than 200 parts", id="many nots"),
        pytest.param("filter x = 1" + " + 1" * 5_000, "an expression has more than 200 parts", id="a long sum"),
        pytest.param("filter " + "(" * 5_000 + "x", "expressions are nested more than 40 deep", id="many parentheses"),
        ("filter x = ;", "unexpected symbol found ; at line 1 and position 12"),
    ],
)
def test_what_is_no_query_is_refused_with_its_place(query: str, message: str) -> None:
    with pytest.raises(QueryError) as caught:
        parse_query(query)

    assert str(caught.value).startswith(message)


def test_commands_that_the_emulator_has_not_are_named() -> None:
    with pytest.raises(QueryError, match="the command pattern is not among those that the emulator has"):
        parse_query("pattern @message")


def test_deep_expressions_are_refused() -> None:
    with pytest.raises(QueryError, match="nested more than 40 deep"):
        parse_query("filter " + "(" * 3_000 + "1" + ")" * 3_000)


@pytest.mark.parametrize(
    "summary",
    ["stddev(n)", "sum(n)", "avg(n)", "pct(n, 50)", "max(n * 10)", "sum(n ^ 9)", "pct(1, n)"],
)
def test_numbers_beyond_all_bounds_are_none(summary: str) -> None:
    found = rows('{"n": 1e999}', '{"n": -1e999}', f'{{"n": {"9" * 400}}}', '{"n": [1]}')

    (line,), _ = parse_query(f"stats {summary} as n").run(found, 10)

    assert line == []


def test_a_sum_beyond_all_bounds_is_none() -> None:
    (line,), _ = parse_query("stats sum(n)").run(rows('{"n": 1e308}', '{"n": 1e308}'), 10)

    assert line == []


def test_a_time_of_no_year_is_a_number() -> None:
    (line,), _ = parse_query("fields fromMillis(1000000000000000000) as t | display t").run(rows("x"), 1)

    assert line[0] == {"field": "t", "value": "1000000000000000000"}
