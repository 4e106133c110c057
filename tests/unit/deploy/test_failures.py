"""What AWS says, and what mlfn makes of it."""

from __future__ import annotations

import re

import pytest

from mlfn_deployers.aws.api.failures import failures, in_words, known


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("Stack is in ROLLBACK_COMPLETE state and can not be updated.", "stack holds nothing"),
        ("UPDATE_ROLLBACK_FAILED: The following resource(s) failed to update: [A].", "rollback failed"),
        ("Stack:arn:… is in UPDATE_IN_PROGRESS state and can not be updated.", "another deploy is under way"),
        ("ResourceConflictException: The operation cannot be performed at this time.", "resource conflict"),
        ("Source image 1.dkr.ecr/x@sha256:1e does not exist. Provide a valid source image.", "missing image"),
        ("ExpiredToken: The security token included in the request is expired", "credentials"),
        (
            "Specified ReservedConcurrentExecutions for function decreases account's UnreservedConcurrentExecution "
            "below its minimum value of [100].",
            "concurrency quota",
        ),
        ("CodeStorageExceededException: Code storage limit exceeded.", "code storage quota"),
        ("LimitExceeded: Cannot exceed quota for RolesPerAccount: 1000", "quota"),
        ("AccessDenied: User: x is not authorized to perform: iam:CreateRole on resource: y", "not allowed"),
        ("Resource of type 'AWS::Logs::LogGroup' with identifier '/a' already exists.", "name is taken"),
        ("The role defined for the function cannot be assumed by Lambda.", "role is too new"),
        ("Throttling: Rate exceeded", "too fast"),
        ("near a quota", "quota is near"),
        ("drifted", "drift"),
        ("aliases differ", "split aliases"),
    ],
)
def test_a_known_failure_is_recognised(text: str, name: str) -> None:
    found = known(text, stack="shop-dev", region="eu-central-1", subject="shop-dev-mood")

    assert found is not None
    assert found.name == name
    assert not re.search(r"[{}]|STACK|REGION", found.run)


@pytest.mark.parametrize("text", ["UPDATE_ROLLBACK_COMPLETE", "UPDATE_COMPLETE", "the disk is full", ""])
def test_what_is_not_known_stays_as_it_is(text: str) -> None:
    assert known(text) is None
    assert in_words(text, "Look yourself.") == (text, "Look yourself.")


def test_words_have_the_cause_and_the_command_of_this_case() -> None:
    told, hint = in_words("Stack is in UPDATE_ROLLBACK_FAILED state.", "", stack="shop-dev", region="eu-west-1")

    assert told.startswith("Stack is in UPDATE_ROLLBACK_FAILED state (an update failed, and so did the way back")
    assert hint == "Run: aws cloudformation continue-update-rollback --stack-name shop-dev --region eu-west-1"


def test_every_failure_has_a_name_of_its_own() -> None:
    assert len({failure.name for failure in failures()}) == len(failures())
