"""Intrinsic functions, by the examples of their documentation."""

from __future__ import annotations

from typing import Any

import pytest

from mlfn_localstack.services.stepfunctions.asl.failure import StateError
from mlfn_localstack.services.stepfunctions.asl.intrinsics import compile_intrinsic, evaluate_intrinsic
from mlfn_localstack.services.stepfunctions.asl.jsonpath import compile_path

DATA = {"name": "Foo", "n": 5, "list": [1, 2, 3, 4, 5], "text": "a+b=c", "json": '{"x": [1]}', "object": {"b": 1}}


def evaluate(text: str) -> Any:
    return evaluate_intrinsic(text, lambda path: compile_path(path).read(DATA), lambda: "INPUT")


@pytest.mark.parametrize(
    ("call", "value"),
    [
        ("States.Format('Hello {}, {}', $.name, $.n)", "Hello Foo, 5"),
        (r"States.Format('\{\} {} it\'s', true)", "{} true it's"),
        ("States.Format('{}', $.object)", '{"b":1}'),
        ("States.StringToJson($.json)", {"x": [1]}),
        ("States.JsonToString($.object)", '{"b":1}'),
        ("States.Array($.n, 'x', null, 2.5)", [5, "x", None, 2.5]),
        ("States.Array()", []),
        ("States.ArrayPartition($.list, 2)", [[1, 2], [3, 4], [5]]),
        ("States.ArrayContains($.list, 5)", True),
        ("States.ArrayContains($.list, '5')", False),
        ("States.ArrayRange(1, 9, 2)", [1, 3, 5, 7, 9]),
        ("States.ArrayRange(3, 1, -1)", [3, 2, 1]),
        ("States.ArrayGetItem($.list, 4)", 5),
        ("States.ArrayLength($.list)", 5),
        ("States.ArrayUnique(States.Array(1, 2, 1, 'a', 'a'))", [1, 2, "a"]),
        ("States.Base64Encode('Data to encode')", "RGF0YSB0byBlbmNvZGU="),
        ("States.Base64Decode('RGF0YSB0byBkZWNvZGU=')", "Data to decode"),
        ("States.Hash('input data', 'SHA-1')", "aaff4a450a104cd177d28d18d74485e8cae074b7"),
        ("States.JsonMerge($.object, States.StringToJson('{\"c\":2}'), false)", {"b": 1, "c": 2}),
        ("States.MathAdd($.n, -1)", 4),
        ("States.StringSplit('1,2,,3', ',')", ["1", "2", "3"]),
        ("States.StringSplit('This.is+a,test', '.+,')", ["This", "is", "a", "test"]),
        ("States.Format('{}', States.Format('<{}>', $.name))", "<Foo>"),
    ],
)
def test_a_function_gives(call: str, value: Any) -> None:
    assert evaluate(call) == value


@pytest.mark.parametrize(
    ("left", "right", "total"),
    [
        (0.5, 0, 1),
        (2.5, 0, 3),
        (3.5, 0, 4),
        (1.49, 1.5, 3),
        (1.5, 1.51, 4),
        (-0.5, 0, 0),
        (-1.5, 0, -1),
        (-2.5, 0, -2),
        (-3.5, 0, -3),
        (-1.51, 0, -2),
        (-1.5, -1.51, -3),
        (-0.5, 0.5, 1),
    ],
)
def test_each_summand_is_rounded_first_and_halves_go_up(left: float, right: float, total: int) -> None:
    assert evaluate(f"States.MathAdd({left}, {right})") == total


@pytest.mark.parametrize("text", ["", " "], ids=["empty", "blank"])
def test_blank_text_is_the_json_null(text: str) -> None:
    assert evaluate(f"States.StringToJson('{text}')") is None


def test_an_object_of_the_context_is_formatted_as_a_java_map() -> None:
    machine = {"Id": "arn", "Name": "m", "Tags": {"retries": 2, "on": True}}

    formatted = evaluate_intrinsic("States.Format('<{}>', $$.StateMachine)", lambda _: machine, lambda: "")

    assert formatted == "<{Id=arn, Name=m, Tags={retries=2, on=true}}>"


def test_the_input_in_the_context_is_formatted_as_json() -> None:
    formatted = evaluate_intrinsic("States.Format('<{}>', $$.Execution.Input)", lambda _: {"a": 1}, lambda: "")

    assert formatted == '<{"a":1}>'


def test_a_seeded_random_number_is_the_same_every_time() -> None:
    drawn = {evaluate("States.MathRandom(1, 999, 42)") for _ in range(3)}

    assert len(drawn) == 1
    assert 1 <= drawn.pop() < 999


def test_a_uuid_is_random() -> None:
    assert evaluate("States.UUID()") != evaluate("States.UUID()")


@pytest.mark.parametrize(
    "text",
    [
        "States.Nope()",
        "States.Format('x'",
        "States.Format('x') y",
        "States.Format('x' 'y')",
        "States.Format(x)",
        "States.Array(" * 11 + ")" * 11,
    ],
    ids=["unknown", "open", "more", "comma", "word", "nested"],
)
def test_a_malformed_call_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r".+"):
        compile_intrinsic(text)


def test_an_argument_that_names_nothing_is_a_runtime_error_naming_the_whole_call() -> None:
    call = "States.Format('{}', States.Format('{}', $.nope))"

    with pytest.raises(StateError) as caught:
        evaluate(call)

    assert caught.value.error == "States.Runtime"
    assert caught.value.cause == (
        f"The function '{call}' had the following error: The JsonPath argument for the field '$.nope' could not be"
        " found in the input 'INPUT'"
    )


@pytest.mark.parametrize(
    "call",
    [
        "States.ArrayGetItem($.list, 9)",
        "States.StringToJson('{')",
        "States.Format('{}')",
        "States.ArrayRange(1, 5000, 1)",
        "States.Hash('x', 'CRC')",
        "States.MathAdd('1', 2)",
        "States.JsonMerge($.object, $.object, true)",
        "States.Base64Decode('?')",
        "States.UUID(1)",
    ],
)
def test_a_function_that_refuses_its_arguments_is_an_intrinsic_failure(call: str) -> None:
    with pytest.raises(StateError) as caught:
        evaluate(call)

    assert caught.value.error == "States.IntrinsicFailure"
