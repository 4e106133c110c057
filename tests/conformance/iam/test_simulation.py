"""Policies tried out without a request: what they decide, which statement does, and what they would have to know."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError

if TYPE_CHECKING:
    from tests.fixtures.target import Target

AFTER = {"DateGreaterThan": {"aws:CurrentTime": "2018-08-16T12:00:00Z"}}
DATED = json.dumps(
    {
        "Version": "2012-10-17",
        "Statement": {"Effect": "Allow", "Action": "dynamodb:*", "Resource": "*", "Condition": AFTER},
    },
    separators=(",", ":"),
)
OBJECT = "arn:aws:s3:::reports/today"


def policy(*statements: dict[str, Any]) -> str:
    """A policy of some statements."""
    return json.dumps({"Version": "2012-10-17", "Statement": statements})


def says(effect: str, action: str, resource: str = "*", **more: Any) -> dict[str, Any]:
    """A statement."""
    return {"Effect": effect, "Action": action, "Resource": resource, **more}


@pytest.fixture
def iam(target: Target) -> Any:
    """IAM."""
    return target.client("iam")


@pytest.mark.parametrize(
    ("now", "decision"), [("2019-04-25T11:00:00Z", "allowed"), ("2014-04-25T11:00:00Z", "implicitDeny")]
)
def test_a_policy_decides_by_the_context_it_is_given(iam: Any, now: str, decision: str) -> None:
    entry = {"ContextKeyName": "aws:CurrentTime", "ContextKeyValues": [now], "ContextKeyType": "date"}

    answer = iam.simulate_custom_policy(
        PolicyInputList=[DATED], ActionNames=["dynamodb:CreateBackup"], ContextEntries=[entry]
    )

    (result,) = answer["EvaluationResults"]
    shown = ("EvalActionName", "EvalResourceName", "EvalDecision", "MissingContextValues")
    assert [result[name] for name in shown] == ["dynamodb:CreateBackup", "*", decision, []]
    matched = [
        (each["SourcePolicyId"], each["StartPosition"], each["EndPosition"]) for each in result["MatchedStatements"]
    ]
    where = ("PolicyInputList.1", {"Line": 1, "Column": 38}, {"Line": 1, "Column": 167})
    assert matched == ([where] if decision == "allowed" else [])


def test_what_was_not_told_is_missing(iam: Any) -> None:
    own = says("Allow", "s3:GetObject", "arn:aws:s3:::reports/${aws:username}")

    answer = iam.simulate_custom_policy(PolicyInputList=[DATED, policy(own)], ActionNames=["s3:GetObject"])
    keys = iam.get_context_keys_for_custom_policy(PolicyInputList=[policy(own), DATED])

    assert answer["EvaluationResults"][0]["MissingContextValues"] == ["aws:CurrentTime", "aws:username"]
    assert keys["ContextKeyNames"] == ["aws:username", "aws:CurrentTime"]


def test_a_resource_is_told_of_by_itself(iam: Any) -> None:
    denied = policy(says("Allow", "s3:*"), says("Deny", "s3:DeleteObject", "arn:aws:s3:::reports/*"))

    answer = iam.simulate_custom_policy(
        PolicyInputList=[denied], ActionNames=["s3:GetObject", "s3:DeleteObject"], ResourceArns=[OBJECT]
    )

    results = answer["EvaluationResults"]
    assert [result["EvalDecision"] for result in results] == ["allowed", "explicitDeny"]
    (specific,) = results[1]["ResourceSpecificResults"]
    assert (specific["EvalResourceName"], specific["EvalResourceDecision"]) == (OBJECT, "explicitDeny")
    (matched,) = specific["MatchedStatements"]
    assert matched["StartPosition"]["Column"] > results[0]["MatchedStatements"][0]["StartPosition"]["Column"]


def test_a_principal_has_its_own_policies_its_groups_and_its_boundary(iam: Any, name: str) -> None:
    user = iam.create_user(UserName=name)["User"]["Arn"]
    iam.create_group(GroupName=name)
    iam.add_user_to_group(GroupName=name, UserName=name)
    iam.put_user_policy(UserName=name, PolicyName="reads", PolicyDocument=policy(says("Allow", "s3:GetObject")))
    iam.put_group_policy(GroupName=name, PolicyName="lists", PolicyDocument=policy(says("Allow", "s3:ListBucket")))
    asked = {"PolicySourceArn": user, "ActionNames": ["s3:GetObject", "s3:ListBucket", "s3:PutObject"]}

    free = iam.simulate_principal_policy(**asked)["EvaluationResults"]
    limits = [policy(says("Allow", "s3:Get*"))]
    bounded = iam.simulate_principal_policy(**asked, PermissionsBoundaryPolicyInputList=limits)["EvaluationResults"]

    assert [result["EvalDecision"] for result in free] == ["allowed", "allowed", "implicitDeny"]
    matched = [each["SourcePolicyId"] for result in free for each in result["MatchedStatements"]]
    assert matched == [f"user_{name}_reads", f"group_{name}_lists"]
    assert [result["EvalDecision"] for result in bounded] == ["allowed", "implicitDeny", "implicitDeny"]
    detail = [result["PermissionsBoundaryDecisionDetail"]["AllowedByPermissionsBoundary"] for result in bounded]
    assert detail == [True, False, False]
    iam.remove_user_from_group(GroupName=name, UserName=name)
    iam.delete_user_policy(UserName=name, PolicyName="reads")
    iam.delete_group_policy(GroupName=name, PolicyName="lists")
    iam.delete_group(GroupName=name)
    iam.delete_user(UserName=name)


def test_results_come_in_pages(iam: Any) -> None:
    pages = iam.get_paginator("simulate_custom_policy").paginate(
        PolicyInputList=[policy(says("Allow", "sqs:*"))],
        ActionNames=["sqs:SendMessage", "sqs:ReceiveMessage", "s3:GetObject"],
        PaginationConfig={"PageSize": 2},
    )

    found = [[result["EvalDecision"] for result in page["EvaluationResults"]] for page in pages]

    assert found == [["allowed", "allowed"], ["implicitDeny"]]


def test_a_resource_policy_needs_a_caller(iam: Any, target: Target) -> None:
    target.only_emulator("the sentence is the emulator's")
    given = policy(says("Allow", "s3:GetObject", Principal="*"))

    with pytest.raises(ClientError, match=r"InvalidInput.*CallerArn is needed"):
        iam.simulate_custom_policy(PolicyInputList=[DATED], ActionNames=["s3:GetObject"], ResourcePolicy=given)
    answer = iam.simulate_custom_policy(
        PolicyInputList=[DATED],
        ActionNames=["s3:GetObject"],
        ResourceArns=[OBJECT],
        ResourcePolicy=given,
        CallerArn="arn:aws:iam::000000000000:user/reader",
    )
    assert answer["EvaluationResults"][0]["EvalDecision"] == "allowed"
