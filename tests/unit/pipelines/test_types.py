"""What fits where, as a strict contract over JSON sees it."""

from __future__ import annotations

import collections.abc
import enum
from dataclasses import dataclass, field
from typing import Annotated, Any, Literal, NamedTuple, Never, NewType, NotRequired

import pytest
from pydantic import BaseModel, Field, RootModel
from typing_extensions import TypeAliasType, TypedDict

from mlfn_engine.pipelines.types import (
    Shape,
    assignable,
    fields_of,
    is_optional,
    item_of,
    may_be_array,
    may_be_string,
    members,
    plain,
    show,
    union,
    without_none,
)


class Colour(enum.StrEnum):
    RED = "red"


class Size(enum.IntEnum):
    SMALL = 1


class Mood(enum.Enum):
    GOOD = "good"


@dataclass
class Page:
    text: str
    lines: list[str] = field(default_factory=list)


@dataclass
class ColourPage(Page):
    colour: str = "red"


class Model(BaseModel):
    text: str
    hidden: int = Field(default=1, exclude=True)


class Names(RootModel[list[str]]): ...


class Sizes(TypedDict):
    small: int
    large: NotRequired[int]


class MoreSizes(TypedDict):
    small: int
    large: int
    huge: int


class Point(NamedTuple):
    x: int


UserId = NewType("UserId", int)
Alias = TypeAliasType("Alias", list[int])


@pytest.mark.parametrize(
    ("source", "target"),
    [
        (int, int),
        (int, float),
        (Colour, str),
        (Size, int),
        (UserId, int),
        (Alias, list[int]),
        (Annotated[int, Field(ge=0)], int),
        (int, int | None),
        (None, int | None),
        (int | str, int | str | None),
        (Literal["a"], str),
        (Literal["a"], Literal["a", "b"]),
        (list[int], list[float]),
        (list[int], collections.abc.Sequence[int]),
        (list[Never], list[str]),
        (tuple[int, ...], list[int]),
        (tuple[int, str], list[int | str]),
        (tuple[int, str], tuple[float, str]),
        (set[int], list[int]),
        (list, list[int]),
        (dict[str, int], dict[str, float]),
        (dict[str, int], collections.abc.Mapping[str, int]),
        (dict, dict[str, int]),
        (dict[str, int], dict),
        (Page, Page),
        (ColourPage, Page),
        (Sizes, Sizes),
        (MoreSizes, Sizes),
        (Sizes, dict[str, int]),
        (Shape(fields=(("small", int),)), Sizes),
        (Shape(fields=(("small", int),)), dict[str, int]),
        (Shape(fields=(("small", int),)), dict),
        (Any, int),
        (int, Any),
        (int, object),
        (Never, int),
        (list[Any], list[int]),
    ],
    ids=show,
)
def test_a_value_fits(source: Any, target: Any) -> None:
    assert assignable(source, target)


@pytest.mark.parametrize(
    ("source", "target"),
    [
        (float, int),
        (bool, int),
        (bool, float),
        (str, int),
        (str, Colour),
        (Mood, str),
        (int | None, int),
        (Literal["a", "c"], Literal["a", "b"]),
        (Literal[1], Literal[True]),
        (Literal["a"], int),
        (list[str], list[int]),
        (str, list[str]),
        (int, list[int]),
        (list[int], tuple[int, int]),
        (tuple[int], tuple[int, int]),
        (tuple[int, str], tuple[int, int]),
        (list[int], dict[str, int]),
        (dict[str, str], dict[str, int]),
        (Page, dict[str, Any]),
        (Page, ColourPage),
        (Page, Model),
        (Sizes, MoreSizes),
        (Sizes, Page),
        (Shape(fields=(("tiny", int),)), Sizes),
        (Shape(fields=(("small", int), ("tiny", int))), Sizes),
        (Shape(fields=(("small", str),)), Sizes),
        (Shape(fields=(("small", str),)), dict[str, int]),
        (Shape(fields=(("text", str),)), Page),
        ("text", int),
    ],
    ids=show,
)
def test_a_value_does_not_fit(source: Any, target: Any) -> None:
    assert not assignable(source, target)


@pytest.mark.parametrize(
    ("hint", "item"),
    [
        (list[int], int),
        (list, Any),
        (tuple[int, ...], int),
        (tuple[int, str], int | str),
        (Any, Any),
        (str, None),
        (dict[str, int], None),
        (list[int] | None, None),
        (list[int] | list[str], int | str),
        (list[Never] | list[int], int),
    ],
    ids=show,
)
def test_a_list_has_items(hint: Any, item: Any) -> None:
    assert item_of(hint) == item


@pytest.mark.parametrize(
    ("hint", "names"),
    [
        (Page, {"text": True, "lines": True}),
        (Model, {"text": True, "hidden": False}),
        (Sizes, {"small": True, "large": False}),
        (Shape(fields=(("a", int),)), {"a": True}),
        (Names, None),
        (Point, None),
        (int, None),
        (int | str, None),
    ],
    ids=show,
)
def test_a_typed_object_has_fields(hint: Any, names: dict[str, bool] | None) -> None:
    fields = fields_of(hint)

    found = None if fields is None else {name: each.required for name, each in fields.items()}
    assert found == names


@pytest.mark.parametrize(
    ("hint", "string", "array"),
    [
        (int, False, False),
        (str, True, False),
        (bool | None, False, False),
        (str | None, True, False),
        (list[str], False, True),
        (dict[str, str], False, False),
        (Page, False, False),
        (Colour, True, False),
        (Mood, True, False),
        (Literal["a"], True, False),
        (Literal[1, True], False, False),
        (Names, True, True),
        (Any, True, True),
        (list[int] | str, True, True),
    ],
    ids=show,
)
def test_the_form_in_json_is_known(hint: Any, string: bool, array: bool) -> None:
    assert (may_be_string(hint), may_be_array(hint)) == (string, array)


@pytest.mark.parametrize(
    ("hint", "text"),
    [
        (int, "int"),
        (None, "None"),
        (str | None, "str | None"),
        (list[dict[str, int]], "list[dict[str, int]]"),
        (tuple[int, ...], "tuple[int, ...]"),
        (Literal["a", 1], "Literal['a', 1]"),
        (Shape(fields=(("a", int),)), "{'a': int}"),
        (Any, "Any"),
    ],
    ids=str,
)
def test_a_hint_is_shown_as_written(hint: Any, text: str) -> None:
    assert show(hint) == text


def test_unions_are_flat_and_without_repetition() -> None:
    assert union((int | str, str, None)) == int | str | None
    assert union((int,)) is int
    assert union(()) is Never
    assert union((int, Any)) is Any
    assert members(Annotated[int | None, "x"]) == (int, type(None))


def test_none_can_be_ruled_out() -> None:
    assert is_optional(int | None)
    assert not is_optional(int)
    assert without_none(int | None) is int
    assert plain(None) is type(None)
