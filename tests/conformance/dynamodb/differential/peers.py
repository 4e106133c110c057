"""AWS's DynamoDB Local and our emulator, both as one function: operation and parameters in, status and JSON out."""

from __future__ import annotations

import asyncio
import json
import shutil
import socket
import subprocess
import time
from collections.abc import Callable
from contextlib import contextmanager
from http.client import HTTPConnection
from typing import TYPE_CHECKING, Any

from tests.conformance.dynamodb.fetch import DIRECTORY

from mlfn_localstack.http import HttpRequest
from mlfn_localstack.protocols.json_rpc import JsonProtocol
from mlfn_localstack.protocols.model import load_model
from mlfn_localstack.service import Caller, Environment, RequestContext, ServiceError
from mlfn_localstack.services.dynamodb import DynamoDb
from mlfn_localstack.store import Store

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

Call = Callable[[str, dict[str, Any]], tuple[int, Any]]
_START_S = 30
_TARGET = "DynamoDB_20120810"


def missing() -> str | None:
    """Why DynamoDB Local cannot run here; None if it can."""
    if shutil.which("java") is None:
        return "Java is not installed"
    if not (DIRECTORY / "DynamoDBLocal.jar").exists():
        return "DynamoDB Local is not there: run python -m tests.conformance.fetch dynamodb-local"
    return None


@contextmanager
def running() -> Iterator[str]:
    """The URL of a DynamoDB Local that runs as long as the context is open."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = ["java", "-Xmx512m", "-Djava.library.path=DynamoDBLocal_lib", "-jar", "DynamoDBLocal.jar"]
    options = ["-inMemory", "-sharedDb", "-disableTelemetry", "-port", str(port)]
    process = subprocess.Popen(
        [*command, *options], cwd=DIRECTORY, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        _wait(port)
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait(10)


def _wait(port: int) -> None:
    deadline = time.monotonic() + _START_S
    while time.monotonic() < deadline:
        with socket.socket() as client:
            if client.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.1)
    raise TimeoutError(f"DynamoDB Local did not start within {_START_S} s")


@contextmanager
def local(url: str) -> Iterator[Call]:
    """DynamoDB Local in plain JSON, without an SDK."""
    connection = HTTPConnection(url.removeprefix("http://"), timeout=60)
    scope = "local/20200101/us-east-1/dynamodb/aws4_request"
    headers = {
        "Content-Type": "application/x-amz-json-1.0",
        "X-Amz-Date": "20200101T000000Z",
        "Authorization": f"AWS4-HMAC-SHA256 Credential={scope}, SignedHeaders=host, Signature=0",
    }

    def call(operation: str, params: dict[str, Any]) -> tuple[int, Any]:
        connection.request("POST", "/", json.dumps(params), headers | {"X-Amz-Target": f"{_TARGET}.{operation}"})
        response = connection.getresponse()
        return response.status, json.loads(response.read() or b"{}")

    yield call
    connection.close()


@contextmanager
def ours(directory: Path) -> Iterator[Call]:
    """Our operations in-process, behind the protocol that reads and checks what came by the wire."""
    # the operations use neither the gateway nor the authenticator
    environment = Environment(store=Store(), gateway=None, authenticator=None, state_dir=directory)  # type: ignore[arg-type]
    operations = DynamoDb(environment).operations()
    protocol = JsonProtocol(load_model("dynamodb"))
    loop = asyncio.new_event_loop()
    caller = Caller(arn="", account_id="", user_id="", access_key="")

    def call(name: str, params: dict[str, Any]) -> tuple[int, Any]:
        try:
            operation, given = protocol.parse(_request(name, params))
            context = RequestContext(
                service="dynamodb",
                operation=name,
                region="us-east-1",
                account_id="000000000000",
                caller=caller,
                request_id="1",
                endpoint="",
            )
            result = loop.run_until_complete(operations[name](context, given))
            answer = protocol.serialise(operation, result, "1")
        except ServiceError as error:
            answer = protocol.error(error, "1")
        return answer.status, json.loads(bytes(answer.body))

    yield call
    loop.close()


def _request(operation: str, params: dict[str, Any]) -> HttpRequest:
    return HttpRequest(
        method="POST",
        raw_path="/",
        raw_query="",
        headers=(("x-amz-target", f"{_TARGET}.{operation}"),),
        body=json.dumps(params).encode(),
        client="127.0.0.1",
    )
