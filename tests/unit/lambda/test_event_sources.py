"""What is decided of batches from streams and queues, without any of them."""

from __future__ import annotations

import json
from typing import Any

import pytest

from mlfn_localstack.service import ServiceError
from mlfn_localstack.services.lambda_.event_sources.answers import failed, first_failed
from mlfn_localstack.services.lambda_.event_sources.mapping import (
    DEFAULTS,
    QUEUE_DEFAULTS,
    check_settings,
    check_source,
    settings,
)
from mlfn_localstack.services.lambda_.event_sources.progress import Progress, Segment, progress_from

QUEUE = "arn:aws:sqs:us-east-1:000000000000:q"
STREAM = "arn:aws:dynamodb:us-east-1:000000000000:table/t/stream/2026-01-01T00:00:00.000"


@pytest.mark.parametrize(
    ("answer", "position"),
    [
        ("null", None),
        ("{}", None),
        ('""', None),
        ('{"batchItemFailures": []}', None),
        ('{"batchItemFailures": null}', None),
        ('{"batchItemFailures": [{"itemIdentifier": "3"}, {"itemIdentifier": "2"}]}', 1),
        ('{"batchItemFailures": [{"itemIdentifier": "9"}]}', 0),
        ('{"batchItemFailures": [{"itemIdentifier": ""}]}', 0),
        ('{"batchItemFailures": [{"id": "2"}]}', 0),
        ('{"batchItemFailures": "2"}', 0),
        ('"done"', 0),
        ("not json", 0),
        pytest.param("[" * 100_000, 0, id="deep"),
    ],
)
def test_an_answer_names_the_first_record_that_failed(answer: str, position: int | None) -> None:
    assert first_failed(answer.encode(), ["1", "2", "3"]) == position


def test_an_answer_names_every_message_that_failed() -> None:
    answer = {"batchItemFailures": [{"itemIdentifier": "3"}, {"itemIdentifier": "1"}]}

    assert failed(json.dumps(answer).encode(), ["1", "2", "3"]) == {0, 2}
    assert failed(b"{}", ["1", "2"]) == set()
    assert failed(b"[]", ["1", "2"]) == {0, 1}


def test_progress_goes_through_a_bisected_batch() -> None:
    begun = Progress(after="0").beginning("4")

    halves = begun.failed("0").bisected("2")
    left = halves.finished()

    assert halves.segments == (Segment(end="2", attempts=1), Segment(end="4", attempts=1))
    assert left == Progress(after="2", segments=(Segment(end="4", attempts=1),))
    assert left.skipped("4") == Progress(after="4")


def test_progress_is_kept_as_a_document() -> None:
    progress = Progress(after="1").beginning("5").failed("3")

    assert progress_from(json.loads(json.dumps(progress.document()))) == progress
    assert progress_from(None) == Progress()


@pytest.mark.parametrize(
    ("params", "message"),
    [
        ({"ParallelizationFactor": 2}, "does not support ParallelizationFactor"),
        ({"TumblingWindowInSeconds": 30}, "does not support TumblingWindowInSeconds"),
        ({"ScalingConfig": {"MaximumConcurrency": 2}}, "Unsupported ScalingConfig"),
        ({"MaximumRecordAgeInSeconds": 5}, "Maximum record age in seconds must be"),
        ({"FilterCriteria": {"Filters": [{"Pattern": "{"}]}}, "Invalid filter pattern definition."),
        ({"FilterCriteria": {"Filters": [{"Pattern": '{"a": [1]}'}] * 6}}, "at most 5 filters"),
        ({"DestinationConfig": {"OnFailure": {"Destination": f"{QUEUE}.fifo"}}}, "arn:aws:sqs"),
        ({"DestinationConfig": {"OnSuccess": {"Destination": "arn:aws:s3:::b"}}}, "no OnSuccess"),
    ],
    ids=["parallel", "window", "scaling", "age", "pattern", "filters", "queue", "success"],
)
def test_wrong_settings_are_refused(params: dict[str, Any], message: str) -> None:
    with pytest.raises(ServiceError, match=message):
        check_settings(params, STREAM)


@pytest.mark.parametrize(
    ("params", "source", "message"),
    [
        ({"MaximumRetryAttempts": 3}, QUEUE, "Unsupported MaximumRetryAttempts"),
        ({"BatchSize": 11}, QUEUE, "Maximum batch window in seconds must be greater than 0"),
        ({"BatchSize": 10_001, "MaximumBatchingWindowInSeconds": 1}, QUEUE, "less than or equal to 10000"),
        ({"BatchSize": 11}, f"{QUEUE}.fifo", "BatchSize can be at most 10 for queues that keep order"),
        ({"MaximumBatchingWindowInSeconds": 1}, f"{QUEUE}.fifo", "Unsupported MaximumBatchingWindowInSeconds"),
    ],
    ids=["retries", "batch", "large batch", "ordered batch", "window"],
)
def test_wrong_settings_of_queues_are_refused(params: dict[str, Any], source: str, message: str) -> None:
    with pytest.raises(ServiceError, match=message):
        check_settings(params, source)


@pytest.mark.parametrize(
    ("source", "position", "message"),
    [
        ("arn:aws:kinesis:us-east-1:000000000000:stream/s", "LATEST", "and streams of DynamoDB only"),
        (QUEUE, "LATEST", "StartingPosition is not valid for SQS event sources"),
        (STREAM, None, "Value null at 'startingPosition'"),
        (STREAM, "AT_TIMESTAMP", "Unsupported starting position for arn type"),
    ],
    ids=["kinesis", "queue", "none", "timestamp"],
)
def test_a_wrong_source_is_refused(source: str, position: str | None, message: str) -> None:
    with pytest.raises(ServiceError, match=message):
        check_source({"EventSourceArn": source, "StartingPosition": position})


def test_settings_are_completed_and_changed() -> None:
    first = settings({}, {"BatchSize": 5, "FilterCriteria": {"Filters": [{"Pattern": "{}"}]}}, STREAM)
    second = settings(first, {"FilterCriteria": {"Filters": []}, "MaximumRetryAttempts": 2}, STREAM)
    queue = settings({}, {"ScalingConfig": {}}, QUEUE)

    assert first == DEFAULTS | {"BatchSize": 5, "FilterCriteria": {"Filters": [{"Pattern": "{}"}]}}
    assert second == DEFAULTS | {"BatchSize": 5, "MaximumRetryAttempts": 2}
    assert queue == QUEUE_DEFAULTS
