"""What reads the log after a crash: puts the records the table lacks, and derives the ends of calls that have none."""

from __future__ import annotations

import json
import time
from base64 import b64decode
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from botocore.exceptions import ClientError
from tests.faults.audit_delivery.trail import END_PHASES, TABLE, Record

from mlfn.audit.codec import event_id, seal
from mlfn.audit.item import to_item
from mlfn.runtime.recorder import timestamp


def drain(logs: Path, dynamodb: Any) -> int:
    """Put what streams that have come to their end hold and the table lacks; how many records that were."""
    return sum(_put(dynamodb, record) for stream in sorted(logs.iterdir()) for record in _due(stream))


def _due(stream: Path) -> Iterator[Record]:
    writers: set[str] = set()
    started: dict[str, Record] = {}
    for line in stream.read_bytes().splitlines():
        if line.startswith(b'{"mlfn_writer":'):
            writers.add(json.loads(line)["mlfn_writer"]["w"])
        elif line.startswith((b'{"mlfn_audit":', b'{"mlfn_spool":')):
            (record,) = json.loads(line).values()
            assert record["w"] in writers, line
            if record["ph"] in END_PHASES:
                started.pop(record["at"], None)
            elif record["ph"] == "started":
                started[record["at"]] = record
            if "q" in record:
                yield record
    yield from map(_abandoned, started.values())


def _abandoned(start: Record) -> Record:
    kept = {name: value for name, value in start.items() if name not in ("q", "p", "h")}
    record = {**kept, "ph": "abandoned", "st": "killed", "t1": timestamp(time.time_ns())}
    record["id"] = event_id(record["iv"], record["at"], "abandoned")
    seal(record)
    return record


def _put(dynamodb: Any, record: Record) -> bool:
    item = {name: _bytes(value) for name, value in to_item(record).items()}
    try:
        dynamodb.put_item(
            TableName=TABLE,
            Item=item,
            ConditionExpression="attribute_not_exists(pk)",
            ReturnValuesOnConditionCheckFailure="ALL_OLD",
        )
    except ClientError as error:
        if error.response["Error"]["Code"] != "ConditionalCheckFailedException":
            raise
        held: dict[str, Any] = {**error.response}
        assert held["Item"]["h"] == item["h"], item
        return False
    return True


def _bytes(attribute: dict[str, Any]) -> dict[str, Any]:
    return {"B": b64decode(attribute["B"])} if "B" in attribute else attribute
