"""Prices and traffic to amounts: what a function, a pipeline and a stage cost a month."""

from __future__ import annotations

from enum import StrEnum
from math import ceil
from typing import TYPE_CHECKING

from mlfn_audit.traffic import MONTH_HOURS, Traffic
from mlfn_engine.costs.shapes import FREE_EPHEMERAL_MB

if TYPE_CHECKING:
    from mlfn_engine.costs.prices import Prices
    from mlfn_engine.costs.shapes import FunctionShape, MachineShape, StageShape

AFTER_ANSWER_MS = 5
"""What the record's put takes after the answer, in which the function is still paid for."""
LOG_BYTES, STATE_LOG_BYTES = 2_500, 800
"""A call's two audit lines and what Lambda writes of it; what Step Functions writes of a state."""
RECORD_BYTES, ENTRY_BYTES = 1_124, 400
"""In the table and in each index: at most, and what DynamoDB adds to each item (100)."""
KEPT_MONTHS = 12
EXPRESS_MB, EXPRESS_STEP_MS = 64, 100
_GB = 1_000_000_000
THOUSAND = Traffic(
    calls=1000, invocations=1000, through_api=1000, records=1000, index_entries=2000, duration_ms=100_000
)
"""A thousand calls through the API that take 100 ms each, for what has no traffic."""

Bill = dict["Item", float]


class Item(StrEnum):
    """What is paid for."""

    REQUESTS = "Lambda requests"
    COMPUTE = "Lambda compute"
    PROVISIONED = "provisioned concurrency"
    EPHEMERAL = "ephemeral storage"
    API = "API requests"
    STEPS = "Step Functions"
    WRITES = "audit writes"
    KEPT = "audit storage"
    LOGS = "logs"
    KEYS = "keys"
    ALARMS = "alarms"
    IMAGES = "images"
    ARCHIVES = "archives"


def function_bill(shape: FunctionShape, traffic: Traffic, prices: Prices) -> Bill:
    """What Lambda asks for a function a month; its traffic's durations count as they were."""
    gb, use = shape.memory_mb / 1024, "provisioned_use_gb_second" if shape.provisioned else "gb_second"
    billed_ms = ceil(traffic.mean_ms + AFTER_ANSWER_MS) if traffic.invocations else 0
    seconds = traffic.invocations * billed_ms / 1000
    always = shape.provisioned * gb * MONTH_HOURS * 3600
    beyond_gb = (shape.ephemeral_mb - FREE_EPHEMERAL_MB) / 1024
    return _told(
        {
            Item.REQUESTS: traffic.invocations * prices.of("lambda.request"),
            Item.COMPUTE: seconds * gb * prices.of(f"lambda.{use}_{shape.architecture}"),
            Item.PROVISIONED: always * prices.of(f"lambda.provisioned_gb_second_{shape.architecture}"),
            Item.EPHEMERAL: seconds * beyond_gb * prices.of("lambda.ephemeral_gb_second"),
            Item.KEYS: traffic.cold_starts * prices.of("kms.request"),
        }
    )


def call_bill(traffic: Traffic, log_days: int, prices: Prices) -> Bill:
    """What calls cost beside the function that answers them: the API, the audit trail of a year, the logs."""
    kept_gb = (traffic.records * RECORD_BYTES + traffic.index_entries * ENTRY_BYTES) * KEPT_MONTHS / _GB
    return _told(
        {
            Item.API: traffic.through_api * prices.of("api.request"),
            Item.WRITES: (traffic.records + traffic.index_entries) * prices.of("dynamodb.write_unit"),
            Item.KEPT: kept_gb * (prices.of("dynamodb.stored_gb_month") + prices.of("dynamodb.recoverable_gb_month")),
            Item.LOGS: _logs(traffic.invocations * LOG_BYTES, log_days, prices),
        }
    )


def machine_bill(shape: MachineShape, traffic: Traffic, log_days: int, prices: Prices) -> Bill:
    """What Step Functions asks for a pipeline's runs, each of which goes through every state once."""
    runs = traffic.invocations
    if shape.is_express:
        seconds = runs * ceil(traffic.mean_ms / EXPRESS_STEP_MS) * EXPRESS_STEP_MS / 1000
        gb_seconds = seconds * EXPRESS_MB / 1024
        steps = runs * prices.of("stepfunctions.express_request") + gb_seconds * prices.of(
            "stepfunctions.express_gb_second"
        )
    else:
        steps = runs * shape.states * prices.of("stepfunctions.standard_transition")
    logs = _logs(runs * shape.states * STATE_LOG_BYTES, log_days, prices)
    return _told({Item.STEPS: steps, Item.LOGS: logs})


def stage_bill(shape: StageShape, prices: Prices) -> Bill:
    """What a stage costs while nobody calls anything; all its apps share it."""
    keys, alarms = shape.keys * prices.of("kms.key_month"), shape.alarms * prices.of("logs.alarm_month")
    return _told({Item.KEYS: keys, Item.ALARMS: alarms})


def storage_bill(image_bytes: int, archive_bytes: int, prices: Prices) -> Bill:
    """What images in ECR and archives in S3 cost."""
    images = image_bytes / _GB * prices.of("storage.images_gb_month")
    return _told({Item.IMAGES: images, Item.ARCHIVES: archive_bytes / _GB * prices.of("storage.objects_gb_month")})


def added(*bills: Bill) -> Bill:
    """Several bills as one."""
    return {item: sum(bill.get(item, 0.0) for bill in bills) for item in Item if any(item in bill for bill in bills)}


def total(bill: Bill) -> float:
    """The sum of a bill."""
    return sum(bill.values())


def _logs(sent: float, log_days: int, prices: Prices) -> float:
    """What so many bytes a month cost, once as many as are kept have come together."""
    kept = prices.of("logs.stored_gb_month") * log_days * 24 / MONTH_HOURS
    return sent / _GB * (prices.of("logs.ingested_gb") + kept)


def _told(bill: Bill) -> Bill:
    return {item: amount for item, amount in bill.items() if amount}
