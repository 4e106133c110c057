"""A call's values in a few bytes, by bins that are declared or made from examples."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal

import pytest

from mlfn import App, Sensitive, model
from mlfn.errors import BuildError
from mlfn.runtime.sketch import MISSING, Sketch
from mlfn_engine.contracts.baseline import sketch_plan
from mlfn_engine.contracts.handlers import redactions
from mlfn_engine.resolve import resolve_app


@dataclass
class Address:
    country: str
    street: Annotated[str, Sensitive()]


@dataclass
class Applicant:
    age: int
    address: Address
    debts: list[float]
    member: bool | None
    channel: Literal["web", "phone"]
    note: str = ""


@dataclass
class Score:
    risk: float


@model(baseline="bins.json")
def score(applicant: Applicant) -> Score:
    return Score(risk=applicant.age / 100)


APPLICANT = {
    "age": 41,
    "address": {"country": "DE", "street": "Hauptstr. 1"},
    "debts": [1.0, 2.0],
    "member": True,
    "channel": "phone",
}
BINS: dict[str, Any] = {
    "input.note": {"lengths": [10, 100]},
    "output.risk": {"edges": [0.25, 0.5, 0.75]},
    "input.age": {"edges": [18, 30, 65]},
    "input.address.country": {"values": ["DE", "FR"]},
    "input.debts": {"lengths": [1, 2]},
    "input.member": {"values": [False, True]},
    "input.channel": {"values": ["web", "phone"]},
}


@model(baseline="examples.jsonl")
def learnt(applicant: Applicant) -> Score:
    return score(applicant)


def plan_of(root: Path, text: str, handler: Callable[..., Any] = score) -> list[list[Any]]:
    """The plan of a model whose baseline is this text."""
    for name in ("bins.json", "examples.jsonl"):
        (root / name).write_text(text)
    app = App("loans", root=root)
    app.add(handler)
    spec = resolve_app(app).models[0]
    return sketch_plan(spec, root, redactions(spec.handler))


def sketched(plan: list[list[Any]], applicant: Any, result: Any) -> list[int]:
    return list(Sketch(plan).of(json.dumps(applicant).encode(), json.dumps(result).encode()))


def declared(root: Path) -> list[list[Any]]:
    return plan_of(root, json.dumps({"features": BINS}))


def test_features_stand_in_the_order_of_the_schema_by_name(tmp_path: Path) -> None:
    names = [".".join(path) for path, _, _ in declared(tmp_path)]

    assert names == [
        "input.address.country",
        "input.age",
        "input.channel",
        "input.debts",
        "input.member",
        "input.note",
        "output.risk",
    ]


def test_a_value_is_the_number_of_its_bin(tmp_path: Path) -> None:
    assert sketched(declared(tmp_path), APPLICANT, {"risk": 0.5}) == [0, 2, 1, 2, 1, MISSING, 2]


@pytest.mark.parametrize(("age", "expected"), [(17, 0), (18, 1), (29, 1), (65, 3), (10**30, 3), (-1, 0)])
def test_an_edge_belongs_to_the_bin_above_it(tmp_path: Path, age: int, expected: int) -> None:
    assert sketched(declared(tmp_path), APPLICANT | {"age": age}, {})[1] == expected


def test_a_value_of_no_bin_is_in_the_one_after_the_last(tmp_path: Path) -> None:
    address = {"country": "AT", "street": ""}

    assert sketched(declared(tmp_path), APPLICANT | {"address": address}, {})[0] == 2


@pytest.mark.parametrize("member", [None, {"member": None}], ids=["absent", "null"])
def test_a_missing_value_is_255(tmp_path: Path, member: Any) -> None:
    applicant = {name: value for name, value in APPLICANT.items() if name != "member"} | (member or {})

    assert sketched(declared(tmp_path), applicant, {})[4] == MISSING


def test_what_is_marked_sensitive_cannot_be_sketched(tmp_path: Path) -> None:
    with pytest.raises(BuildError, match=r"names what cannot be sketched: input\.address\.street") as caught:
        plan_of(tmp_path, json.dumps({"features": {"input.address.street": {"lengths": [3]}}}))

    assert "input.address.country" in caught.value.hint
    assert "street" not in caught.value.hint


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("no json", "Expecting value"),
        ("[]", "list indices"),
        ('{"features": {"input.age": {"edges": [3, 1]}}}', "edges of input.age do not rise"),
        ('{"features": {"input.age": {"lengths": [3]}}}', "input.age has 'lengths' where 'edges' fits"),
        ('{"features": {"input.age": {"edges": 3}}}', "edges of input.age is no list"),
    ],
    ids=["not JSON", "a list", "falling edges", "the wrong way", "no list"],
)
def test_a_baseline_that_is_none_is_explained(tmp_path: Path, text: str, problem: str) -> None:
    with pytest.raises(BuildError, match=r"baseline bins\.json of model 'score' is none") as caught:
        plan_of(tmp_path, text)

    assert problem in caught.value.message


def test_examples_are_split_evenly(tmp_path: Path) -> None:
    examples = [
        {"input": APPLICANT | {"age": age, "channel": "web" if age % 3 else "phone"}, "output": {"risk": age / 100}}
        for age in range(100)
    ]

    plan = plan_of(tmp_path, "\n".join(map(json.dumps, examples)), learnt)

    found = {".".join(path): (kind, bins) for path, kind, bins in plan}
    assert found["input.age"] == ("number", [10, 20, 30, 40, 50, 60, 70, 80, 90])
    assert found["input.channel"] == ("value", ["web", "phone"])
    assert found["input.address.country"] == ("value", ["DE"])
    assert found["output.risk"][0] == "number"
    assert "input.address.street" not in found
