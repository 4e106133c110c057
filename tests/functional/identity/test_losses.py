"""What is lost of the calls of a pipeline's front door, as the deployed reaper counts it."""

from __future__ import annotations

import json
import os
from http.client import HTTPConnection
from time import sleep, time
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from mlfn.audit.item import to_item

if TYPE_CHECKING:
    from tests.functional.identity.conftest import Desk

pytestmark = [
    pytest.mark.xdist_group("identity"),
    pytest.mark.skipif("CI" not in os.environ, reason="takes a minute: Lambda's counts are of whole minutes"),
]
NOTES = '[{"text": "fine", "stars": 1}]'
LOG = "/aws/lambda/desk-dev-mlfn-ingress"


def lost(desk: Desk) -> int:
    """What the reaper newly misses, up to the last whole minute: of every call of this directory's tests, at first."""
    answer = desk.client("lambda").invoke(FunctionName="mlfn-reaper-dev", Payload=b'{"settled_ms": 0}')
    done = json.loads(answer["Payload"].read())
    assert "FunctionError" not in answer, done
    return int(done["lost"])


def state_of(desk: Desk, execution: str) -> int:
    """The answer to asking how a run is."""
    request = AWSRequest("GET", f"{desk.api_url}/pipelines/moods_later/{execution}")
    keys = Credentials(desk.environ["AWS_ACCESS_KEY_ID"], desk.environ["AWS_SECRET_ACCESS_KEY"])
    SigV4Auth(keys, "execute-api", desk.environ["AWS_REGION"]).add_auth(request)
    parts = urlsplit(str(request.url))
    connection = HTTPConnection(parts.netloc, timeout=60)
    connection.request("GET", parts.path, headers=dict(request.headers.items()))
    status = connection.getresponse().status
    connection.close()
    return status


def test_a_lost_record_of_the_front_door_is_told_and_asking_is_not(desk: Desk) -> None:
    for _ in range(3):
        status, told = desk.post("/pipelines/moods_later", NOTES, desk.environ)
        assert status == 202
        assert state_of(desk, told["execution"]) == 200
    assert desk.post("/pipelines/moods", NOTES, desk.environ)[0] == 200
    newest = to_item(desk.record("moods", path="http_iam").to_wire())

    key = {name: newest[name] for name in ("pk", "sk")}
    desk.client("dynamodb").delete_item(TableName="mlfn-audit-dev", Key=key)
    logs = desk.client("logs")
    for stream in logs.describe_log_streams(logGroupName=LOG)["logStreams"]:
        logs.delete_log_stream(logGroupName=LOG, logStreamName=stream["logStreamName"])
    sleep(62 - time() % 60)  # the reaper counts ends up to two seconds into the next minute

    assert lost(desk) == 1
