"""The app's data key on a target: made once by the deploy, asked by the auditor, destroyed on demand."""

from __future__ import annotations

from typing import Any

import pytest
from tests.fixtures.project import Project, settled

from mlfn.audit.record import AuditRecord
from mlfn_audit.data_keys import DataKeys, input_digests
from mlfn_cli.session import local_target
from mlfn_deployers.aws.api.clients import Clients
from mlfn_deployers.aws.data_keys import stage_keys

pytestmark = pytest.mark.xdist_group("shop")
INPUT = b'"who am I?"'


@pytest.fixture(name="clients")
def _clients(shop: Project) -> Clients:
    return Clients(local_target(shop.root / ".mlfn" / "emulator"))


@pytest.fixture(name="keys")
def _keys(clients: Clients) -> DataKeys:
    return stage_keys(clients, "dev").keys


def records_of(clients: Clients, data: bytes, *digests: bytes) -> list[AuditRecord]:
    items = [
        item
        for page in clients.dynamodb.get_paginator("scan").paginate(TableName="mlfn-audit-dev")
        for item in page["Items"]
    ]
    records = [AuditRecord.from_item(item) for item in items if "h" in item]
    return [record for record in records if record.input_digest in digests and record.input_bytes == len(data)]


def test_an_input_is_found_by_its_digest_under_the_apps_key(shop: Project, clients: Clients, keys: DataKeys) -> None:
    shop.ok("invoke", "--direct", "mood", INPUT.decode())
    key = keys.open("shop")
    assert key is not None

    under_key, plain = input_digests(INPUT, key)

    (record,) = settled(lambda: records_of(clients, INPUT, under_key), len)
    assert record.data_key == key.id
    assert records_of(clients, INPUT, plain) == []


def test_an_input_is_found_by_its_file(shop: Project) -> None:
    shop.ok("invoke", "--direct", "mood", '"a question"')
    shop.write("asked.json", '"a question"')
    shop.write("other.json", '"another one"')

    found = shop.trail("--input", str(shop.root / "asked.json"), count=1)

    assert [row["model"] for row in found] == ["shop.mood"]
    assert shop.ok("audit", "mood", "--input", found[0]["input_digest"][:16], "--json").json == found
    assert shop.ok("audit", "--input", str(shop.root / "other.json"), "--json").json == []


def test_the_next_deploy_keeps_the_key(shop: Project, keys: DataKeys) -> None:
    before = keys.open("shop")

    shop.ok("deploy")

    after = keys.open("shop")
    assert before is not None
    assert after is not None
    assert before.id == after.id


def test_a_forgotten_input_cannot_be_found_and_the_trail_still_verifies(
    shop: Project, clients: Clients, keys: DataKeys
) -> None:
    shop.ok("invoke", "--direct", "mood", INPUT.decode())
    before = keys.open("shop")
    assert before is not None

    done = shop.ok("audit", "forget", "shop", "--yes", "--json").json

    assert done == {"app": "shop", "destroyed": [before.id], "payloads": 0}
    after = keys.open("shop")
    assert after is not None
    assert after.id != before.id
    assert records_of(clients, INPUT, *input_digests(INPUT, after)) == []
    versions = clients.s3.list_object_versions(Bucket=stage_keys(clients, "dev").bucket, Prefix="keys/shop")
    assert len(versions["Versions"]) == 1
    shop.ok("audit", "verify")


def test_two_who_destroy_the_key_at_once_leave_the_newest(clients: Clients, keys: DataKeys) -> None:
    stage = stage_keys(clients, "dev")

    class Interrupted:
        """Somebody else is faster between the new key and the list of the old ones."""

        def __getattr__(self, name: str) -> Any:
            return getattr(clients.s3, name)

        def list_object_versions(self, **request: Any) -> Any:
            stage.keys.replace("shop", stage.wrapping_key)
            return clients.s3.list_object_versions(**request)

    slower = DataKeys(Interrupted(), clients.kms, bucket=stage.bucket, stage="dev")
    slower.replace("shop", stage.wrapping_key)

    assert keys.open("shop") is not None
    versions = clients.s3.list_object_versions(Bucket=stage.bucket, Prefix="keys/shop")
    assert len(versions["Versions"]) == 1
