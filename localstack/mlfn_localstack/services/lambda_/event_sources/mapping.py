"""A mapping's settings: checked, completed with Lambda's defaults, and shown."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from mlfn_localstack.services.events.patterns import PatternError, compile_pattern
from mlfn_localstack.services.lambda_ import errors
from mlfn_localstack.services.lambda_.destinations import Kind, kind_of

if TYPE_CHECKING:
    from collections.abc import Mapping

Document = dict[str, Any]
"""Members of EventSourceMappingConfiguration (times as numbers), the function's `Name` and `Qualifier`, and `Tags`."""

DEFAULTS: dict[str, Any] = {
    "BatchSize": 100,
    "MaximumBatchingWindowInSeconds": 0,
    "ParallelizationFactor": 1,
    "MaximumRecordAgeInSeconds": -1,
    "BisectBatchOnFunctionError": False,
    "MaximumRetryAttempts": -1,
    "TumblingWindowInSeconds": 0,
    "FunctionResponseTypes": [],
    "DestinationConfig": {"OnFailure": {}},
}
QUEUE_DEFAULTS: dict[str, Any] = {
    "BatchSize": 10,
    "MaximumBatchingWindowInSeconds": 0,
    "FunctionResponseTypes": [],
}
SETTINGS = (*DEFAULTS, "FilterCriteria")
QUEUE_SETTINGS = (*QUEUE_DEFAULTS, "FilterCriteria", "ScalingConfig")
MAX_BATCH = 10_000
MAX_PLAIN_BATCH = 10
"""Messages of a batch without a window, and of queues that keep order."""
MAX_FILTERS = 5
_INTERNAL = frozenset({"Name", "Qualifier", "Tags"})
_STREAM = re.compile(r"arn:aws[a-z-]*:dynamodb:[a-z0-9-]+:\d{12}:table/[^/]+/stream/.+")
_QUEUE = re.compile(r"arn:aws[a-z-]*:sqs:[a-z0-9-]+:\d{12}:[A-Za-z0-9_-]+(\.fifo)?")
_KNOWN = re.compile(r"arn:aws[a-z-]*:(dynamodb|kafka|kinesis|mq|rds|sqs):")
_PLAIN_ONLY: dict[str, tuple[Any, ...]] = {"ParallelizationFactor": (1,), "TumblingWindowInSeconds": (0,)}
_UNSUPPORTED = (
    "AmazonManagedKafkaEventSourceConfig",
    "DocumentDBEventSourceConfig",
    "KMSKeyArn",
    "LoggingConfig",
    "MetricsConfig",
    "ProvisionedPollerConfig",
    "Queues",
    "SelfManagedEventSource",
    "SelfManagedKafkaEventSourceConfig",
    "SourceAccessConfigurations",
    "Topics",
)


def is_queue(source: str) -> bool:
    """Whether an event source is a queue (and not a stream)."""
    return _QUEUE.fullmatch(source) is not None


def check_source(params: Mapping[str, Any]) -> None:
    """Refuse an event source, or a place to start, that a mapping cannot have.

    Raises:
        ServiceError: InvalidParameterValueException.
    """
    arn, position = params.get("EventSourceArn") or "", params.get("StartingPosition")
    if is_queue(arn):
        if position is not None:
            raise errors.invalid_parameter("StartingPosition is not valid for SQS event sources.")
        return
    if _KNOWN.match(arn) is None:
        raise errors.invalid_parameter("Unrecognized event source.")
    if not _STREAM.fullmatch(arn):
        raise errors.invalid_parameter(
            f"The emulator reads queues of SQS and streams of DynamoDB only, not the event source {arn!r}."
        )
    if position is None:
        raise errors.invalid_parameter(
            "1 validation error detected: Value null at 'startingPosition' failed to satisfy constraint: "
            "Member must not be null."
        )
    if position != "AT_TIMESTAMP" and "StartingPositionTimestamp" in params:
        raise errors.invalid_parameter("Timestamp only valid with StartingPosition AT_TIMESTAMP")
    if position == "AT_TIMESTAMP":
        raise errors.invalid_parameter(f"Unsupported starting position for arn type: {arn}")


