"""What intrinsic functions give."""

from __future__ import annotations

from typing import Any

import pytest

from mlfn_localstack.service import ServiceError
from mlfn_localstack.services.cloudformation.intrinsics import NO_VALUE, Scope, Unknown, evaluate, evaluate_condition

SCOPE = Scope(
    parameters={"Name": "x", "List": ["a", "b"]},
    pseudo={"AWS::Region": "eu-west-1", "AWS::AccountId": "123456789012"},
    mappings={"Sizes": {"dev": {"memory": 512}}},
    conditions={"Yes": True, "No": False},
    resource_ids=frozenset({"Here", "Later"}),
    reference=lambda name: "here-1" if name == "Here" else Unknown(name),
    attribute=lambda name, key: f"{key}-of-here" if name == "Here" else Unknown(name, key),
    exports={"shared": "value"},
)


@pytest.mark.parametrize(
    ("node", "value"),
    [
        ({"Ref": "Name"}, "x"),
        ({"Ref": "AWS::Region"}, "eu-west-1"),
        ({"Ref": "Here"}, "here-1"),
        ({"Ref": "Later"}, Unknown("Later")),
        ({"Fn::GetAtt": ["Here", "Arn"]}, "Arn-of-here"),
        ({"Fn::GetAtt": "Here.Arn"}, "Arn-of-here"),
        ({"Fn::GetAtt": ["Later", "Arn"]}, Unknown("Later", "Arn")),
        ({"Fn::Sub": "a-${Name}-${AWS::Region}-${Here.Arn}"}, "a-x-eu-west-1-Arn-of-here"),
        ({"Fn::Sub": "${!Literal} ${Name}"}, "${Literal} x"),
        ({"Fn::Sub": ["${Own}-${Name}", {"Own": {"Ref": "Here"}}]}, "here-1-x"),
        ({"Fn::Sub": "${Later}"}, Unknown("Later")),
        ({"Fn::Join": ["-", ["a", {"Ref": "Name"}, 1, True]]}, "a-x-1-true"),
        ({"Fn::Join": [",", {"Ref": "List"}]}, "a,b"),
        ({"Fn::Join": ["-", ["a", {"Ref": "Later"}]]}, Unknown("Later")),
        ({"Fn::Select": ["1", {"Fn::Split": ["@", "a@b"]}]}, "b"),
        ({"Fn::Select": [0, {"Ref": "List"}]}, "a"),
        ({"Fn::If": ["Yes", "a", {"Ref": "Missing"}]}, "a"),
        ({"Fn::If": ["No", "a", "b"]}, "b"),
        ({"Fn::FindInMap": ["Sizes", "dev", "memory"]}, 512),
        ({"Fn::Base64": "hi"}, "aGk="),
        ({"Fn::Cidr": ["192.168.0.0/24", 2, 5]}, ["192.168.0.0/27", "192.168.0.32/27"]),
        ({"Fn::Select": [1, {"Fn::Cidr": ["10.0.0.0/16", "2"]}]}, "10.0.1.0/24"),
        ({"Fn::Cidr": [{"Ref": "Later"}, 1, 8]}, Unknown("Later")),
        ({"Fn::GetAZs": ""}, ["eu-west-1a", "eu-west-1b", "eu-west-1c"]),
        ({"Fn::ImportValue": "shared"}, "value"),
        ({"a": {"Ref": "AWS::NoValue"}, "b": 1}, {"b": 1}),
        ([{"Ref": "AWS::NoValue"}, {"Fn::If": ["No", 1, {"Ref": "AWS::NoValue"}]}, 2], [2]),
        ({"Ref": "Name", "Other": 1}, {"Ref": "Name", "Other": 1}),
    ],
)
def test_values(node: Any, value: Any) -> None:
    assert evaluate(node, SCOPE) == value


def test_no_value_alone_is_no_value() -> None:
    assert evaluate({"Ref": "AWS::NoValue"}, SCOPE) is NO_VALUE


@pytest.mark.parametrize(
    ("node", "message"),
    [
        ({"Ref": "Missing"}, r"Unresolved resource dependencies \[Missing\]"),
        ({"Fn::GetAtt": ["Missing", "Arn"]}, "undefined resource Missing"),
        ({"Fn::GetAtt": "Here"}, "two non-empty parameters"),
        ({"Fn::Sub": "${Missing}"}, r"Unresolved resource dependencies \[Missing\]"),
        ({"Fn::Sub": ["a"]}, "Fn::Sub"),
        ({"Fn::Cidr": ["10.0.0.0/24", 3, 7]}, "cannot make 3 blocks of 10.0.0.0/24"),
        ({"Fn::Cidr": ["10.0.0.0/8", 1_000_000, 4]}, "cannot make 1000000 blocks"),
        ({"Fn::Cidr": ["text", 1, 8]}, "cannot divide text"),
        ({"Fn::Cidr": "text"}, "requires a list argument"),
        ({"Fn::Sub": "${List}"}, "must be a string"),
        ({"Fn::Join": ["-"]}, "Fn::Join"),
        ({"Fn::Select": [2, ["a", "b"]]}, "nonexistent value at index 2"),
        ({"Fn::Select": [-1, ["a", "b"]]}, "nonexistent value at index -1"),
        ({"Fn::FindInMap": ["Sizes", "prod", "memory"]}, "Unable to get mapping for Sizes::prod::memory"),
        ({"Fn::If": ["Missing", 1, 2]}, "unresolved condition dependency Missing in Fn::If"),
        ({"Fn::ImportValue": "other"}, "No export named other found"),
        ({"Fn::Transform": {}}, "unsupported function: Fn::Transform"),
    ],
)
def test_misuse_is_named(node: Any, message: str) -> None:
    with pytest.raises(ServiceError, match=message):
        evaluate(node, SCOPE)


@pytest.mark.parametrize(
    ("node", "holds"),
    [
        ({"Fn::Equals": [{"Ref": "Name"}, "x"]}, True),
        ({"Fn::Equals": [{"Ref": "Name"}, ""]}, False),
        ({"Fn::Equals": [True, "true"]}, True),
        ({"Fn::Not": [{"Condition": "No"}]}, True),
        ({"Fn::And": [{"Condition": "Yes"}, {"Condition": "No"}]}, False),
        ({"Fn::Or": [{"Condition": "Yes"}, {"Condition": "No"}]}, True),
    ],
)
def test_conditions(node: Any, holds: bool) -> None:
    assert evaluate_condition(node, SCOPE) is holds
