"""The sealer's Lambda handler against table, bucket, stacks and KMS of a running emulator."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any
from uuid import uuid4

import pytest
from tests.fixtures.emulator import LiveEmulator

from mlfn.audit import codec
from mlfn.audit.item import to_item
from mlfn.audit.keys import directory_key, directory_sort, hour_of
from mlfn_audit import sealer
from mlfn_audit.bucket import CheckpointBucket
from mlfn_audit.checkpoint import Sealed
from mlfn_audit.directory import enter_models, origin
from mlfn_audit.signing import kms_public_key

KEYS = [{"AttributeName": "pk", "KeyType": "HASH"}, {"AttributeName": "sk", "KeyType": "RANGE"}]
KINDS = [{"AttributeName": "pk", "AttributeType": "S"}, {"AttributeName": "sk", "AttributeType": "S"}]


@pytest.fixture
def stage(emulator: LiveEmulator, monkeypatch: pytest.MonkeyPatch) -> Iterator[SimpleNamespace]:
    """A table, a locked bucket, a KMS key, and the environment the sealer's function would have."""
    name = f"mlfn-audit-{uuid4().hex[:8]}"
    emulator.client("dynamodb").create_table(
        TableName=name, KeySchema=KEYS, AttributeDefinitions=KINDS, BillingMode="PAY_PER_REQUEST"
    )
    region = emulator.credentials.region
    place = {} if region == "us-east-1" else {"CreateBucketConfiguration": {"LocationConstraint": region}}
    emulator.client("s3").create_bucket(Bucket=name, ObjectLockEnabledForBucket=True, **place)
    key = emulator.client("kms").create_key(KeySpec="ECC_NIST_EDWARDS25519", KeyUsage="SIGN_VERIFY")
    settings = {
        "AWS_ENDPOINT_URL": emulator.endpoint,
        "AWS_REGION": emulator.credentials.region,
        "AWS_DEFAULT_REGION": emulator.credentials.region,
        "AWS_ACCESS_KEY_ID": emulator.credentials.access_key,
        "AWS_SECRET_ACCESS_KEY": emulator.credentials.secret_key,
        "MLFN_STAGE": "dev",
        "MLFN_AUDIT_TABLE": name,
        "MLFN_SEAL_BUCKET": name,
        "MLFN_SEAL_KEY": key["KeyMetadata"]["KeyId"],
    }
    for variable, value in settings.items():
        monkeypatch.setenv(variable, value)
    sealer._sealer.cache_clear()
    yield SimpleNamespace(name=name, key=key["KeyMetadata"]["KeyId"], region=emulator.credentials.region)
    sealer._sealer.cache_clear()


def write(client: Any, table: str, number: int, previous: str | None) -> str:
    now = datetime.now(UTC)
    wire: dict[str, Any] = {"v": 1, "iv": f"call-{number}", "at": f"w:{number}", "ph": "completed", "w": "w"}
    wire |= {"t0": now.strftime("%Y-%m-%dT%H:%M:%S.%fZ"), "m": "shop.mood", "mv": "v1", "q": number, "x": 2 * 10**9}
    wire |= {"p": previous} if previous else {}
    wire["id"] = codec.event_id(wire["iv"], wire["at"], wire["ph"])
    codec.seal(wire)
    item = {
        name: {"B": codec.base64url_bytes(wire[name])} if "B" in value else value
        for name, value in to_item(wire).items()
    }
    client.put_item(TableName=table, Item=item)
    entry = {"pk": {"S": directory_key("shop.mood")}, "sk": {"S": directory_sort(hour_of(wire["t0"]), "v1", "1", 0)}}
    client.put_item(TableName=table, Item=entry)
    return str(wire["h"])


def test_the_function_seals_with_kms_what_the_table_holds(
    emulator: LiveEmulator, stage: SimpleNamespace, capsys: pytest.CaptureFixture[str]
) -> None:
    table, account = emulator.client("dynamodb"), emulator.credentials.account_id
    enter_models(table, stage.name, ["shop.mood"])
    head = write(table, stage.name, 0, None)
    context = SimpleNamespace(
        function_name="mlfn-sealer",
        memory_limit_in_mb=256,
        invoked_function_arn=f"arn:aws:lambda:{stage.region}:{account}:function:mlfn-sealer",
        aws_request_id="1",
    )

    first = sealer.handler({}, context)
    write(table, stage.name, 1, head)
    second = sealer.handler({}, context)

    assert (first["sealed"], second["sealed"], second["size"], second["checkpoint"]) == (1, 1, 2, 2)
    trail = origin(table, stage.name, stage.region, account)
    key = kms_public_key(emulator.client("kms"), stage.key, trail)
    data = CheckpointBucket(client=emulator.client("s3"), name=stage.name, trail=trail).get(2)
    assert data is not None
    assert Sealed.from_bytes(data).opened(key).checkpoint.size == 2
    metrics = [json.loads(line) for line in capsys.readouterr().out.splitlines() if "CloudWatchMetrics" in line]
    assert [metric["RecordsSealed"] for metric in metrics] == [[1.0], [1.0]]
