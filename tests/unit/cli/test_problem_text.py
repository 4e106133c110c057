"""Error answers in one line."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from mlfn_cli.calling.calls import Answer, problem_text
from mlfn_cli.commands.invoke import next_step


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        pytest.param({"message": "Forbidden"}, "Forbidden", id="the gateway's own"),
        pytest.param({"errorType": "ValueError", "errorMessage": "no"}, "ValueError: no", id="a function error"),
        pytest.param(
            {
                "title": "ContractError",
                "detail": "The result does not fit its contract: text: missing (and 1 more).",
                "errors": [{"loc": ["text"], "msg": "missing"}, {"loc": [], "msg": "bad"}],
            },
            "ContractError: The result does not fit its contract: text: missing; bad.",
            id="problem+json, every place",
        ),
        pytest.param([1], "[1]", id="no object"),
    ],
)
def test_a_json_error_is_told_by_its_title_and_detail(body: object, expected: str) -> None:
    assert problem_text(Answer(ok=False, status=500, body=json.dumps(body).encode())) == expected


def test_a_body_that_is_no_json_is_shown_as_it_is() -> None:
    assert problem_text(Answer(ok=False, status=502, body=b"Bad Gateway")) == "Bad Gateway"


def test_an_empty_body_is_told_by_its_status() -> None:
    assert problem_text(Answer(ok=False, status=502, body=b"")) == "HTTP 502"


def test_what_the_gateway_cannot_explain_is_looked_for_in_the_log() -> None:
    answer = Answer(ok=False, status=500, body=b'{"message":"Internal Server Error"}')

    assert next_step("llm", answer, None).startswith("It took too long, ran out of memory or ended itself")
    assert next_step("llm", replace(answer, headers=(("mlfn-record", "x"),)), None) == "See its log: mlfn logs llm"


def test_a_module_that_is_not_in_the_image_is_a_matter_of_requirements() -> None:
    body = b'{"title": "ModuleNotFoundError", "detail": "No module named \'requests\'"}'

    assert "requirements=" in next_step("llm", Answer(ok=False, status=500, body=body), None)
