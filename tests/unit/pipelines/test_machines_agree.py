"""A pipeline gives the same in process and as a state machine."""

from __future__ import annotations

import enum
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import BaseModel, TypeAdapter
from typing_extensions import TypedDict

from mlfn import model, parallel, pipeline

if TYPE_CHECKING:
    from collections.abc import Callable

DEFAULT_TONE = 'plain {% $uuid() %} ${x} {{resolve:ssm:a}} " \\ \n'


class Mood(enum.Enum):
    GOOD = "good"
    BAD = "bad"


class Sizes(TypedDict):
    small: int
    large: int


@dataclass
class Text:
    paragraphs: list[str]
    confidence: float
    title: str | None = None
    rows: list[list[int]] = field(default_factory=list)


@dataclass
class Opinion:
    text: str
    mood: Mood


class Verdict(BaseModel):
    mood: Mood
    texts: list[str]
    tone: str = DEFAULT_TONE
    rows: list[list[int]] = []


@model
def read(page: str) -> Text:
    words = page.split()
    return Text(paragraphs=words, confidence=len(words) / 4, rows=[[len(word)] for word in words])


@model
def judge_text(text: str) -> Opinion:
    return Opinion(text=text, mood=Mood.BAD if "b" in text else Mood.GOOD)


@model
def echo(value: Any) -> Any:
    return value


@model
def say(text: str, tone: str = "plain", times: int = 1) -> str:
    return f"{tone}:{text}" * times


@model
def summarise(opinions: list[Opinion], title: str | None) -> Verdict:
    bad = any(each.mood is Mood.BAD for each in opinions)
    texts = [each.text for each in opinions]
    return Verdict(mood=Mood.BAD if bad else Mood.GOOD, texts=[*texts, str(title)])


@model
def split(row: list[int]) -> list[int]:
    return [*row, *row][:2]


@model
def maybe(text: str) -> str | None:
    return text if "a" in text else None


@model
def lists(rows: list[list[int]]) -> int:
    return sum(len(row) for row in rows)


@model
def measure(text: str) -> Sizes:
    return {"small": len(text), "large": len(text) * 100}


@pipeline
def sequence(page: str) -> Verdict:
    """Reads, judges each paragraph, and summarises: nested calls and a map."""
    text = read(page)
    return summarise([judge_text(p) for p in text.paragraphs], text.title)


@pipeline
def reshaped(page: str) -> Verdict:
    text = read(page)
    return Verdict(mood=Mood.GOOD, texts=text.paragraphs, rows=text.rows)


@pipeline
def lists_of_lists(page: str) -> list[list[int]]:
    text = read(page)
    return [split(row) for row in text.rows]


@pipeline
def optional_items(page: str) -> list[str | None]:
    return [maybe(p) for p in read(page).paragraphs]


@pipeline
def pure_map(page: str) -> list[dict[str, Any]]:
    text = read(page)
    return [{"text": p, "title": text.title, "all": text.paragraphs} for p in text.paragraphs]


@pipeline
def lists_in_a_list(page: str) -> list[Any]:
    text = read(page)
    return [[p, text.paragraphs] for p in text.paragraphs]


@pipeline
def nested_maps(page: str) -> list[list[str]]:
    text = read(page)
    return [[say(text=p, tone=q) for q in text.paragraphs] for p in text.paragraphs]


@pipeline
def two_steps_an_item(page: str) -> list[Opinion]:
    text = read(page)
    return [judge_text(say(p, times=2)) for p in text.paragraphs]


@pipeline
def item_after_step(page: str) -> list[dict[str, Any]]:
    return [{"item": p, "opinion": judge_text(p), "mood": judge_text(p).mood} for p in read(page).paragraphs]


@pipeline
def list_arguments(page: str) -> int:
    row = split([7])
    return lists([row, [1], split([2, 3])])


@pipeline
def flattened_lists(page: str) -> Any:
    text = read(page)
    return echo({"rows": [text.rows, text.paragraphs], "one": [text.paragraphs], "none": [], "text": page})


@pipeline
def constants(page: str) -> Any:
    return echo(["é😀", "{% 1 %}", "${x}", "}}", -1.5, True, None, {"k": "{{a}}", "odd key": Mood.BAD}, DEFAULT_TONE])


@pipeline
def constant_output(page: str) -> Any:
    return {
        "a": ["{% 1 %}", ["in", "a list"]],
        "b": "plain",
        "empty": "",
        "lines": "a\nb",
        "emoji": "é😀",
        "tuple": ("x", 1),
    }


@pipeline
def choice(page: str) -> str:
    text = read(page)
    if text.confidence < 0.5 and text.title is None:
        mood = say("low")
    elif text.confidence == 1:
        mood = say("one", tone="exact")
    else:
        mood = page
    return mood


@pipeline
def early_return(page: str) -> list[str]:
    found = maybe(page)
    if found is None:
        return []
    return [found, page]


@pipeline
def enums(page: str) -> Any:
    opinion = judge_text(page)
    if opinion.mood == Mood.BAD or opinion.text in ["good", "fine"]:
        answer = {"mood": opinion.mood, "is": "bad"}
    else:
        answer = {"mood": opinion.mood, "is": "good"}
    return answer


@pipeline
def shadowing(sum: str) -> Any:
    count = read(sum)
    string = [say(map) for map in count.paragraphs]
    states = measure(sum)
    and_ = states["small"]
    return {"string": string, "count": count.confidence, "and": and_, "in": states["large"]}


@pipeline
def empty_reshape(page: str) -> Any:
    return {"list": [], "object": {}, "deep": [[], [[]]]}


@pipeline
def at_once(page: str) -> Any:
    text = read(page)
    with parallel():
        mood = judge_text(page)
        rows = [split(row) for row in text.rows]
        both: str = say(say(page), times=2)
    return {"mood": mood.mood, "rows": rows, "both": [both], "again": say(mood.text)}


AGREEING = [
    at_once,
    sequence,
    reshaped,
    lists_of_lists,
    optional_items,
    pure_map,
    nested_maps,
    lists_in_a_list,
    two_steps_an_item,
    item_after_step,
    list_arguments,
    flattened_lists,
    constants,
    constant_output,
    choice,
    early_return,
    enums,
    shadowing,
    empty_reshape,
]
MODELS = (read, judge_text, echo, say, summarise, split, maybe, lists, measure)
PAGES = ["", "a", "b c", "good", "x y z q r", 'quote " and \\ back', "é 😀 {% $x %}"]


@pytest.mark.parametrize("page", PAGES)
@pytest.mark.parametrize("function", AGREEING, ids=lambda each: each.__name__)
def test_the_machine_gives_what_the_function_gives(
    compile_machine: Callable[..., Any], function: Callable[[str], Any], page: str
) -> None:
    expected = TypeAdapter(Any).dump_python(function(page), mode="json")

    assert compile_machine(function, *MODELS).run(page) == expected


WORDS = st.text(st.sampled_from([*"ab {}%$`\"\\\n'é😀"]), max_size=12)


@settings(max_examples=60, deadline=None, database=None)
@given(page=WORDS, function=st.sampled_from(AGREEING))
def test_no_text_is_ever_evaluated(
    function: Callable[[str], Any], page: str, compile_machine: Callable[..., Any]
) -> None:
    expected = TypeAdapter(Any).dump_python(function(page), mode="json")

    assert compile_machine(function, *MODELS).run(page) == expected
