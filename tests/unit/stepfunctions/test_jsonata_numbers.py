"""Numbers in JSONata as AWS was measured to reckon with, write and format them."""

from __future__ import annotations

from typing import Any

import pytest

from mlfn_localstack.services.stepfunctions.asl.jsonata import Bindings, JsonataError, evaluate

BINDINGS = Bindings({}, {})


@pytest.mark.parametrize(
    ("expression", "value"),
    [
        ("1/0", "Infinity"),
        ("-1/0", "-Infinity"),
        ("1e308 * 10", "Infinity"),
        ("0/0", "NaN"),
        ("[1/0]", ["Infinity"]),
        ("{'k': 5 % 0}", {"k": "NaN"}),
        ("$parseInteger('abc', '0')", "NaN"),
        ("1/0 > 1", True),
        ("$formatNumber(1/0, '#')", "Infinity"),
        ("5.5 % 2", 1.5),
        ("-5 % 3", -2),
    ],
)
def test_what_no_number_can_be_is_written_as_javascript_names_it(expression: str, value: Any) -> None:
    assert evaluate(expression, BINDINGS) == value


@pytest.mark.parametrize(
    ("expression", "text"),
    [
        ("1e20", "100000000000000000000"),
        ("-1.5e20", "-150000000000000000000"),
        ("999999999999999868928", "999999999999999900000"),
        ("1e21", "1e+21"),
        ("1e100", "1e+100"),
        ("1e-6", "0.000001"),
        ("1e-7", "1e-7"),
        ("1.5e-7", "1.5e-7"),
        ("1/3", "0.333333333333333"),
        ("0.1 + 0.2", "0.3"),
        ("-0.0", "0"),
        ("$parse('9223372036854775807')", "9223372036854775807"),
        ("$parse('9223372036854775808')", "9223372036854776000"),
        ("{'n': [1e20, 2, 1/3, null, true, 'é', function($x){ $x }]}", None),
        ("[1..3]", "[1,2,3]"),
        ("$sum", ""),
    ],
)
@pytest.mark.parametrize("form", ["$string({})", "'' & ({})"])
def test_a_number_becomes_text_as_javascript_writes_it(expression: str, text: str | None, form: str) -> None:
    expected = '{"n":[100000000000000000000,2,0.333333333333333,null,true,"é",""]}' if text is None else text

    assert evaluate(form.replace("{}", expression), BINDINGS) == expected


def test_text_can_be_indented() -> None:
    text = evaluate("$string({'a': [1, {}, [], {'b': 0.5}]}, true)", BINDINGS)

    assert text == '{\n  "a": [\n    1,\n    {},\n    [],\n    {\n      "b": 0.5\n    }\n  ]\n}'


@pytest.mark.parametrize(
    ("picture", "code"),
    [
        ("0.0;0.0;0.0", "D3080"),
        ("0.0.0", "D3081"),
        ("0%%", "D3082"),
        ("0‰‰", "D3083"),
        ("0%‰", "D3084"),
        ("", "D3085"),
        ("0x0", "D3086"),
        ("0,.0", "D3087"),
        ("0,", "D3088"),
        ("0,,0", "D3089"),
        ("0#", "D3090"),
        ("##0.0#0", "D3091"),
        ("0e0%", "D3092"),
        ("#0e", "D3093"),
    ],
)
def test_a_picture_that_describes_no_number_is_refused_by_its_rule(picture: str, code: str) -> None:
    with pytest.raises(JsonataError, match=f"{code}: "):
        evaluate(f"$formatNumber(1, '{picture}')", BINDINGS)


@pytest.mark.parametrize(
    ("expression", "text"),
    [
        ("$formatNumber(1234.5678, '#,##0.00')", "1,234.57"),
        ("$formatNumber(0.123, '#0.0%')", "12.3%"),
        ("$formatNumber(-1234.5678, '$#,##0.00')", "-$1,234.57"),
        ("$formatNumber(-1200, '#0e0;(#0e0)')", "(1e3)"),
        ("$formatNumber(1234.5, '#.##0,00', {'decimal-separator': ',', 'grouping-separator': '.'})", "1.234,50"),
    ],
)
def test_a_picture_that_keeps_the_rules_formats(expression: str, text: str) -> None:
    assert evaluate(expression, BINDINGS) == text
