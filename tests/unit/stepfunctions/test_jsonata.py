"""JSONata as Step Functions evaluates it: numbers, nulls, limits, added functions, error texts."""

from __future__ import annotations

import subprocess
import sys
from typing import Any

import pytest

from mlfn_localstack.services.stepfunctions.asl.failure import StateError
from mlfn_localstack.services.stepfunctions.asl.jsonata import (
    Bindings,
    JsonataError,
    check_syntax,
    evaluate,
    evaluate_field,
    expression_in,
    top_references,
)
from mlfn_localstack.services.stepfunctions.asl.jsonata_values import UNDEFINED, to_jsonata

STATES = {
    "input": {"empty": [], "one": [1], "nothing": None, "whole": 1.0, "big": 2**63, "rows": [{"k": 1}, {"k": 2}]},
    "context": {"Execution": {"Name": "n"}},
}
BINDINGS = Bindings({"v": [1, 2], "s": "x"}, STATES)


@pytest.mark.parametrize(
    ("expression", "value"),
    [
        ("$states.input.empty", []),
        ("$states.input.one", [1]),
        ("$states.input.nothing", None),
        ("$states.input.missing", UNDEFINED),
        ("$exists($states.input.nothing)", True),
        ("$exists($states.input.missing)", False),
        ("$states.input.rows.k", [1, 2]),
        ("$states.input.rows[k=2]", {"k": 2}),
        ("$map([1], function($x){ $x * 2 })", 2),
        ("$states.context.Execution.Name", "n"),
        ("$v[1]", 2),
        ("$s & 4/2", "x2"),
        ("[1..3]", [1, 2, 3]),
        ("{'a': null}", {"a": None}),
        ("[$states.input.missing, 1]", [1]),
        ("$lookup($states, 'input').one", [1]),
    ],
)
def test_an_expression_gives(expression: str, value: Any) -> None:
    assert evaluate(expression, BINDINGS) == value


@pytest.mark.parametrize(
    ("expression", "text"),
    [
        ("$states.input.whole", "1"),
        ("4/2", "2"),
        ("7/2", "3.5"),
        ("$parse('1.0')", "1"),
        ("$parse('9223372036854775807')", "9223372036854775807"),
        ("$states.input.big", "9.223372036854776e+18"),
        ("$sum([0.5, 0.5])", "1"),
    ],
)
def test_numbers_are_whole_where_they_can_be(expression: str, text: str) -> None:
    assert repr(evaluate(expression, BINDINGS)) == text


@pytest.mark.parametrize(
    ("expression", "value"),
    [
        ("$partition([1,2,3,4,5], 2)", [[1, 2], [3, 4], [5]]),
        ("$partition([1,2,3])", [[1, 2, 3]]),
        ("$partition([1,2,3], 0)", UNDEFINED),
        ("$partition([], 2)", UNDEFINED),
        ("$range(0, 10, 2)", [0, 2, 4, 6, 8, 10]),
        ("$range(10, 0, -5)", [10, 5, 0]),
        ("$range(-1.7, 2, 1)", [-1, 0, 1, 2]),
        ("$range(3, 3, 1)", 3),
        ("$range(5, 1, 1)", UNDEFINED),
        ("$hash('Hello', 'MD5')", "8b1a9953c4611296a827abf8c47804d7"),
        ("$hash('Hello', 'SHA-1')", "f7ff9e8b7bb2e09b70935a5d785e0cc5d9d0abf0"),
        ("$hash('Hello')", UNDEFINED),
        ("$random(42)", 0.7275636800328681),
        ("$random(0)", 0.730967787376657),
        ("$uuid() = $uuid()", False),
        ('$parse(\'{"b":1,"a":[null]}\')', {"b": 1, "a": [None]}),
        ("$exists($parse('null'))", True),
        ("$map(['1','2'], $parse)", [1, 2]),
    ],
)
def test_an_added_function_gives(expression: str, value: Any) -> None:
    assert evaluate(expression, BINDINGS) == value


