"""Direct calls that Lambda refused, as CloudTrail tells of them an hour later."""

from __future__ import annotations

import gzip
import json
from io import BytesIO
from typing import Any

from tests.fixtures.function_log import FUNCTION, MODEL, START_MS, TABLE, World

from mlfn_audit.collecting.deposit import Deposit
from mlfn_audit.collecting.derived import stamp
from mlfn_audit.collecting.sweeping import Progress
from mlfn_audit.collecting.trail_sweep import LATE_MS, TrailFiles, TrailSweep

FOLDER = "AWSLogs/000000000000/CloudTrail/us-east-1"
ARN = f"arn:aws:lambda:us-east-1:000000000000:function:{FUNCTION}:live"
JANE = "arn:aws:iam::000000000000:user/jane"


def event(time_ms: int, **fields: Any) -> dict[str, Any]:
    told: dict[str, Any] = {
        "eventSource": "lambda.amazonaws.com",
        "eventName": "Invoke",
        "eventTime": f"{stamp(time_ms)[:19]}Z",
    }
    told |= {"errorCode": "AccessDeniedException", "userIdentity": {"type": "IAMUser", "arn": JANE}}
    return told | {"sourceIPAddress": "203.0.113.7", "resources": [{"ARN": ARN}]} | fields


class Bucket:
    """A trail's bucket."""

    def __init__(self) -> None:
        self.objects: dict[str, bytes] = {}
        self.read: list[str] = []

    def deliver(self, time_ms: int, *events: dict[str, Any]) -> None:
        text = stamp(time_ms)
        day, name = text[:10].replace("-", "/"), f"{text[:16].replace('-', '').replace(':', '')}Z"
        key = f"{FOLDER}/{day}/000000000000_CloudTrail_us-east-1_{name}_{len(self.objects):016d}.json.gz"
        self.objects[key] = gzip.compress(json.dumps({"Records": events}).encode())

    def list_objects_v2(self, **request: Any) -> Any:
        found = sorted(key for key in self.objects if key.startswith(request["Prefix"]))
        start = int(request.get("ContinuationToken", "0"))
        page = {"Contents": [{"Key": key} for key in found[start : start + 2]]}
        more = {"IsTruncated": True, "NextContinuationToken": str(start + 2)} if start + 2 < len(found) else {}
        return page | more

    def get_object(self, **request: Any) -> Any:
        self.read.append(request["Key"])
        return {"Body": BytesIO(self.objects[request["Key"]])}


def sweep(world: World, bucket: Bucket) -> int:
    return TrailSweep(
        files=TrailFiles(client=bucket, bucket="trail", folder=FOLDER),
        models={FUNCTION: MODEL},
        deposit=Deposit(client=world, table=TABLE),
        progress=Progress(client=world, table=TABLE, name="trail"),
        clock_ms=lambda: world.now_ms,
        may_go_on=lambda: True,
    ).run()


def test_refused_calls_of_a_minute_are_one_record_whichever_files_tell_of_them() -> None:
    world, bucket = World(), Bucket()
    hour = START_MS // LATE_MS * LATE_MS
    bucket.deliver(hour + 300_000, *(event(hour + 1_000) for _ in range(40)))
    bucket.deliver(hour + 600_000, *(event(hour + 2_000) for _ in range(60)))
    bucket.deliver(hour + LATE_MS + 60_000, event(hour + LATE_MS - 1_000, errorCode="TooManyRequestsException"))
    world.now_ms = hour + 2 * LATE_MS

    assert (sweep(world, bucket), sweep(world, bucket)) == (2, 0)
    first, second = world.wires()
    assert (first["er"], second["er"]) == ("AccessDeniedException x100", "TooManyRequestsException x1")
    assert (first["m"], first["ca"], first["cl"], first["pt"], first["ph"]) == (MODEL, JANE, 3, "direct", "rejected")


def test_an_hour_is_read_when_all_of_it_has_been_delivered() -> None:
    world, bucket = World(), Bucket()
    hour = START_MS // LATE_MS * LATE_MS
    world.now_ms = hour + LATE_MS
    sweep(world, bucket)
    bucket.deliver(hour + 60_000, event(hour))

    world.now_ms += LATE_MS - 1
    assert sweep(world, bucket) == 0
    world.now_ms += 1

    assert sweep(world, bucket) == 1


def test_what_was_not_refused_or_is_not_of_this_stage_is_passed_over() -> None:
    world, bucket = World(), Bucket()
    hour = START_MS // LATE_MS * LATE_MS
    answered = {key: value for key, value in event(hour).items() if key != "errorCode"}
    other = event(hour, resources=[{"ARN": ARN.replace(FUNCTION, "bank-dev-vault")}])
    bucket.deliver(hour, answered, other, event(hour, eventName="GetFunction"), {})
    world.now_ms = hour + 2 * LATE_MS

    assert sweep(world, bucket) == 0


def test_a_caller_without_an_arn_is_not_named() -> None:
    world, bucket = World(), Bucket()
    hour = START_MS // LATE_MS * LATE_MS
    service = {"userIdentity": {"type": "AWSService", "invokedBy": "s3.amazonaws.com"}, "resources": None}
    bucket.deliver(hour, event(hour, requestParameters={"functionName": FUNCTION}, **service))
    world.now_ms = hour + 2 * LATE_MS

    assert sweep(world, bucket) == 1
    (wire,) = world.wires()
    assert not wire.keys() & {"ca", "cl"}
