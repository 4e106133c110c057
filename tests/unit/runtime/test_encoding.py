"""Results as JSON: what the C encoder writes is what pydantic would."""

from __future__ import annotations

import dataclasses
import enum
import json
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any, ClassVar
from uuid import UUID

import numpy as np
import pytest
from pydantic import TypeAdapter

from mlfn.jsontext import decode
from mlfn.runtime.encoding import encode_plain, is_custom


class Label(enum.StrEnum):
    GOOD = "good"


@dataclasses.dataclass
class Point:
    kind: ClassVar[str] = "point"
    x: int
    tags: tuple[str, ...] = ("a",)


@dataclasses.dataclass(slots=True)
class Line:
    ends: list[Point]
    at: datetime = datetime(2026, 11, 23, 6, 18, tzinfo=UTC)
    day: date = date(2026, 11, 23)
    cost: Decimal = Decimal("1.10")
    id: UUID = UUID(int=7)  # noqa: RUF009 - it is immutable
    label: Label = Label.GOOD
    text: str = 'é "quoted" \u2028 \U0001f642 \x1f'


@pytest.mark.parametrize(
    "value",
    [Point(x=1), Line(ends=[Point(x=1), Point(x=2)]), {"a": [1, 2.5, None, True]}, "é", [1e300, 5e-324, 0.1, -0.0]],
    ids=["dataclass", "nested", "builtins", "text", "floats"],
)
def test_a_plain_value_is_written_as_pydantic_writes_it(value: Any) -> None:
    assert json.loads(encode_plain(value)) == json.loads(TypeAdapter(type(value)).dump_json(value))


@pytest.mark.parametrize(
    ("value", "text"),
    [(np.float32(0.5), "0.5"), (np.arange(3), "[0,1,2]"), ({"p": np.array([[0.5]])}, '{"p":[[0.5]]}')],
    ids=["scalar", "array", "inside"],
)
def test_numpy_is_written_as_numbers(value: Any, text: str) -> None:
    assert encode_plain(value) == text


@pytest.mark.parametrize("value", [float("nan"), [float("inf")], {"a": -float("inf")}], ids=repr)
def test_what_json_cannot_hold_is_refused(value: Any) -> None:
    with pytest.raises(ValueError, match="Out of range"):
        encode_plain(value)


def test_what_is_not_plain_is_left_to_pydantic() -> None:
    with pytest.raises(TypeError, match="not plain"):
        encode_plain(object())


def test_a_value_that_contains_itself_is_refused() -> None:
    loop: list[Any] = []
    loop.append(loop)

    with pytest.raises(ValueError, match="Circular"):
        encode_plain(loop)


def test_a_schema_that_says_how_to_write_is_custom() -> None:
    assert is_custom({"type": "list", "items_schema": {"type": "any", "serialization": {"type": "to-string"}}})
    assert not is_custom(TypeAdapter(Point).core_schema)


@pytest.mark.parametrize("text", ["", "nul", "[1", "1 2", "NaN", '{"a"}', "\x0c1"], ids=repr)
def test_text_that_is_not_json_is_a_value_error(text: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        decode(text)
