"""JSONata's own functions, as its reference implementation in JavaScript (2.0.6) answers."""

from __future__ import annotations

from typing import Any

import pytest

from mlfn_localstack.services.stepfunctions.asl.jsonata import Bindings, JsonataError, evaluate

BINDINGS = Bindings({}, {})


@pytest.mark.parametrize(
    ("expression", "value"),
    [
        ("$formatNumber(0.5, '0')", "0"),
        ("$formatNumber(1.5, '0')", "2"),
        ("$formatNumber(2.5, '0')", "2"),
        ("$formatNumber(0.125, '0.00')", "0.12"),
        ("$formatNumber(0.00125, '0.0%')", "0.1%"),
        ("$formatNumber(12345.678, '#,##0.00')", "12,345.68"),
        ("$number('0b11')", 3),
        ("$number('0o17')", 15),
        ("$number('0xff')", 255),
        ("$number('-1.5e3')", -1500),
        ("$toMillis('2024')", 1704067200000),
        ("$toMillis('2024-03')", 1709251200000),
        ("$toMillis('2024-03-15T10:20:30Z')", 1710498030000),
        ("$replace('hello', 'l', '$0')", "he$0$0o"),
        ("$replace('hello', 'l', 'x', 1)", "hexlo"),
        ("$replace('hello', /l/, '[$0]')", "he[l][l]o"),
        ("$sort(['b', 'a'])", ["a", "b"]),
        ("$sort([2, 1.5])", [1.5, 2]),
    ],
)
def test_answers(expression: str, value: Any) -> None:
    assert evaluate(expression, BINDINGS) == value


@pytest.mark.parametrize(
    ("expression", "code", "shown"),
    [
        ("$number(' 12 ')", "D3030", '" 12 "'),
        ("$number('1_000')", "D3030", '"1_000"'),
        ("$number('.5')", "D3030", '".5"'),
        ("$toMillis('2024-03-15T10:20')", "D3110", '"2024-03-15T10:20"'),
        ("$toMillis('2024-13')", "D3110", '"2024-13"'),
        ("$replace('hello', '', 'x')", "D3010", ""),
        ("$replace('hello', 'l', 'x', -1)", "D3011", ""),
        ("$formatInteger(1, '#')", "D3130", '"#"'),
        ("$parseInteger('1', '#')", "D3130", '"#"'),
        ("$sort([[1], [2]])", "D3070", ""),
        ("$sort([true, false])", "D3070", ""),
        ("$sort([1, 'a'])", "D3070", ""),
        ("-null", "D1002", "null"),
        ("-[1, 2]", "D1002", "[1,2]"),
        ("-{'a': 1}", "D1002", '{"a":1}'),
    ],
)
def test_refusals_show_values_as_json(expression: str, code: str, shown: str) -> None:
    with pytest.raises(JsonataError) as raised:
        evaluate(expression, BINDINGS)

    assert f"{code}: " in str(raised.value)
    assert shown in str(raised.value)


@pytest.mark.parametrize("expression", ["-(function($x){ $x })", "-$sum"])
def test_a_function_in_a_message_does_not_fail_to_be_written(expression: str) -> None:
    with pytest.raises(JsonataError, match="D1002"):
        evaluate(expression, BINDINGS)
