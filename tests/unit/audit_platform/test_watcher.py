"""What the watcher takes for tampering, and that a change it could not note is given to it again."""

from __future__ import annotations

import json
from types import SimpleNamespace
from typing import Any

import pytest
from tests.fixtures.function_log import World

from mlfn_audit.platform import watcher
from mlfn_audit.platform.tampering import Notes, is_tampering

BY_EXPIRY = {"type": "Service", "principalId": "dynamodb.amazonaws.com"}
CONTEXT = SimpleNamespace(
    function_name="mlfn-watcher-dev", memory_limit_in_mb=512, invoked_function_arn="arn", aws_request_id="1"
)


def change(event: str, *, key: str = "A#shop.mood#1#20261123T06#0", number: int = 1, **more: Any) -> dict[str, Any]:
    item = {"Keys": {"pk": {"S": key}, "sk": {"S": "s"}}, "SequenceNumber": str(number)}
    return {"eventID": str(number), "eventName": event, "eventSource": "aws:dynamodb", "dynamodb": item, **more}


@pytest.mark.parametrize(
    ("told", "tampering"),
    [
        pytest.param(change("INSERT"), False, id="a new record"),
        pytest.param(change("MODIFY"), True, id="a changed record"),
        pytest.param(change("REMOVE"), True, id="a deleted record"),
        pytest.param(change("REMOVE", userIdentity=BY_EXPIRY), False, id="an expired record"),
        pytest.param(
            change("REMOVE", userIdentity={"type": "Service", "principalId": "x"}), True, id="another service"
        ),
        pytest.param(change("MODIFY", key="B#shop.mood"), True, id="a changed directory"),
        pytest.param(change("MODIFY", key="K#"), False, id="the sealer's pointer"),
        pytest.param(change("MODIFY", key="W#AAAA"), False, id="a writer's head"),
        pytest.param(change("REMOVE", key="W#AAAA"), True, id="a deleted head"),
    ],
)
def test_only_additions_and_expiry_are_no_tampering(told: dict[str, Any], tampering: bool) -> None:
    assert is_tampering(told) is tampering


def test_a_change_is_noted_once_however_often_the_stream_tells_it() -> None:
    world = World()
    notes = Notes(client=world, bucket="seal")

    assert (notes.keep(change("MODIFY")), notes.keep(change("MODIFY"))) == (True, False)
    assert list(world.objects) == ["tampering/1.json"]


def test_what_could_not_be_noted_is_reported_and_the_rest_is_done(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    world = World()
    monkeypatch.setattr(watcher, "_notes", lambda: Notes(client=world, bucket="seal"))
    monkeypatch.setenv("POWERTOOLS_SERVICE_NAME", "mlfn-audit-dev")
    world.dies_at = 2
    records = [change("MODIFY", number=1), change("MODIFY", number=2), change("INSERT", number=3)]

    answer = watcher.handler({"Records": records}, CONTEXT)

    assert answer == {"batchItemFailures": [{"itemIdentifier": "2"}]}
    assert list(world.objects) == ["tampering/1.json"]
    metrics = [json.loads(line) for line in capsys.readouterr().out.splitlines() if "CloudWatchMetrics" in line]
    assert [sum(each["AuditTampered"]) for each in metrics] == [1.0]
