"""What targets get, by the examples of EventBridge's guide on input transformation."""

from __future__ import annotations

import json
from typing import Any

import pytest

from mlfn_localstack.services.events.inputs import is_path, target_input

RULE = {"Arn": "arn:aws:events:us-east-1:000000000000:rule/r", "Name": "r"}
EVENT: dict[str, Any] = {
    "id": "e1",
    "time": "2015-11-11T21:29:54Z",
    "resources": ["arn:1", "arn:2"],
    "detail": {"instance-id": "i-0123", "state": 'RUN"NING', "count": 3, "list": [{"a": 1}]},
}


def given(template: str, **paths: str) -> str:
    transformer = {"InputTemplate": template, "InputPathsMap": paths}
    return target_input({"InputTransformer": transformer}, RULE, EVENT, 0.0)


def test_without_anything_the_whole_event_arrives() -> None:
    assert json.loads(target_input({}, RULE, EVENT, 0.0)) == EVENT


def test_a_constant_replaces_the_event() -> None:
    assert target_input({"Input": '{"a": 1}'}, RULE, EVENT, 0.0) == '{"a": 1}'


@pytest.mark.parametrize(
    ("path", "part"),
    [
        ("$.detail.count", "3"),
        ("$.resources[1]", '"arn:2"'),
        ("$.detail['instance-id']", '"i-0123"'),
        ("$.detail.list[0].a", "1"),
        ("$.detail.none", "null"),
    ],
)
def test_a_path_picks_a_part(path: str, part: str) -> None:
    assert target_input({"InputPath": path}, RULE, EVENT, 0.0) == part


@pytest.mark.parametrize(
    ("template", "text"),
    [
        ('"instance <id> is in <state>"', '"instance i-0123 is in RUN\\"NING"'),
        ('{"instance": <id>, "n": <count>}', '{"instance": "i-0123", "n": 3}'),
        ('{"text": "<id> has <count>"}', '{"text": "i-0123 has 3"}'),
        ('{"quoted": "say \\"<id>\\""}', '{"quoted": "say \\"i-0123\\""}'),
        ('{"all": <detail>}', json.dumps({"all": EVENT["detail"]}, separators=(",", ":")).replace(":", ": ", 1)),
        ('{"list": "<list>"}', '{"list": "[{a:1}]"}'),
        ('{"gone": <gone>, "text": "<gone>"}', '{"gone": "", "text": ""}'),
        ('{"unknown": "<other>"}', '{"unknown": "<other>"}'),
        ('"<aws.events.rule-name>"', '"r"'),
        ("<aws.events.rule-arn>", '"arn:aws:events:us-east-1:000000000000:rule/r"'),
        ('"<aws.events.event.ingestion-time>"', '"1970-01-01T00:00:00Z"'),
    ],
)
def test_a_template_is_filled_in(template: str, text: str) -> None:
    paths = {
        "id": "$.detail.instance-id",
        "state": "$.detail.state",
        "count": "$.detail.count",
        "detail": "$.detail",
        "list": "$.detail.list",
        "gone": "$.detail.gone",
    }

    assert given(template, **paths) == text


def test_the_event_can_be_put_into_a_template() -> None:
    assert json.loads(given("<aws.events.event.json>")) == EVENT
    assert "detail" not in json.loads(given("<aws.events.event>"))


@pytest.mark.parametrize(
    ("text", "valid"), [("$", True), ("$.a[0]['b c'].d-e", True), ("a.b", False), ("$.a[", False), ("$..a", False)]
)
def test_paths_are_checked(text: str, valid: bool) -> None:
    assert is_path(text) is valid
