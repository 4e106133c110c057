"""What a template asserts of its parameters."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import pytest

from mlfn_localstack.service import ServiceError

if TYPE_CHECKING:
    from tests.functional.cloudformation.conftest import Stacks

SIZE, STAGE = {"Ref": "Size"}, {"Ref": "Stage"}
PARAMETERS = {
    "Size": {"Type": "String", "Default": "small"},
    "Stage": {"Type": "String", "Default": "test"},
    "Zones": {"Type": "CommaDelimitedList", "Default": "a, b"},
}


def template(rules: dict[str, Any]) -> dict[str, Any]:
    group = {"Type": "AWS::Logs::LogGroup", "Properties": {"LogGroupName": "/a"}}
    return {"Parameters": PARAMETERS, "Rules": rules, "Resources": {"A": group}}


def rule(assertion: Any, **members: Any) -> dict[str, Any]:
    return {"R": {"Assertions": [{"Assert": assertion, "AssertDescription": "Not so."}], **members}}


@pytest.mark.parametrize(
    "assertion",
    [
        {"Fn::Equals": [STAGE, "test"]},
        {"Fn::Not": [{"Fn::Equals": [STAGE, "prod"]}]},
        {"Fn::Contains": [["small", "large"], SIZE]},
        {"Fn::And": [{"Fn::Equals": [STAGE, "test"]}, {"Fn::Contains": [["small"], SIZE]}]},
        {"Fn::Or": [{"Fn::Equals": [STAGE, "prod"]}, {"Fn::Contains": [["small"], SIZE]}]},
        {"Fn::EachMemberIn": [{"Ref": "Zones"}, ["a", "b", "c"]]},
        {"Fn::EachMemberIn": [{"Fn::RefAll": "String"}, ["small", "test"]]},
        {"Fn::EachMemberEquals": [["test", STAGE], "test"]},
        {"Fn::Equals": [{"Ref": "AWS::Region"}, "us-east-1"]},
    ],
    ids=["equals", "not", "contains", "and", "or", "each in", "all of a type", "each equals", "pseudo parameter"],
)
def test_an_assertion_that_holds_lets_the_stack_be_made(stacks: Stacks, assertion: Any) -> None:
    assert asyncio.run(stacks.create(template(rule(assertion))))["StackStatus"] == "CREATE_COMPLETE"


@pytest.mark.parametrize("operation", ["CreateStack", "CreateChangeSet"])
def test_an_assertion_that_does_not_hold_refuses_in_its_own_words(stacks: Stacks, operation: str) -> None:
    body = template(rule({"Fn::Contains": [["large"], SIZE]}))
    change = {"ChangeSetName": "first", "ChangeSetType": "CREATE"} if operation == "CreateChangeSet" else {}

    with pytest.raises(ServiceError, match=r"^ValidationError: Rule R failed: Not so\.$"):
        asyncio.run(stacks(operation, StackName="demo", TemplateBody=body, **change))


def test_a_rule_for_another_case_says_nothing(stacks: Stacks) -> None:
    body = template(rule({"Fn::Equals": [SIZE, "large"]}, RuleCondition={"Fn::Equals": [STAGE, "prod"]}))

    assert asyncio.run(stacks.create(body))["StackStatus"] == "CREATE_COMPLETE"
    with pytest.raises(ServiceError, match="Rule R failed"):
        stage = {"ParameterKey": "Stage", "ParameterValue": "prod"}
        asyncio.run(stacks("UpdateStack", StackName="demo", TemplateBody=body, Parameters=[stage]))


@pytest.mark.parametrize(
    ("rules", "message"),
    [
        ({"R": []}, "Rule R must be an object"),
        ({"R": {"Assertions": [{}]}}, "must contain an Assert"),
        (rule({"Ref": "Size"}), "Rules can only be boolean operations on parameters"),
        (rule({"Fn::Not": [1, 2]}), "Fn::Not requires a list argument with 1 to 1 elements"),
        (rule({"Fn::Equals": [{"Ref": "A"}, "x"]}), "Unresolved resource dependencies .A. in the Rules block"),
        (rule({"Fn::Contains": [{"Fn::ValueOfAll": ["x", "y"]}, "z"]}), "does not support Fn::ValueOfAll in rules"),
    ],
    ids=["no object", "no assertion", "no boolean", "too many", "a resource", "not here"],
)
def test_a_rule_that_is_wrong_is_refused(stacks: Stacks, rules: dict[str, Any], message: str) -> None:
    with pytest.raises(ServiceError, match=message):
        asyncio.run(stacks("CreateStack", StackName="demo", TemplateBody=template(rules)))
