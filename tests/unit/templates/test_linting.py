"""What finds nothing in our templates finds what is wrong in others, also after one that is right."""

from __future__ import annotations

import pytest
from tests.unit.templates.linting import findings

QUEUE = "Resources: {Queue: {Type: 'AWS::SQS::Queue', Properties: {QueueName: a}}}"


@pytest.mark.parametrize(
    ("right", "wrong", "told"),
    [
        ("QueueName", "QueueNam", "'QueueNam'"),
        ("SQS::Queue", "SQS::Query", "'AWS::SQS::Query' does not exist"),
        ("}}}", "}}", "expected ',' or '}'"),
    ],
    ids=["property", "type", "syntax"],
)
def test_cfn_lint_finds_mistakes(right: str, wrong: str, told: str) -> None:
    assert findings(QUEUE) == []

    (found,) = findings(QUEUE.replace(right, wrong))

    assert told in found
    assert findings(QUEUE) == []
