"""Which changes of a type break whom."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any, Literal, NotRequired

import pytest
from pydantic import BaseModel, Field
from typing_extensions import TypedDict

from mlfn_engine.declarations.schemas import output_schema
from mlfn_engine.planning.schemas import lost, misfits


def schema(hint: Any) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(output_schema(hint))
    return found


class Order(TypedDict):
    item: str
    count: int


class OrderWithNote(TypedDict):
    item: str
    count: int
    note: NotRequired[str]


class OrderWithPrice(TypedDict):
    item: str
    count: int
    price: float


class OrderWithoutCount(TypedDict):
    item: str


@dataclass
class Tree:
    name: str
    children: list[Tree]


class Positive(BaseModel):
    count: int = Field(ge=1)


class Anyhow(BaseModel):
    count: int


FITS = {
    "the same": (Order, Order),
    "an integer where a number is taken": (int, float),
    "a text where a text or nothing is taken": (str, str | None),
    "one of fewer words": (Literal["a"], Literal["a", "b"]),
    "more than is required": (OrderWithPrice, Order),
    "what may be left out": (Order, OrderWithNote),
    "a list of what fits": (list[int], list[float]),
    "a mapping of what fits": (dict[str, int], dict[str, float]),
    "a type that contains itself": (Tree, Tree),
    "a narrower number": (Positive, Anyhow),
}
MISFITS = {
    "another type": (str, int, "the value may be string, not only integer"),
    "a number where an integer is taken": (float, int, "the value may be number, not only integer"),
    "perhaps nothing": (str | None, str, "the value may be null, not only string"),
    "one of more words": (Literal["a", "b"], Literal["a"], "the value may be 'b', not only one of ['a']"),
    "any word": (str, Literal["a"], "the value may be anything, not only one of ['a']"),
    "less than is required": (Order, OrderWithPrice, "price must be there and may be missing"),
    "deep inside": (list[Order], list[OrderWithPrice], "[].price must be there and may be missing"),
    "a wider number": (Anyhow, Positive, "count must be at least 1"),
    "values of a mapping": (dict[str, str], dict[str, int], ".* may be string, not only integer"),
}


@pytest.mark.parametrize(("sender", "receiver"), FITS.values(), ids=FITS)
def test_what_is_sent_fits(sender: Any, receiver: Any) -> None:
    assert misfits(schema(sender), schema(receiver)) == ()


@pytest.mark.parametrize(("sender", "receiver", "told"), MISFITS.values(), ids=MISFITS)
def test_what_is_sent_may_be_refused(sender: Any, receiver: Any, told: str) -> None:
    assert misfits(schema(sender), schema(receiver)) == (told,)


def test_a_key_that_a_closed_object_does_not_know_is_told() -> None:
    closed = {**schema(Order), "additionalProperties": False}

    assert misfits(schema(OrderWithNote), closed) == ("note is not known",)


def test_a_property_that_goes_is_lost() -> None:
    assert lost(schema(list[Order]), schema(list[OrderWithoutCount])) == ("[].count is gone",)
    assert lost(schema(Order), schema(OrderWithPrice)) == ()
    assert lost(schema(Tree), schema(Tree)) == ()
