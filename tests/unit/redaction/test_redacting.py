"""What of a value may be kept, by the marks in a model's types, wherever they stand."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Annotated, Any, Optional

import pytest
from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, field_validator
from typing_extensions import TypedDict

from mlfn import DeclarationError, Sensitive
from mlfn.runtime.redaction import Redaction
from mlfn_engine.contracts.redaction import is_sensitive, redaction

Secret = Annotated[str, Sensitive()]
Hashed = Annotated[str, Sensitive("hmac")]


@dataclass
class Person:
    name: Hashed
    age: int
    boss: Optional[Person] = None  # noqa: UP045 - a string in `X | None` cannot be evaluated


class Card(TypedDict):
    number: Secret
    label: str


class Account(BaseModel):
    owner: Person
    pin: Annotated[str, Sensitive("keep_type"), Field(alias="PIN", min_length=2)]


class Open(BaseModel):
    model_config = ConfigDict(extra="allow")
    label: str


class Checked(BaseModel):
    token: Secret

    @field_validator("token")
    @classmethod
    def _check(cls, value: str) -> str:
        return value


def kept(hint: Any, value: Any, *, result: bool = False) -> Any:
    plan = json.loads(json.dumps(redaction(TypeAdapter(hint).core_schema, result=result)))
    return Redaction(plan, lambda data: f"<{data.decode()}>").of(value)


@pytest.mark.parametrize(
    ("hint", "value", "expected"),
    [
        pytest.param(Secret, "s", None, id="itself"),
        pytest.param(list[Secret], ["s", "t"], [None, None], id="in a list"),
        pytest.param(dict[str, Secret], {"a": "s"}, {}, id="in a mapping"),
        pytest.param(dict[Secret, int], {"s": 1}, None, id="as a mapping's keys"),
        pytest.param(tuple[int, Secret], [1, "s"], [1, None], id="in a tuple"),
        pytest.param(tuple[Secret, ...], ["s", "t"], [None, None], id="in a long tuple"),
        pytest.param(Secret | None, "s", None, id="optional"),
        pytest.param(int | Secret, 3, None, id="in a union, whichever it was"),
        pytest.param(list[Card], [{"number": "s", "label": "x"}], [{"label": "x"}], id="in a TypedDict"),
        pytest.param(Card | list[int], [1, 2], [1, 2], id="not in this alternative"),
        pytest.param(Person | Card, {"number": "s", "label": "x"}, {"label": "x"}, id="by the alternative's fields"),
        pytest.param(Checked, {"token": "s"}, {}, id="under a validator"),
        pytest.param(Annotated[Card, Sensitive("keep_type")], {"number": "s", "label": "x"}, {}, id="a whole class"),
        pytest.param(dict[str, Any], {"a": {"b": 1}}, {"a": {"b": 1}}, id="nowhere: anything was declared"),
        pytest.param(Open, {"label": "x", "more": "s"}, {"label": "x"}, id="what nobody declared"),
    ],
)
def test_a_mark_is_found(hint: Any, value: Any, expected: Any) -> None:
    assert kept(hint, value) == expected


def test_a_hashed_value_can_be_recognised_but_not_read() -> None:
    value = {"name": "jane", "age": 30, "boss": {"name": "jane", "age": 50}}

    assert kept(Person, value) == {"name": 'hmac:<"jane">', "age": 30, "boss": {"name": 'hmac:<"jane">', "age": 50}}


def test_without_a_key_a_hashed_value_is_dropped() -> None:
    plan = redaction(TypeAdapter(Person).core_schema, result=False)

    assert Redaction(plan, None).of({"name": "jane", "age": 30}) == {"age": 30}


def test_aliases_and_names_are_the_same_field() -> None:
    owner = {"name": "j", "age": 1}

    assert kept(Account, {"owner": owner, "PIN": "12"})["PIN"] == ""
    assert kept(Account, {"owner": owner, "pin": "12"}, result=True)["pin"] == ""


@pytest.mark.parametrize("value", ["text", 3, 1.5, True, [1], {"a": 1}, None], ids=repr)
def test_keep_type_keeps_nothing_but_the_type(value: Any) -> None:
    found = kept(Annotated[Any, Sensitive("keep_type")], value)

    assert not found
    assert type(found) is type(value) or (type(value), found) == (float, 0)


def test_marking_a_class_in_one_place_leaves_it_readable_in_another() -> None:
    class Pair(TypedDict):
        hidden: Annotated[Card, Sensitive()]
        shown: Card

    card = {"number": "s", "label": "x"}

    assert kept(Pair, {"hidden": card, "shown": card}) == {"shown": {"label": "x"}}


@pytest.mark.parametrize(
    ("hint", "marked"),
    [(Person, True), (list[Secret], True), (tuple[int, str], False), (Open, False), (dict[str, int], False)],
    ids=str,
)
def test_a_model_is_discreet_if_anything_is_marked(hint: Any, marked: bool) -> None:
    assert is_sensitive(redaction(TypeAdapter(hint).core_schema, result=False)) is marked


def test_a_mark_changes_neither_validation_nor_schema() -> None:
    marked, plain = TypeAdapter(Annotated[Person, Sensitive()]), TypeAdapter(Person)

    assert marked.json_schema() == plain.json_schema()
    assert marked.validate_python({"name": "j", "age": 3}) == Person(name="j", age=3)


def test_an_unknown_way_to_redact_is_refused() -> None:
    with pytest.raises(DeclarationError, match="Sensitive\\('blur'\\) is not known"):
        Sensitive("blur")  # type: ignore[arg-type]  # the mistake under test
