"""The same request under the same Idempotency-Key starts one run of an asynchronous pipeline."""

from __future__ import annotations

import json
import uuid
from http.client import HTTPConnection
from typing import Any
from urllib.parse import urlsplit

import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from tests.fixtures.project import Project

pytestmark = pytest.mark.xdist_group("shop")
ONE, TWO = '[{"item": "tea", "count": 1}]', '[{"item": "tea", "count": 2}]'


def post(shop: Project, pipeline: str, body: str, key: str) -> tuple[int, Any]:
    """An answer's status and body."""
    url = f"{shop.ok('status', '--json').json['outputs']['ApiUrl']}/pipelines/{pipeline}"
    keys = json.loads((shop.root / ".mlfn" / "emulator" / "credentials.json").read_text())
    headers = {"Content-Type": "application/json", "Idempotency-Key": key}
    request = AWSRequest(method="POST", url=url, data=body.encode(), headers=headers)
    SigV4Auth(Credentials(keys["access_key"], keys["secret_key"]), "execute-api", keys["region"]).add_auth(request)
    connection = HTTPConnection(urlsplit(url).netloc, timeout=60)
    connection.request("POST", urlsplit(url).path, body=body.encode(), headers=dict(request.headers.items()))
    answer = connection.getresponse()
    told = (answer.status, json.loads(answer.read()))
    connection.close()
    return told


def test_the_same_request_again_is_the_same_run(shop: Project) -> None:
    key = f"order-{uuid.uuid4().hex}"

    first, second = post(shop, "quote_later", ONE, key), post(shop, "quote_later", ONE, key)

    assert (first[0], second[0]) == (202, 202)
    assert first[1]["execution"] == second[1]["execution"] == key


def test_another_request_under_the_same_key_is_a_conflict(shop: Project) -> None:
    key = f"order-{uuid.uuid4().hex}"
    post(shop, "quote_later", ONE, key)

    status, problem = post(shop, "quote_later", TWO, key)

    assert (status, problem["title"]) == (409, "IdempotencyKeyReused")


@pytest.mark.parametrize(
    ("pipeline", "key"), [("quote_later", "a/b"), ("quote_later", "x" * 81), ("quote", "order-1")], ids=str
)
def test_a_key_that_promises_nothing_is_refused(shop: Project, pipeline: str, key: str) -> None:
    status, problem = post(shop, pipeline, ONE, key)

    assert (status, "Idempotency-Key" in problem["detail"]) == (400, True)
