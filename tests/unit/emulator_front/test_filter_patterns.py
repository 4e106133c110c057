"""CloudWatch Logs filter patterns."""

from __future__ import annotations

import pytest

from mlfn_localstack.services.logs.filter_patterns import PatternSyntaxError, compile_pattern

EVENT = '{"level": "ERROR", "code": 502, "user": {"name": "jane", "tags": ["a", "b"]}, "done": true, "gone": null}'


@pytest.mark.parametrize(
    ("pattern", "found"),
    [
        ("", True),
        ("ERROR", True),
        ("error", False),
        ("ERROR jane", True),
        ("ERROR joe", False),
        ("?joe ?jane", True),
        ("ERROR -jane", False),
        ('"\\"code\\": 502"', True),
        ("%code.{3}50\\d%", True),
        ('{ $.level = "ERROR" }', True),
        ('{ $.level = "ERR*" }', True),
        ('{ $.level != "ERROR" }', False),
        ("{ $.code >= 500 && $.code < 600 }", True),
        ('{ ($.code = 200) || $.user.name = "jane" }', True),
        ('{ $.user.tags[1] = "b" }', True),
        ("{ $.done IS TRUE }", True),
        ("{ $.gone IS NULL }", True),
        ("{ $.other NOT EXISTS }", True),
        ('{ $.other != "x" }', False),
        ("{ $.level = %^ERR% }", True),
    ],
)
def test_patterns_select_events(pattern: str, found: bool) -> None:
    assert compile_pattern(pattern)(EVENT) == found


def test_json_patterns_do_not_select_text() -> None:
    assert not compile_pattern("{ $.a NOT EXISTS }")("plain text")


@pytest.mark.parametrize(
    "pattern", ["{", "{ $.a }", "{ $.a = }", "{ a = 1 }", '{ $.a > "x" }', "{ $.a = 1 } x", '"open', "[a"]
)
def test_what_is_no_pattern_is_refused(pattern: str) -> None:
    with pytest.raises(PatternSyntaxError):
        compile_pattern(pattern)


@pytest.mark.parametrize("pattern", ["%(a+)+b%", "%something!%", "[a, b=%(a|aa)+b%]", "{ $.a = %(a+)+b% }"])
def test_a_regular_expression_has_no_parentheses_and_no_odd_symbols(pattern: str) -> None:
    with pytest.raises(PatternSyntaxError):
        compile_pattern(pattern)


@pytest.mark.parametrize(
    ("pattern", "message"),
    [
        ('{ $.level = "ERROR" }', '{"l\\u0065vel": "ERR\\u004fR"}'),
        ('{ $.level = "a/b" }', '{"level": "a\\/b"}'),
        ('{ $.level NOT EXISTS || $.level = "x" }', '{"other": 1}'),
        ("{ $.a[0].b = 1 }", '{"a": [{"b": 1}]}'),
    ],
)
def test_what_is_written_in_another_way_is_selected_all_the_same(pattern: str, message: str) -> None:
    assert compile_pattern(pattern)(message)