@pytest.mark.parametrize(
    ("expression", "message"),
    [
        ("1 + 'a'", 'T2002: The right side of the "+" operator must evaluate to a number'),
        ("$eval('1+1')", "T1006: Attempted to invoke a non-function"),
        ("$uuid('seed')", 'T0410: Argument 1 of function "uuid" does not match function signature'),
        ("$parse(null)", 'T0410: Argument 1 of function "parse" does not match function signature'),
        ("$abs(null)", 'T0410: Argument 1 of function "abs" does not match function signature'),
        ("$substring('a', {})", 'T0410: Argument 2 of function "substring" does not match function signature'),
        ("$uppercase('a', 'b')", 'T0410: Argument 2 of function "uppercase" does not match function signature'),
        ("$sum(['a'])", 'T0412: Argument 1 of function "sum" must be an array of "numbers"'),
        ("$join([1])", 'T0412: Argument 1 of function "join" must be an array of "strings"'),
        ("$parse('no')", "D3137: Invalid JSON"),
        ('$parse(\'{"a":1,"a":2}\')', "D3137: Invalid JSON"),
        ("$hash('x', 'md5')", "D3137: Unsupported hash algorithm: md5"),
        ("$partition([1], -1)", "D3137: Second argument must be zero or greater"),
        ("$error('boom')", "D3137: boom"),
        ("1/0 + 1", "D1001: Number out of range: null"),
        ("$string([1/0])", "D1001: Number out of range: null"),
        ("$string(0/0)", "D3001: Attempting to invoke string function on Infinity or NaN"),
        ("-'x'", 'D1002: Cannot negate a non-numeric value: "x"'),
        (
            "$single([1,2], function($x){ true })",
            "D3138: The $single() function expected exactly 1 matching result.  Instead it matched more.",
        ),
        ("$replace('a', '', 'b')", "D3010: Second argument of replace function cannot be an empty string"),
        (
            "$formatBase(1, 99)",
            "D3100: The radix of the formatBase function must be between 2 and 36.  It was given 99",
        ),
        (
            "$sort([1, 'a'])",
            "D3070: The single argument form of the sort function can only be applied to an array of strings or an"
            " array of numbers.  Use the second argument to specify a comparison function",
        ),
        (
            "$formatNumber(1, 'x')",
            "D3086: The sub-picture must not contain a passive character that is preceded by an active character and"
            " that is followed by another active character",
        ),
        (
            "$power(-1, 0.5)",
            "D3061: The power function has resulted in a value that cannot be represented as a JSON number: base=-1,"
            " exponent=0.5",
        ),
        ("$number('x')", 'D3030: Unable to cast value to a number: "x"'),
        ("$number('nan')", 'D3030: Unable to cast value to a number: "nan"'),
        ("$number('1_0')", 'D3030: Unable to cast value to a number: "1_0"'),
        (
            "$power(10, 1000)",
            "D3061: The power function has resulted in a value that cannot be represented as a JSON number: base=10,"
            " exponent=1000",
        ),
        (
            "$toMillis('x')",
            'D3110: The argument of the toMillis function must be an ISO 8601 formatted timestamp. Given "x"',
        ),
        ("$fromMillis(1, '[Q]')", 'D3132: Unknown component specifier "Q" in date/time picture string'),
        ("$toMillis('1', '[Q]')", 'D3132: Unknown component specifier "Q" in date/time picture string'),
        ("$fromMillis(1, '[Y')", "D3135: No matching closing bracket ']' in date/time picture string"),
        ("$sum([1..9000000])", "Expression evaluation memory limit exceeded: Check for excessive memory usage"),
        ("$range(1, 360146, 1)", "Expression evaluation memory limit exceeded: Check for excessive memory usage"),
        (
            "($f := function($x){ $x <= 0 ? 0 : 1 + $f($x-1) }; $f(32))",
            "Stack overflow error: Check for non-terminating recursive function. Consider rewriting as tail-recursive",
        ),
    ],
)
def test_a_failing_expression_says(expression: str, message: str) -> None:
    with pytest.raises(JsonataError) as caught:
        evaluate(expression, BINDINGS)

    assert str(caught.value) == message


@pytest.mark.parametrize(
    ("expression", "names"),
    [
        ("phone", ["phone"]),
        ("a.b[c] + $sum([d, -e])", ["a", "d", "e"]),
        ('(f ? g : {"k": h}; $x := i; j ~> $string())', ["f", "g", "h", "i", "j"]),
        ("$states.input.items[price > 3]^(price).{'n': name}", []),
        ("$map($states.input, function($v){ $v.(x + y) })", []),
    ],
)
def test_what_looks_up_the_context_is_found_where_there_is_none(expression: str, names: list[str]) -> None:
    assert top_references(expression) == names


def test_a_variable_comes_before_a_function_of_its_name() -> None:
    bindings = Bindings({"range": [1], "sum": 2}, {})

    assert evaluate("$range", bindings) == [1]
    assert evaluate("$sum + $count($range)", bindings) == 3


def test_an_endless_loop_is_stopped() -> None:
    with pytest.raises(JsonataError, match="Expression evaluation timeout: Check for infinite loop"):
        evaluate("($f := function($x){ $f($x+1) }; $f(1))", BINDINGS)


@pytest.mark.parametrize(
    ("expression", "cause"),
    [
        ("$states.input.missing", "returned nothing (undefined)."),
        (
            "1 + 'a'",
            'threw an error during evaluation. T2002: The right side of the "+" operator must evaluate to a number',
        ),
        (
            "$range(1, 360146, 1)",
            "threw an error during evaluation: Expression evaluation memory limit exceeded: Check for excessive memory"
            " usage",
        ),
    ],
    ids=["undefined", "error", "limit"],
)
def test_a_field_names_its_expression_and_itself(expression: str, cause: str) -> None:
    with pytest.raises(StateError) as caught:
        evaluate_field(expression, BINDINGS, "Output/v")

    subject = f"The JSONata expression '{expression}' specified for the field 'Output/v'"
    assert caught.value.cause == f"{subject} {cause}"
    assert (caught.value.error, caught.value.location) == ("States.QueryEvaluationError", "Output/v")


