"""The emulator's own endpoints."""

from __future__ import annotations

import http.client
import json
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.fixtures.emulator import LiveEmulator


def test_health_answers_without_credentials(emulator: LiveEmulator) -> None:
    connection = http.client.HTTPConnection(emulator.endpoint.removeprefix("http://"))
    connection.request("GET", "/_localstack/health")
    health = json.load(connection.getresponse())
    connection.close()

    assert health["edition"] == "mlfn"
