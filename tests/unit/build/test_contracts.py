"""Contracts that travel as JSON accept what the types accept."""

from __future__ import annotations

import json
from typing import Any

import pytest
from pydantic import BaseModel, TypeAdapter, ValidationError
from tests.unit.build import shapes

from mlfn_engine.contracts.handlers import ingress_contract, input_contract, load, output_contract

SAMPLES = [
    "null", "true", "1", "-1", "11", "1.5", '"a"', '"x"', '"red"', '"1"', "3", "[]", "[1]", "[1,2,3]", '["a"]', "{}",
    '{"x": 1}', '{"x": 1.5, "tags": ["a"]}', '{"x": "1"}', '{"x": true}', '{"x": 1, "z": 1}', '{"y": 1}',
    '{"value": 1, "children": []}', '{"value": 1, "children": [{"value": 11, "children": []}]}',
    '{"value": 1, "children": [{"value": 2, "children": [], "colour": "blue"}]}',
    '{"value": 1, "children": [], "colour": "green"}', '{"text": "a"}', '{"text": ""}', '{"text": "A"}',
    '{"text": "a", "stars": 1}', '{"text": "a", "stars": "1"}', '{"number": 1}', '{"number": -1}',
    '{"number": 1, "Title": "t", "at": "2026-01-01T00:00:00Z"}', '{"number": 1, "at": "noon"}',
    '{"number": 1, "Title": 3}',
    '{"theName": "n"}', '{"name": "n"}', '{"theName": "n", "other": 1}', '{"count": 1}', '{"count": "1"}',
    '{"a": [1.5]}', '{"a": ["b"]}', '["2026-01-01T00:00:00", "2026-01-01", "P1D"]', '["2026-01-01T00:00:00", 1, 1]',
    '"1.50"', '"6f1c9a9e-1df5-4a0e-9a3b-1a2b3c4d5e6f"', '"/tmp"', '"2026-01-01"',
]  # fmt: skip

TYPES = ["Point", "Tree", "Review", "Page", "Closed", "Lenient", "Names", "Kind", "Mixed", "Times", "Scores", "Exact"]
TYPES += ["Identity", "Bounded", "Colour", "Level"]


def handler(hint: Any) -> Any:
    """A handler of one parameter."""

    def predict(value: Any) -> Any:
        return value

    predict.__annotations__ = {"value": hint, "return": hint}
    return predict


def accepted(validate: Any, text: str) -> tuple[bool, Any]:
    """Whether a JSON text is accepted, and as what."""
    try:
        return True, validate(text)
    except ValidationError:
        return False, None


@pytest.mark.parametrize("name", TYPES)
def test_a_contract_read_back_from_json_accepts_what_its_type_does(name: str) -> None:
    hint = getattr(shapes, name)
    strict = None if name == "Lenient" else True

    contract = input_contract(handler(hint), "{}")

    validator = load(json.loads(json.dumps(contract["core"])))
    adapter: TypeAdapter[Any] = TypeAdapter(hint)
    for text in SAMPLES:
        expected = accepted(lambda sample: adapter.validate_json(sample, strict=strict), text)
        assert accepted(validator.validate_json, text) == expected, text


@pytest.mark.parametrize("name", [*TYPES, "Place"])
def test_the_ingress_accepts_whatever_the_type_does(name: str) -> None:
    hint = getattr(shapes, name)
    adapter: TypeAdapter[Any] = TypeAdapter(hint)

    contract = ingress_contract(handler(hint), "{}")

    validator = load(contract["core"])
    assert "$mlfn" not in json.dumps(contract["core"])
    for text in SAMPLES:
        if accepted(lambda sample: adapter.validate_json(sample, strict=True), text)[0]:
            assert accepted(validator.validate_json, text)[0], text


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("Point", '{"x": "1"}'),
        ("Point", '{"y": 1}'),
        ("Tree", '{"value": 1, "children": [{"value": 11, "children": []}]}'),
        ("Tree", '{"value": 1, "children": [], "colour": "green"}'),
        ("Page", '{"number": 1, "Title": 3}'),
        ("Closed", '{"theName": "n", "other": 1}'),
        ("Review", '{"text": "A"}'),
        ("Kind", '"x"'),
        ("Names", "[1]"),
    ],
)
def test_the_ingress_refuses_another_shape(name: str, text: str) -> None:
    contract = ingress_contract(handler(getattr(shapes, name)), "{}")

    assert not accepted(load(contract["core"]).validate_json, text)[0]


@pytest.mark.parametrize("text", ["NaN", "Infinity", "-Infinity", "1e999"])
def test_numbers_that_are_not_finite_are_refused(text: str) -> None:
    contract = input_contract(handler(float), "{}")

    assert not accepted(load(contract["core"]).validate_json, text)[0]


def test_several_parameters_are_the_keys_of_a_closed_object() -> None:
    def predict(left: shapes.Tree, right: shapes.Tree, times: int = 1) -> int:
        return times

    predict.__annotations__ = {"left": shapes.Tree, "right": shapes.Tree, "times": int, "return": int}
    validator = load(input_contract(predict, "{}")["core"])
    leaf = {"value": 1, "children": []}

    assert accepted(validator.validate_json, json.dumps({"left": leaf, "right": leaf}))[0]
    assert not accepted(validator.validate_json, json.dumps({"left": leaf}))[0]
    assert not accepted(validator.validate_json, json.dumps({"left": leaf, "right": leaf, "more": 1}))[0]


def test_a_contract_holds_no_address_of_this_process() -> None:
    one = json.dumps(input_contract(handler(shapes.Tree), "{}")["core"])

    assert str(id(shapes.Tree)) not in one
    assert "tests.unit.build.shapes:Tree" in one


def test_a_type_that_json_cannot_bring_back_has_no_core() -> None:
    class Local(BaseModel):
        x: int

    assert input_contract(handler(Local), "{}")["core"] is None
    assert input_contract(handler(shapes.Place), "{}")["core"] is None


def test_an_outputs_contract_takes_the_objects_that_a_handler_returns() -> None:
    validator = load(output_contract(handler(shapes.Point), "{}")["core"])

    assert validator.validate_python(shapes.Point(x=1.0)) == shapes.Point(x=1.0)
    with pytest.raises(ValidationError):
        validator.validate_python(shapes.Tree(value=1, children=[]))
