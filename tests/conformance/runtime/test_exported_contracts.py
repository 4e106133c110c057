"""Contracts as the packager exports them, used as the runtime uses them."""

from __future__ import annotations

import dataclasses
import enum
import json
from collections.abc import Callable
from datetime import datetime
from typing import Annotated, Any, Literal

import pydantic
import pytest
from typing_extensions import TypedDict

from mlfn.runtime.contract import InputContract, OutputContract, input_contract, output_contract
from mlfn.runtime.refusal import Refusal
from mlfn_engine.contracts import handlers as exporter


class Label(enum.StrEnum):
    GOOD = "good"


@dataclasses.dataclass
class Tree:
    value: int
    children: list[Tree] = dataclasses.field(default_factory=list)


class Row(TypedDict, total=False):
    score: float


class Model(pydantic.BaseModel):
    text: Annotated[str, pydantic.Field(min_length=2)]
    at: datetime | None = None


class Renamed(pydantic.BaseModel):
    text: str = pydantic.Field(serialization_alias="Text", validation_alias="Text")


def tree(value: Tree) -> Tree:
    return value


def row(value: Row) -> Row:
    return value


def model(value: Model) -> Model:
    return value


def models(value: list[Model]) -> list[Model]:
    return value


def renamed(value: Renamed) -> Renamed:
    return value


def label(value: Label) -> Label:
    return value


def literal(value: Literal["a", 1]) -> Literal["a", 1]:
    return value


def anything(value: Any) -> Any:
    return value


def mapping(value: dict[str, tuple[int, ...]]) -> dict[str, tuple[int, ...]]:
    return value


def several(text: str, times: int = 2) -> str:
    return text * times


def _contracts(handler: Callable[..., Any]) -> tuple[InputContract, OutputContract]:
    code = handler.__code__
    parameters = code.co_varnames[: code.co_argcount]
    exported = json.loads(json.dumps(exporter.input_contract(handler, "{}")))
    returned = json.loads(json.dumps(exporter.output_contract(handler, "{}")))
    return input_contract(exported, parameters, handler), output_contract(returned, handler)


@pytest.mark.parametrize(
    ("handler", "body"),
    [
        (tree, '{"value":1,"children":[{"value":2,"children":[]}]}'),
        (row, '{"score":0.5}'),
        (row, "{}"),
        (model, '{"text":"fine","at":"2026-11-23T06:18:00Z"}'),
        (models, '[{"text":"fine","at":null}]'),
        (renamed, '{"Text":"fine"}'),
        (label, '"good"'),
        (literal, "1"),
        (anything, '{"a":[1,null]}'),
        (mapping, '{"a":[1,2]}'),
    ],
    ids=lambda value: getattr(value, "__name__", value),
)
def test_what_fits_goes_in_and_comes_out_the_same(handler: Callable[..., Any], body: str) -> None:
    before, after = _contracts(handler)

    assert after.body(handler(**before.arguments(body.encode()))).decode() == body


@pytest.mark.parametrize(
    ("handler", "body", "where"),
    [
        (tree, '{"value":"1"}', ["value"]),
        (tree, '{"value":true}', ["value"]),
        (tree, '{"value":1,"children":[{"value":1.5}]}', ["children", 0, "value"]),
        (row, '{"score":"1.5"}', ["score"]),
        (row, '{"score":true}', ["score"]),
        (model, '{"text":"f"}', ["text"]),
        (label, '"bad"', []),
        (mapping, '{"a":["1"]}', ["a", 0]),
        (several, '{"text":"a","more":1}', ["more"]),
        (several, '{"times":1}', ["text"]),
        (tree, "[" * 300 + "]" * 300, []),
    ],
    ids=lambda value: getattr(value, "__name__", None),
)
def test_what_does_not_fit_is_refused_where_it_does_not(handler: Callable[..., Any], body: str, where: Any) -> None:
    before, _ = _contracts(handler)

    with pytest.raises(Refusal) as refused:
        before.arguments(body.encode())

    assert refused.value.status == 400
    assert not where or refused.value.errors[0]["loc"] == where


def test_several_parameters_are_the_keys_of_an_object_with_their_defaults() -> None:
    before, after = _contracts(several)

    assert after.body(several(**before.arguments(b'{"text":"ab"}'))) == b'"abab"'


@pytest.mark.parametrize(
    ("handler", "value"),
    [
        (tree, Tree(value="1")),  # type: ignore[arg-type]  # the point of the test
        (row, {"score": float("nan")}),
        (model, {"text": "f"}),
        (label, "bad"),
        (tree, object()),
        (tree, None),
    ],
    ids=["inside a dataclass", "nan", "a mapping for a model", "enum", "object", "none"],
)
def test_a_result_that_does_not_fit_is_refused(handler: Callable[..., Any], value: Any) -> None:
    _, after = _contracts(handler)

    with pytest.raises(Refusal) as refused:
        after.body(value)

    assert (refused.value.error_type, refused.value.status) == ("ContractError", 500)


def test_the_type_that_a_result_has_is_told_and_not_its_value() -> None:
    _, after = _contracts(spelt)

    with pytest.raises(Refusal) as refused:
        after.body(40961)

    (error,) = refused.value.errors
    assert error["msg"] == "should be a valid string, and is int"
    assert "40961" not in str(refused.value)


def spelt(text: str) -> str:
    return text
