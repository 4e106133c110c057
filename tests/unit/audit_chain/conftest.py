"""A table and a locked bucket in memory, and a crash before or after any call to them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from io import BytesIO
from typing import Any

import pytest
from botocore.exceptions import ClientError
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from mlfn.audit import codec
from mlfn.audit.item import to_item
from mlfn.audit.keys import directory_key, directory_sort, hour_of
from mlfn_audit.bucket import CheckpointBucket
from mlfn_audit.seal_table import TableSealer
from mlfn_audit.signing import FileSigner
from mlfn_audit.verifying.report import Report
from mlfn_audit.verifying.sources import TableSource, verify_table
from mlfn_audit.verifying.trail import Trail

START = datetime(2026, 11, 23, 6, 30, tzinfo=UTC)


class CrashError(Exception):
    """The process was killed."""


def refused(code: str, operation: str) -> ClientError:
    return ClientError({"Error": {"Code": code, "Message": ""}}, operation)


class World:
    """What lies in AWS; `call` counts every request, and may be told to die at one."""

    def __init__(self) -> None:
        self.items: dict[tuple[str, str], dict[str, Any]] = {}
        self.objects: dict[str, bytes] = {}
        self.calls = 0
        self.dies_at = -1
        self.applied = False
        self.page = 3

    def call(self, work: Callable[[], Any]) -> Any:
        self.calls += 1
        if self.calls == self.dies_at and not self.applied:
            raise CrashError
        result = work()
        if self.calls == self.dies_at:
            raise CrashError
        return result

    def query(self, **request: Any) -> Any:
        assert request["ConsistentRead"]
        values = request["ExpressionAttributeValues"]
        key, since = values[":p"]["S"], values[":s"]["S"]
        after = request.get("ExclusiveStartKey", {"sk": {"S": ""}})["sk"]["S"]
        found = sorted(sk for pk, sk in self.items if pk == key and sk >= since and sk > after)
        page = [self.items[key, sk] for sk in found[: self.page]]
        more = {"LastEvaluatedKey": {"sk": page[-1]["sk"]}} if len(found) > self.page else {}
        return self.call(lambda: {"Items": [_binary(item) for item in page], **more})

    def get_item(self, **request: Any) -> Any:
        key = request["Key"]["pk"]["S"], request["Key"]["sk"]["S"]
        return self.call(lambda: {"Item": self.items[key]} if key in self.items else {})

    def batch_get_item(self, **request: Any) -> Any:
        ((table, wanted),) = request["RequestItems"].items()
        keys = [(key["pk"]["S"], key["sk"]["S"]) for key in wanted["Keys"]]
        left = [{"pk": {"S": pk}, "sk": {"S": sk}} for pk, sk in keys[2:]]
        found = [self.items[key] for key in keys[:2] if key in self.items]
        unprocessed = {table: {"Keys": left}} if left else {}
        return self.call(lambda: {"Responses": {table: found}, "UnprocessedKeys": unprocessed})

    def put_item(self, **request: Any) -> Any:
        item = request["Item"]
        key = item["pk"]["S"], item["sk"]["S"]
        old = self.items.get(key)
        if "ConditionExpression" in request and old and int(old["n"]["N"]) >= int(item["n"]["N"]):
            raise refused("ConditionalCheckFailedException", "PutItem")
        return self.call(lambda: self.items.update({key: item}))

    def describe_table(self, **_: Any) -> Any:
        return {"Table": {"TableId": "0123456789abcdef"}}

    def put_object(self, **request: Any) -> Any:
        assert request["IfNoneMatch"] == "*"
        if request["Key"] in self.objects:
            raise refused("PreconditionFailed", "PutObject")
        return self.call(lambda: self.objects.update({request["Key"]: request["Body"]}))

    def get_object(self, **request: Any) -> Any:
        if request["Key"] not in self.objects:
            raise refused("NoSuchKey", "GetObject")
        return self.call(lambda: {"Body": BytesIO(self.objects[request["Key"]])})

    def list_object_versions(self, **request: Any) -> Any:
        return {"Versions": [{"Key": key, "VersionId": "1"} for key in self.objects]}


def _binary(item: dict[str, Any]) -> dict[str, Any]:
    """B as boto3 gives it."""
    return {
        name: {"B": codec.base64url_bytes(value["B"].rstrip("=").replace("+", "-").replace("/", "_"))}
        if "B" in value
        else value
        for name, value in item.items()
    }


class Lab:
    """A trail being written, sealed and verified."""

    crash = CrashError

    def __init__(self) -> None:
        self.world = World()
        self.now = START
        self.signer = FileSigner(name="trail", key=Ed25519PrivateKey.from_private_bytes(bytes(32)))
        self.bucket = CheckpointBucket(client=self.world, name="bucket", trail="trail")
        self.last: dict[str, dict[str, Any]] = {}

    def write(self, writer: str = "w1", *, chained: bool = True, put: bool = True, **fields: Any) -> dict[str, Any]:
        """One more record of a writer; without `put` it does not reach the table yet."""
        before = self.last.get(writer)
        number = before["q"] + 1 if before else 0
        time = self.now.strftime("%Y-%m-%dT%H:%M:%S.%fZ")
        wire: dict[str, Any] = {"v": 1, "iv": f"{writer}-{number}-{chained}", "at": f"{writer}:{number}", "t0": time}
        wire |= {"ph": "completed", "m": "shop.mood", "mv": "v1", "w": writer, "st": "ok", "ca": "jane"}
        wire |= {"ih": codec.digest(b"in"), "x": int(self.now.timestamp()) + 400 * 86_400} | fields
        if chained:
            wire["q"] = number
            if before:
                wire["p"] = before["h"]
        wire["id"] = codec.event_id(wire["iv"], wire["at"], wire["ph"])
        codec.seal(wire)
        if chained:
            self.last[writer] = wire
        if put:
            self.put(wire)
        return wire

    def put(self, wire: dict[str, Any]) -> None:
        item = to_item(wire)
        self.world.items[item["pk"]["S"], item["sk"]["S"]] = item
        key, sort = directory_key(wire["m"]), directory_sort(hour_of(wire["t0"]), wire["mv"], "1", 0)
        self.world.items[key, sort] = {"pk": {"S": key}, "sk": {"S": sort}, "x": {"N": "1"}}

    def wait(self, **time: float) -> None:
        self.now += timedelta(**time)

    def sealer(self) -> TableSealer:
        return TableSealer(
            client=self.world,
            table="audit",
            bucket=self.bucket,
            signer=self.signer,
            models=lambda: ["shop.mood"],
            clock=lambda: self.now,
        )

    def verify(self) -> Report:
        source = TableSource(client=self.world, table="audit", bucket=self.bucket, models=("shop.mood",))
        return verify_table(source, Trail(self.signer.public_key, now=self.now))


@pytest.fixture
def lab() -> Lab:
    return Lab()
