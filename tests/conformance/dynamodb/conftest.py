"""AWS's DynamoDB Local beside our emulator, both behind boto3."""

from __future__ import annotations

import itertools
import json
import os
import shutil
import socket
import subprocess
import time
from dataclasses import dataclass, field
from http.client import HTTPConnection
from pathlib import Path
from typing import TYPE_CHECKING, Any

import boto3
import pytest
from botocore.config import Config

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.fixtures.emulator import LiveEmulator

DIRECTORY = Path(__file__).resolve().parents[3] / ".tools" / "dynamodb-local"
_NAMES = itertools.count(1)
_SETTINGS = Config(retries={"total_max_attempts": 1}, parameter_validation=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Peer:
    """One of the two implementations, and its tables."""

    name: str
    dynamodb: Any
    streams: Any
    tables: list[str] = field(default_factory=list)
    kept: list[str] = field(default_factory=list)

    def create(self, *keys: str, **settings: Any) -> str:
        """A new on-demand table: `create("pk:S", "sk:N")`; `settings` go to CreateTable."""
        name = f"conformance-{next(_NAMES)}"
        attributes = [key.split(":") for key in keys]
        definitions = [{"AttributeName": key, "AttributeType": kind} for key, kind in attributes]
        elements = [
            {"AttributeName": key, "KeyType": kind}
            for (key, _), kind in zip(attributes, ("HASH", "RANGE"), strict=False)
        ]
        definitions += settings.pop("AttributeDefinitions", [])
        self.dynamodb.create_table(
            TableName=name,
            KeySchema=elements,
            AttributeDefinitions=definitions,
            BillingMode="PAY_PER_REQUEST",
            **settings,
        )
        self.tables.append(name)
        return name

    @property
    def is_local(self) -> bool:
        """Whether this is AWS's DynamoDB Local."""
        return self.name == "dynamodb-local"


def _unavailable(reason: str) -> None:
    """The absence of DynamoDB Local fails in CI and skips elsewhere."""
    if os.environ.get("CI"):
        pytest.fail(reason)
    pytest.skip(reason)


@pytest.fixture(scope="session")
def dynamodb_local() -> Iterator[str]:
    """The URL of a running DynamoDB Local."""
    if shutil.which("java") is None:
        _unavailable("Java is not installed")
    if not (DIRECTORY / "DynamoDBLocal.jar").exists():
        _unavailable("DynamoDB Local is not there: run python -m tests.conformance.fetch dynamodb-local")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = ["java", "-Xmx512m", "-Djava.library.path=DynamoDBLocal_lib", "-jar", "DynamoDBLocal.jar"]
    options = ["-inMemory", "-sharedDb", "-disableTelemetry", "-port", str(port)]
    process = subprocess.Popen(
        [*command, *options], cwd=DIRECTORY, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    _wait(port)
    yield f"http://127.0.0.1:{port}"
    process.terminate()
    process.wait(10)


def _wait(port: int) -> None:
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        with socket.socket() as client:
            if client.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.1)
    pytest.fail("DynamoDB Local did not start within 30 s")


@pytest.fixture(scope="session")
def local_peer(dynamodb_local: str) -> Peer:
    """DynamoDB Local through boto3."""
    settings: dict[str, Any] = {
        "endpoint_url": dynamodb_local,
        "region_name": "us-east-1",
        "aws_access_key_id": "local",
        "aws_secret_access_key": "local",
        "config": _SETTINGS,
    }
    session: Any = boto3.session.Session()
    streams = session.client("dynamodbstreams", **settings)
    return Peer(name="dynamodb-local", dynamodb=session.client("dynamodb", **settings), streams=streams)


@pytest.fixture(scope="session")
def our_peer(emulator: LiveEmulator) -> Peer:
    """Our emulator through boto3."""
    return Peer(
        name="emulator",
        dynamodb=emulator.client("dynamodb", config=_SETTINGS),
        streams=emulator.client("dynamodbstreams", config=_SETTINGS),
    )


@pytest.fixture(params=["emulator", "dynamodb-local"])
def peer(request: pytest.FixtureRequest) -> Iterator[Peer]:
    """Each implementation in turn; its tables are removed after the test."""
    chosen: Peer = request.getfixturevalue("our_peer" if request.param == "emulator" else "local_peer")
    yield chosen
    while chosen.tables:
        chosen.dynamodb.delete_table(TableName=chosen.tables.pop())


@pytest.fixture(scope="session")
def call_local(dynamodb_local: str) -> Iterator[Callable[[str, dict[str, Any]], tuple[int, Any]]]:
    """Operations of DynamoDB Local in plain JSON, without an SDK: status and body."""
    connection = HTTPConnection(dynamodb_local.removeprefix("http://"), timeout=30)
    scope = "local/20200101/us-east-1/dynamodb/aws4_request"
    headers = {
        "Content-Type": "application/x-amz-json-1.0",
        "X-Amz-Date": "20200101T000000Z",
        "Authorization": f"AWS4-HMAC-SHA256 Credential={scope}, SignedHeaders=host, Signature=0",
    }

    def call(operation: str, params: dict[str, Any]) -> tuple[int, Any]:
        target = {"X-Amz-Target": f"DynamoDB_20120810.{operation}"}
        connection.request("POST", "/", json.dumps(params), headers | target)
        response = connection.getresponse()
        return response.status, json.loads(response.read() or b"{}")

    yield call
    connection.close()


@pytest.fixture
def indexed_table(peer: Peer) -> str:
    """A table with a keys-only global index `gsi` on `g` and a local index `lsi` on `l`."""
    return create_indexed(peer)


@pytest.fixture
def empty_table(peer: Peer) -> str:
    """The same, shared by tests that leave it empty."""
    if not peer.kept:
        peer.kept.append(create_indexed(peer))
        peer.tables.clear()
    return peer.kept[0]


def create_indexed(peer: Peer) -> str:
    """A new table with both kinds of indexes."""
    keys = [{"AttributeName": "pk", "KeyType": "HASH"}, {"AttributeName": "l", "KeyType": "RANGE"}]
    return peer.create(
        "pk:S",
        "sk:N",
        AttributeDefinitions=[{"AttributeName": name, "AttributeType": "S"} for name in "gl"],
        GlobalSecondaryIndexes=[
            {
                "IndexName": "gsi",
                "KeySchema": [{"AttributeName": "g", "KeyType": "HASH"}],
                "Projection": {"ProjectionType": "KEYS_ONLY"},
            }
        ],
        LocalSecondaryIndexes=[{"IndexName": "lsi", "KeySchema": keys, "Projection": {"ProjectionType": "ALL"}}],
    )