@pytest.mark.parametrize(
    ("value", "expression"),
    [
        ("{% $a %}", "$a"),
        ("{%1%}", "1"),
        (" {% $a %} ", None),
        ("Hello {% $a %}", None),
        ("{% a", None),
        (5, None),
    ],
)
def test_only_a_whole_string_is_an_expression(value: Any, expression: str | None) -> None:
    assert expression_in(value) == expression


def test_a_syntax_error_is_found_without_evaluating() -> None:
    assert check_syntax("$a + 1") is None
    assert check_syntax("(") == 'S0203: Expected ")" before end of expression'
    assert check_syntax("2 + 1e400") == 'S0102: Number out of range: "1e400"'


def test_the_library_is_not_loaded_until_an_expression_needs_it() -> None:
    program = (
        "import sys; import mlfn_localstack.services.stepfunctions;"
        "print([name for name in ('jsonata', 'botocore') if name in sys.modules])"
    )

    result = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)

    assert result.stdout.strip() == "[]"


PATHS = (
    "$a $a.b $a.b.c $a.b.n $a.b.n.q $a.b.l $a.b.s $a.b.s.q $a.b.t $a.b.big $a.b.f $a.b.e $a.x $a.x.y $l $l.b $s $s.q $z"
    " $nul $nul.a $q $q.a $states.input $states.input.k $states.input.k.d $states.input.l.x $states.result"
    " $states.context.Execution.Id $states.context.State.RetryCount $states.result.x $states.nothing $sum $a.b.and"
)


@pytest.mark.parametrize("path", PATHS.split())
def test_a_plain_path_leads_where_the_library_s_evaluation_leads(path: str) -> None:
    inner = {"c": 1.0, "n": None, "l": [1], "s": "x", "t": True, "big": 2**70, "f": 1.5, "e": [], "and": 1}
    variables = {"a": {"b": inner}, "l": [{"b": 1}, {"b": 2}], "s": "txt", "z": 0, "nul": None}
    states = {"input": {"k": {"d": [1, [2]]}, "l": [{"x": 1}]}, "context": {"Execution": {"Id": "arn"}}, "result": None}

    found, by_the_library = (_ended(each, Bindings(variables, states)) for each in (path, f"({path})"))

    assert repr(found) == repr(by_the_library)


@pytest.mark.parametrize("path", PATHS.split())
@pytest.mark.parametrize("form", ["[{}]", "$string({})", "$exists({0}) ? {0} : null", "$exists({0}) ? {0} : -12"])
@pytest.mark.parametrize("shadowed", [{}, {"exists": 1, "string": 2}], ids=["", "shadowed"])
def test_a_plain_form_gives_what_the_library_gives(path: str, form: str, shadowed: dict[str, Any]) -> None:
    expression = form.format(path)
    inner = {"c": 1.0, "n": None, "l": [1], "s": "x", "t": True, "big": 2**70, "f": 1.5, "e": [], "and": 1}
    variables = {"a": {"b": inner}, "l": [{"b": 1}, {"b": 2}], "s": "txt", "z": 0, "nul": None, **shadowed}
    states = {"input": {"k": {"d": [1, [2]]}, "l": [{"x": 1}]}, "context": {"Execution": {"Id": "arn"}}, "result": None}

    found, by_the_library = (_ended(each, Bindings(variables, states)) for each in (expression, f"({expression})"))

    assert repr(found) == repr(by_the_library)


def test_a_long_list_is_not_changed_by_expressions_that_others_follow() -> None:
    rows = [{"k": number} for number in range(100)]
    bindings = Bindings({"rows": rows}, {})

    changed = evaluate(
        "$append($sort($rows, function($a, $b) { $a.k < $b.k }) ~> |$|{'k': 0}|, $reverse($rows))", bindings
    )

    assert isinstance(changed, list)
    assert len(changed) == 200
    assert evaluate("($rows)", Bindings({"rows": rows}, {})) == [{"k": number} for number in range(100)]


def test_a_long_list_is_put_into_the_library_s_form_once_for_all_who_see_it() -> None:
    rows = [{"k": number} for number in range(100)]

    first, second = (to_jsonata({"Execution": {"Input": rows}}) for _ in range(2))

    assert first["Execution"]["Input"] is second["Execution"]["Input"]
    assert to_jsonata(list(rows)) is not first["Execution"]["Input"]


def _ended(expression: str, bindings: Bindings) -> Any:
    try:
        return evaluate(expression, bindings)
    except JsonataError as error:
        return type(error).__name__


@pytest.mark.parametrize("expression", ["$millis()", "$toMillis($now())"])
def test_the_time_is_that_of_the_evaluation_whenever_its_expression_was_compiled(
    expression: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    moment = {"ms": 1_000}
    monkeypatch.setattr("jsonata.timebox.Timebox.current_milli_time", lambda: moment["ms"])
    before = evaluate(expression, BINDINGS)
    evaluate(f"$string({expression}) & ' ago'", BINDINGS)

    moment["ms"] = 5_000

    assert (before, evaluate(expression, BINDINGS)) == (1_000, 5_000)
