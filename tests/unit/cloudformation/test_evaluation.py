"""A template with its parameters applied, or refused."""

from __future__ import annotations

import json
from typing import Any

import pytest

from mlfn_localstack.service import ServiceError
from mlfn_localstack.services.cloudformation.evaluation import NOTHING, Evaluation, Known, evaluate_revision
from mlfn_localstack.services.cloudformation.state import Revision

PSEUDO = {"AWS::Region": "us-east-1", "AWS::AccountId": "000000000000"}


def evaluation(template: dict[str, Any], parameters: dict[str, str] | None = None, **tags: str) -> Evaluation:
    revision = Revision(body=json.dumps(template), parameters=parameters or {}, tags=tags)
    return evaluate_revision(revision, PSEUDO, {})


def group(**properties: Any) -> dict[str, Any]:
    return {"Type": "AWS::Logs::LogGroup", "Properties": properties}


def test_references_and_depends_on_decide_the_order() -> None:
    found = evaluation(
        {
            "Resources": {
                "C": group(LogGroupName={"Fn::Sub": "${B}-c"}),
                "B": group() | {"DependsOn": "A"},
                "A": group(),
            }
        }
    )

    assert list(found.active) == ["A", "B", "C"]
    assert found.needs["C"] == {"B"}


@pytest.mark.parametrize(
    "both",
    [
        {"Fn::Sub": "${A} ${B.Arn}"},
        {"Fn::Sub": ["${one}-${two}", {"one": {"Ref": "A"}, "two": {"Fn::Sub": "${AWS::Region}${B}"}}]},
        {"Fn::Join": ["-", [{"Ref": "A"}, {"Ref": "B"}]]},
        {"Fn::Select": [0, [{"Ref": "A"}, {"Ref": "B"}]]},
    ],
)
def test_a_value_made_of_several_resources_waits_for_each_of_them(both: dict[str, Any]) -> None:
    found = evaluation({"Resources": {"C": group(LogGroupName=both), "B": group(), "A": group()}})

    assert found.needs["C"] == {"A", "B"}


def test_a_branch_that_is_not_taken_needs_nothing() -> None:
    template = {
        "Parameters": {"P": {"Type": "String"}},
        "Conditions": {"Set": {"Fn::Not": [{"Fn::Equals": [{"Ref": "P"}, ""]}]}},
        "Resources": {"A": group(), "B": group(LogGroupName={"Fn::If": ["Set", {"Ref": "P"}, {"Ref": "A"}]})},
    }

    assert evaluation(template, {"P": "x"}).needs["B"] == frozenset()
    assert evaluation(template, {"P": ""}).needs["B"] == {"A"}


def test_a_resource_whose_condition_fails_is_not_there() -> None:
    template = {
        "Conditions": {"No": {"Fn::Equals": ["a", "b"]}},
        "Resources": {"A": group(), "B": group() | {"Condition": "No"}},
    }

    assert list(evaluation(template).active) == ["A"]


def test_stack_tags_join_a_resources_own() -> None:
    tagged = group(Tags=[{"Key": "a", "Value": "own"}])

    properties = evaluation({"Resources": {"A": tagged}}, a="stack", b="stack").properties("A", NOTHING)

    assert properties["Tags"] == [{"Key": "a", "Value": "own"}, {"Key": "b", "Value": "stack"}]


def test_outputs_use_what_is_known() -> None:
    template = {
        "Resources": {"A": group()},
        "Outputs": {"Name": {"Value": {"Ref": "A"}, "Description": "d", "Export": {"Name": "n"}}},
    }

    known = Known()
    known.ids["A"] = "a-1"

    assert evaluation(template).outputs(known) == [
        {"OutputKey": "Name", "OutputValue": "a-1", "Description": "d", "ExportName": "n"}
    ]


@pytest.mark.parametrize(
    ("template", "message"),
    [
        ({}, "At least one Resources member must be defined"),
        ({"Resources": {"A": {"Type": "AWS::Foo::Bar"}}}, r"Unrecognized resource types: \[AWS::Foo::Bar\]"),
        ({"Resources": {"A": {}}}, "must contain a Type member"),
        ({"Resources": {"A": group(Foo=1)}}, r"resource A with message:\n#: extraneous key \[Foo\] is not permitted"),
        ({"Resources": {"A": group() | {"CreationPolicy": {}}}}, "not support the attribute CreationPolicy"),
        ({"Resources": {"A": group() | {"DependsOn": "B"}}}, r"Unresolved resource dependencies \[B\]"),
        ({"Resources": {"A": group(LogGroupName={"Ref": "B"})}}, r"Unresolved resource dependencies \[B\]"),
        (
            {"Resources": {"A": group(LogGroupName={"Fn::GetAtt": ["B", "X"]}), "B": group()}},
            "resource B does not support attribute type X in Fn::GetAtt",
        ),
        (
            {"Resources": {"A": group(LogGroupName={"Ref": "B"}), "B": group(LogGroupName={"Ref": "A"})}},
            r"Circular dependency between resources: \[A, B\]",
        ),
        ({"Hooks": {}, "Resources": {"A": group()}}, "not support the template section Hooks"),
        ({"Resources": {"A": group()}, "Outputs": {"O": {}}}, "must contain a Value object"),
        ({"AWSTemplateFormatVersion": "2020", "Resources": {"A": group()}}, "not a supported value"),
        ({"Resources": {"A": group() | {"DeletionPolicy": "Snapshot"}}}, "does not support deletion policy Snapshot"),
    ],
)
def test_a_wrong_template_is_refused_before_anything_exists(template: dict[str, Any], message: str) -> None:
    with pytest.raises(ServiceError, match=message):
        evaluation(template)
