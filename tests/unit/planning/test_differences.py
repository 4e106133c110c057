"""What a new template changes, in words."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from types import FunctionType
from typing import Any

import mlfn_templates
from mlfn import App, model
from mlfn_engine.planning.differences import Change, Differences, InterfaceChange, compare, repackaged
from mlfn_engine.planning.templates import read_template, resources
from mlfn_engine.resolve import resolve_app, resolve_graph
from mlfn_templates.cloudformation.interfaces import plain


@dataclass
class Opinion:
    label: str
    score: float


@dataclass
class Label:
    label: str


def rate(stars: int) -> Opinion:
    return Opinion(label="good", score=float(stars))


def rate_any(stars: float) -> Opinion:
    return Opinion(label="good", score=stars)


def rate_less(stars: int) -> Label:
    return Label(label="good")


def read(page: str) -> str:
    return page


def fresh(function: Callable[..., Any]) -> Callable[..., Any]:
    """The same function without a mark: one can be declared once only."""
    copy = FunctionType(function.__code__, function.__globals__, "rate" if "rate" in function.__name__ else "read")
    copy.__annotations__, copy.__module__, copy.__qualname__ = function.__annotations__, __name__, copy.__name__
    return copy


def body(*functions: Callable[..., Any], **options: Any) -> str:
    """The template of an app of these models."""
    app = App("reviews", root=Path(__file__).parent)
    for function in functions:
        app.add(model(**options)(fresh(function)))
    graph = resolve_graph(resolve_app(app), "dev")
    return mlfn_templates.render_app(graph, {each.key: "aaa" for each in graph.functions}).body


def test_a_first_deploy_tells_permissions_and_routes() -> None:
    changes = compare(None, body(rate))

    assert Change(subject="POST /models/rate", told="for callers with IAM permission", added=True) in changes.routes
    assert any("may dynamodb:PutItem on" in change.told and change.added for change in changes.permissions)
    assert changes.settings == ()
    assert changes.interfaces == ()


def test_the_same_template_changes_nothing() -> None:
    assert compare(body(rate), body(rate)) == Differences()


def test_memory_is_told_with_what_it_was() -> None:
    changes = compare(body(rate, memory_mb=512), body(rate, memory_mb=2048))

    assert changes.settings == (Change(subject="Rate", told="memory_mb 512 → 2048"),)


def test_what_a_model_may_read_is_told_one_action_at_a_time() -> None:
    reading = body(rate, reads=["s3://prices/{stage}/*"])

    added, removed = compare(body(rate), reading).permissions, compare(reading, body(rate)).permissions

    assert {change.told.split(" on ")[0] for change in added} == {"may s3:GetObject", "may s3:GetObjectVersion"}
    assert all(change.added for change in added)
    assert [(change.subject, change.told, change.added) for change in removed] == [
        (change.subject, change.told, False) for change in added
    ]


def test_an_input_that_takes_more_breaks_nobody_and_one_that_takes_less_does() -> None:
    assert compare(body(rate), body(rate_any)).interfaces == (InterfaceChange(name="rate", breaking=()),)
    assert compare(body(rate_any), body(rate)).breaking == (
        InterfaceChange(name="rate", breaking=("input: the value may be number, not only integer",)),
    )


def test_an_output_that_loses_a_property_breaks_callers() -> None:
    (change,) = compare(body(rate), body(rate_less)).breaking

    assert change.breaking[0] == "output: score is gone"


def test_a_model_that_goes_breaks_its_callers() -> None:
    changes = compare(body(rate, read), body(rate))

    assert changes.breaking == (InterfaceChange(name="read", breaking=("it is gone",)),)


def test_explanations_are_no_part_of_an_interface_but_names_are() -> None:
    described = '{"type":"object","title":"T","properties":{"title":{"type":"string","description":"d"}}}'

    assert json.loads(plain(described)) == {"type": "object", "properties": {"title": {"type": "string"}}}


def test_text_that_cloudformation_would_evaluate_is_written_so_that_it_does_not() -> None:
    told = plain('{"enum":["{{resolve:ssm:x}}","${AWS::Region}"]}')

    assert "{{" not in told
    assert "${" not in told
    assert json.loads(told) == {"enum": ["{{resolve:ssm:x}}", "${AWS::Region}"]}


def test_short_forms_are_read_as_what_they_stand_for() -> None:
    template = read_template(
        'Resources:\n  A:\n    Type: T\n    Properties:\n      X: !GetAtt B.Arn\n      Y: !Sub ["${a}", {a: !Ref C}]\n'
    )

    assert resources(template, "T")["A"] == {
        "X": {"Fn::GetAtt": ["B", "Arn"]},
        "Y": {"Fn::Sub": ["${a}", {"a": {"Ref": "C"}}]},
    }


def test_a_function_that_would_be_packaged_otherwise_is_told() -> None:
    image = body(rate)
    archive = image.replace("PackageType: Image", "PackageType: Zip")

    assert repackaged(image, archive) == (("reviews-dev-rate", "image", "zip"),)
    assert repackaged(image, image) == repackaged(None, archive) == ()
