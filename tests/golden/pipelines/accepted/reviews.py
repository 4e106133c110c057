"""The models that the cases here call."""

import enum
from dataclasses import dataclass, field

from pydantic import BaseModel, field_validator
from typing_extensions import NotRequired, TypedDict

from mlfn import App


class Mood(enum.Enum):
    GOOD = "good"
    BAD = "bad"


@dataclass
class Scan:
    png: str
    language: str = "en"


@dataclass
class Text:
    paragraphs: list[str]
    confidence: float
    title: str | None = None


@dataclass
class Opinion:
    mood: Mood
    score: float


class Verdict(BaseModel):
    opinions: list[Opinion]
    title: str = "untitled"


class Checked(BaseModel):
    score: float

    @field_validator("score")
    @classmethod
    def positive(cls, value: float) -> float:
        return abs(value)


@dataclass
class Posted:
    score: float

    def __post_init__(self) -> None:
        self.score = abs(self.score)


class Sizes(TypedDict):
    small: int
    large: NotRequired[int]


class Unreadable(ValueError):
    pass


class Busy(Exception):
    pass


class VeryBusy(Busy):
    pass


app = App("golden")


@app.model
def read(scan: Scan) -> Text:
    return Text(paragraphs=[scan.png], confidence=1.0)


@app.model(timeout_s=10)
def rate(text: str) -> Opinion:
    return Opinion(mood=Mood.GOOD, score=1.0)


@app.model
def translate(text: str, language: str = "en") -> str:
    return text


@app.model
def summarise(opinions: list[Opinion], title: str | None) -> Verdict:
    return Verdict(opinions=opinions)


@app.model
def measure(text: str) -> Sizes:
    return {"small": len(text)}


@app.model(timeout_s=20)
def redact(text: str) -> str:
    if not text:
        raise Unreadable("there is no text")
    if len(text) > 10:
        raise VeryBusy(f"{len(text)} characters")
    return text.upper()


@app.model
def fallback(message: str, kind: str = "unknown") -> str:
    return f"{kind}: {message}"


@app.model
def pace(text: str) -> int:
    return len(text)