def check_settings(params: Mapping[str, Any], source: str) -> None:
    """Refuse settings that Lambda refuses, and by name those the emulator has nothing for.

    Raises:
        ServiceError: InvalidParameterValueException.
    """
    given = [name for name in _UNSUPPORTED if params.get(name)]
    if not is_queue(source):
        given += [name for name, plain in _PLAIN_ONLY.items() if params.get(name) not in (None, *plain)]
    if given:
        raise errors.invalid_parameter(f"The emulator does not support {', '.join(given)} of event source mappings.")
    (_check_queue if is_queue(source) else _check_stream)(params, source)
    filters = (params.get("FilterCriteria") or {}).get("Filters") or []
    if len(filters) > MAX_FILTERS:
        raise errors.invalid_parameter(f"FilterCriteria can have at most {MAX_FILTERS} filters.")
    for each in filters:
        try:
            compile_pattern(each.get("Pattern", ""))
        except PatternError as error:
            raise errors.invalid_parameter("Invalid filter pattern definition.") from error


def _check_stream(params: Mapping[str, Any], _source: str) -> None:
    if params.get("ScalingConfig"):
        raise errors.invalid_parameter("Unsupported ScalingConfig parameter for given event source mapping type.")
    age = params.get("MaximumRecordAgeInSeconds")
    if age is not None and age != -1 and not 60 <= age <= 604_800:
        raise errors.invalid_parameter("Maximum record age in seconds must be -1 or between 60 and 604800.")
    _check_destination(params.get("DestinationConfig") or {})


def _check_queue(params: Mapping[str, Any], source: str) -> None:
    """https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-parameters.html"""
    for name in DEFAULTS:
        if name not in QUEUE_DEFAULTS and params.get(name) not in (None, {}, {"OnFailure": {}}):
            raise errors.invalid_parameter(f"Unsupported {name} parameter for given event source mapping type.")
    fifo, window_s = source.endswith(".fifo"), params.get("MaximumBatchingWindowInSeconds") or 0
    if fifo and window_s:
        raise errors.invalid_parameter(
            "Unsupported MaximumBatchingWindowInSeconds parameter for given event source mapping type."
        )
    size = params.get("BatchSize") or 0
    if size > MAX_BATCH:
        raise errors.validation(size, "batchSize", f"Member must have value less than or equal to {MAX_BATCH}")
    if fifo and size > MAX_PLAIN_BATCH:
        raise errors.invalid_parameter(f"BatchSize can be at most {MAX_PLAIN_BATCH} for queues that keep order.")
    if size > MAX_PLAIN_BATCH and not window_s:
        raise errors.invalid_parameter(
            "Maximum batch window in seconds must be greater than 0 if maximum batch size is greater than "
            f"{MAX_PLAIN_BATCH}"
        )


def _check_destination(config: Mapping[str, Any]) -> None:
    """https://docs.aws.amazon.com/lambda/latest/dg/services-ddb-errors.html: queues, topics and buckets."""
    if (config.get("OnSuccess") or {}).get("Destination"):
        raise errors.invalid_parameter("Streams have no OnSuccess destination.")
    destination = (config.get("OnFailure") or {}).get("Destination")
    if destination and kind_of(destination) not in (Kind.SQS, Kind.SNS, Kind.S3):
        raise errors.invalid_parameter(
            "The emulator sends records of failed batches to buckets, standard queues and topics, "
            f"not to the destination {destination}."
        )


def settings(current: Mapping[str, Any], params: Mapping[str, Any], source: str) -> Document:
    """Settings with those of a request put over them."""
    names, defaults = (QUEUE_SETTINGS, QUEUE_DEFAULTS) if is_queue(source) else (SETTINGS, DEFAULTS)
    given = {name: params[name] for name in names if params.get(name) is not None}
    result = {**defaults, **current, **given}
    if not (result.get("FilterCriteria") or {}).get("Filters"):
        result.pop("FilterCriteria", None)
    if not (result.get("ScalingConfig") or {}).get("MaximumConcurrency"):
        result.pop("ScalingConfig", None)
    if "DestinationConfig" in result:
        result["DestinationConfig"] = {"OnFailure": (result["DestinationConfig"] or {}).get("OnFailure") or {}}
    return result


def shown(document: Document, state: str | None = None) -> dict[str, Any]:
    """A mapping as Lambda describes it, in passing in another state than it is kept in."""
    members = {name: value for name, value in document.items() if name not in _INTERNAL}
    modified = datetime.fromtimestamp(document["LastModified"], UTC)
    return {**members, "LastModified": modified, "State": state or document["State"]}
