"""Types that a user may write, for the contract tests: they must live in a module, as a user's do."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal
from enum import Enum, IntEnum
from pathlib import Path
from typing import Annotated, Literal, NotRequired
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, RootModel, field_validator
from typing_extensions import TypedDict


class Colour(Enum):
    RED = "red"
    BLUE = "blue"


class Level(IntEnum):
    LOW = 1
    HIGH = 2


@dataclass
class Point:
    x: float
    y: float = 0.0
    tags: list[str] = field(default_factory=list)


@dataclass(slots=True)
class Tree:
    value: Annotated[int, Field(ge=0, le=10)]
    children: list[Tree]
    colour: Colour = Colour.RED


class Review(TypedDict):
    text: Annotated[str, Field(min_length=1, pattern="^[a-z]+$")]
    stars: NotRequired[int]


class Page(BaseModel):
    number: int
    title: str = Field(alias="Title", default="")
    at: datetime | None = None

    @field_validator("number")
    @classmethod
    def positive(cls, value: int) -> int:
        if value < 0:
            raise ValueError("negative")
        return value


class Closed(BaseModel):
    model_config = ConfigDict(extra="forbid", populate_by_name=True)
    name: str = Field(alias="theName")


class Lenient(BaseModel):
    model_config = ConfigDict(strict=False)
    count: int


class Names(RootModel[list[str]]):
    pass


Kind = Literal["a", "b", 3]
Mixed = int | str | None
Times = tuple[datetime, date, timedelta]
Scores = dict[str, list[float]]
Exact = Decimal
Identity = UUID
Place = Path
Bounded = Annotated[list[Annotated[int, Field(gt=0)]], Field(max_length=2)]
