"""AWS's DynamoDB Local beside our emulator, both behind boto3."""

from __future__ import annotations

import itertools
import os
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import boto3
import pytest
from botocore.config import Config
from tests.conformance.dynamodb.differential import peers

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.fixtures.emulator import LiveEmulator

_NAMES = itertools.count(1)
_SETTINGS = Config(retries={"total_max_attempts": 1}, parameter_validation=False)
_JAVA = {"dynamodb_local", "local_peer", "call_local"}


@pytest.hookimpl(tryfirst=True)  # before xdist reads the groups
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """DynamoDB Local is started once, in one worker."""
    for item in items:
        parameters = item.callspec.params if isinstance(item, pytest.Function) and hasattr(item, "callspec") else {}
        if _JAVA & set(getattr(item, "fixturenames", ())) or parameters.get("peer") == "dynamodb-local":
            item.add_marker(pytest.mark.xdist_group("dynamodb-local"))


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
    reason = peers.missing()
    if reason is not None:
        _unavailable(reason)
    with peers.running() as url:
        yield url


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
def call_local(dynamodb_local: str) -> Iterator[peers.Call]:
    """Operations of DynamoDB Local in plain JSON, without an SDK: status and body."""
    with peers.local(dynamodb_local) as call:
        yield call


@pytest.fixture(scope="session")
def call_ours(tmp_path_factory: pytest.TempPathFactory) -> Iterator[peers.Call]:
    """Our operations in-process: status and body."""
    with peers.ours(tmp_path_factory.mktemp("dynamodb")) as call:
        yield call


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
