"""Which query language a state has, and what is said of one that is none."""

from __future__ import annotations

import json
from typing import Any

import pytest

from mlfn_localstack.services.stepfunctions.validation import validate

END = {"Type": "Pass", "End": True}
MAP = {"Type": "Map", "ItemProcessor": {"StartAt": "A", "States": {"A": END}}, "End": True}


def language_problems(state: dict[str, Any], **machine: Any) -> list[str]:
    text = json.dumps({**machine, "StartAt": "S", "States": {"S": state}})
    return [str(found).partition(": ")[2] for found in validate(text, express=False)]


MIXED = "'QueryLanguage' can not be 'JSONPath' if set to 'JSONata' for whole state machine at /States/S"
NO_LANGUAGE = "Value should be one of the following: [JSONPath, JSONata] at /States/S/QueryLanguage"
ONLY_JSONPATH = (
    "The QueryLanguage is set to 'JSONata', but field 'InputPath' is only supported for the 'JSONPath' QueryLanguage"
    " at /States/S"
)


@pytest.mark.parametrize("language", ["jsonata", "jsonpath", "other"])
def test_what_is_no_query_language_counts_as_jsonata(language: str) -> None:
    state = {**END, "QueryLanguage": language}

    assert language_problems({**state, "Output": "{% 1 %}"}) == [NO_LANGUAGE]
    assert language_problems({**state, "InputPath": "$"}) == [ONLY_JSONPATH, NO_LANGUAGE]
    assert language_problems(state, QueryLanguage="JSONata") == [NO_LANGUAGE]


def test_what_is_no_query_language_of_a_machine_counts_for_its_states() -> None:
    found = language_problems({**END, "InputPath": "$"}, QueryLanguage="jsonpath")

    assert found == ["Value should be one of the following: [JSONPath, JSONata] at /QueryLanguage", ONLY_JSONPATH]


def test_a_query_language_is_a_text() -> None:
    found = language_problems({**END, "QueryLanguage": 5})

    assert found == ["Expected value of type [STRING] at /States/S/QueryLanguage"]


def test_a_state_that_goes_back_to_jsonpath_is_held_to_what_both_languages_have() -> None:
    state = {**MAP, "QueryLanguage": "JSONPath", "Output": "{% 1 %}", "MaxConcurrency": -1}

    found = language_problems(state, QueryLanguage="JSONata")

    assert found == [MIXED, "Minimum value is 0 at /States/S/MaxConcurrency"]
