"""What providers of custom resources respond, and why it cannot be understood."""

from __future__ import annotations

import json
from typing import Any

import pytest

from mlfn_localstack.services.cloudformation.provider_responses import TOO_LONG, Answer, read_answer

GOOD: dict[str, Any] = {"Status": "SUCCESS", "PhysicalResourceId": "thing-1"}


def test_a_success_names_the_resource_and_its_data_as_text() -> None:
    said = GOOD | {"Data": {"Size": 3, "Big": True}, "NoEcho": "true"}

    answer = read_answer(json.dumps(said), "r")

    assert answer == Answer(physical_id="thing-1", data={"Size": "3", "Big": "true"}, is_secret=True, request_id="r")


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (TOO_LONG, "Response object is too long."),
        ("", "Invalid Response object: it is no JSON object"),
        ("[1]", "Invalid Response object: it is no JSON object"),
        ("[" * 4_000, "Invalid Response object: it is no JSON object"),
        (json.dumps(GOOD | {"Status": "OK"}), "Invalid Response object: Value of property Status must be"),
        (json.dumps(GOOD | {"PhysicalResourceId": ""}), "Invalid PhysicalResourceId"),
        (json.dumps(GOOD | {"PhysicalResourceId": 7}), "Invalid Response object: Value of property PhysicalResourceId"),
        (json.dumps(GOOD | {"Data": "red"}), "Invalid Response object: Value of property Data must be"),
    ],
    ids=["long", "empty", "list", "deep", "status", "no id", "number as id", "text as data"],
)
def test_what_cannot_be_understood_is_a_failure_that_says_why(text: str, told: str) -> None:
    assert str(read_answer(text, "r")).startswith(told)
