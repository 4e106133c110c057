"""Queues call functions: what goes well is deleted, what does not comes back."""

from __future__ import annotations

import asyncio
import json
import time
from typing import TYPE_CHECKING, Any

import pytest

from mlfn_localstack.service import ServiceError
from mlfn_localstack.services.sqs import Sqs
from mlfn_localstack.services.sqs.urls import url_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.fixtures.lambda_lab import Lab, Run

PREFIX = "arn:aws:sqs:us-east-1:000000000000:"
PRINTING = """
    def handler(event, context):
        print("GOT", *[r["body"] for r in event["Records"]])
"""
POISONED = """
    def handler(event, context):
        print("GOT", *[r["body"] + r["attributes"]["ApproximateReceiveCount"] for r in event["Records"]])
        raise ValueError("poison")
"""
PARTIAL = """
    def handler(event, context):
        print("GOT", *[r["body"] for r in event["Records"]])
        bad = [r["messageId"] for r in event["Records"] if r["body"] == "bad"]
        return {"batchItemFailures": [{"itemIdentifier": each} for each in bad]}
"""


async def queue(lab: Lab, name: str = "q", **attributes: Any) -> str:
    """The ARN of a new queue."""
    lab.services.setdefault("sqs", Sqs(lab.environment))
    given = {"VisibilityTimeout": "3"} | {key: str(value) for key, value in attributes.items()}
    await lab.run("sqs", "CreateQueue", {"QueueName": name, "Attributes": given})
    return PREFIX + name


async def send(lab: Lab, *bodies: str, name: str = "q", **params: Any) -> None:
    for body in bodies:
        await lab.run("sqs", "SendMessage", {"QueueUrl": url_of(PREFIX + name), "MessageBody": body, **params})


async def mapped(lab: Lab, **params: Any) -> str:
    """The UUID of a mapping from the queue to the function."""
    given = {"EventSourceArn": PREFIX + "q", **params}
    return str((await lab.do("CreateEventSourceMapping", **given))["UUID"])


async def counts(lab: Lab, name: str = "q") -> tuple[int, int]:
    """How many messages can be seen, and how many are being worked on."""
    params = {"QueueUrl": url_of(PREFIX + name), "AttributeNames": ["All"]}
    found = (await lab.run("sqs", "GetQueueAttributes", params))["Attributes"]
    return int(found["ApproximateNumberOfMessages"]), int(found["ApproximateNumberOfMessagesNotVisible"])


async def until(lab: Lab, holds: Callable[[tuple[int, int]], bool], name: str = "q") -> None:
    deadline = time.monotonic() + 30
    while not holds(await counts(lab, name)):
        assert time.monotonic() < deadline, (await counts(lab, name), lab.log())
        await asyncio.sleep(0.02)


def test_messages_call_the_function_and_go(run: Run) -> None:
    async def scenario(lab: Lab) -> Any:
        await lab.create('import json\ndef handler(event, context):\n    print("GOT", json.dumps(event["Records"][0]))')
        await queue(lab)
        await mapped(lab)
        await send(lab, "one", MessageAttributes={"a": {"DataType": "String", "StringValue": "v"}})
        await lab.log_has("GOT")
        await until(lab, lambda found: found == (0, 0))
        return await lab.whole_log()

    (line,) = [line for line in run(scenario).splitlines() if line.startswith("GOT")]
    record = json.loads(line.removeprefix("GOT "))

    assert record.pop("messageId")
    assert record.pop("receiptHandle")
    assert record.pop("md5OfMessageAttributes")
    assert set(record.pop("attributes")) == {
        "ApproximateFirstReceiveTimestamp",
        "ApproximateReceiveCount",
        "SenderId",
        "SentTimestamp",
    }
    assert record == {
        "body": "one",
        "messageAttributes": {
            "a": {"stringValue": "v", "stringListValues": [], "binaryListValues": [], "dataType": "String"}
        },
        "md5OfBody": "f97c5d29941bfb1b2fdab0874906ab82",
        "eventSource": "aws:sqs",
        "eventSourceARN": PREFIX + "q",
        "awsRegion": "us-east-1",
    }


def test_a_window_gathers_a_batch(run: Run) -> None:
    async def scenario(lab: Lab) -> Any:
        await lab.create(PRINTING)
        await queue(lab)
        await send(lab, *map(str, range(12)))
        await mapped(lab, BatchSize=12, MaximumBatchingWindowInSeconds=20)
        return await lab.log_has("GOT")

    (line,) = [line for line in run(scenario).splitlines() if line.startswith("GOT")]

    assert sorted(line.split()[1:], key=int) == [str(number) for number in range(12)]


@pytest.mark.parametrize("window_s", [0, 1])
def test_only_a_mapping_with_a_window_names_a_digest_of_no_attributes(run: Run, window_s: int) -> None:
    async def scenario(lab: Lab) -> Any:
        await lab.create(
            'def handler(event, context):\n    print("GOT", "md5OfMessageAttributes" in event["Records"][0])'
        )
        await queue(lab)
        await send(lab, "x")
        await mapped(lab, MaximumBatchingWindowInSeconds=window_s)
        return await lab.log_has("GOT")

    assert f"GOT {window_s == 1}" in run(scenario)


def test_a_second_mapping_and_a_large_batch_without_a_window_are_refused(run: Run) -> None:
    async def scenario(lab: Lab) -> Any:
        await lab.create(PRINTING)
        await queue(lab)
        mapping = await mapped(lab)
        with pytest.raises(ServiceError) as second:
            await mapped(lab)
        no_window = "Maximum batch window in seconds must be greater than 0 if maximum batch size is greater than 10"
        with pytest.raises(ServiceError, match=no_window):
            await mapped(lab, BatchSize=11)
        with pytest.raises(ServiceError, match=no_window):
            await lab.run("lambda", "UpdateEventSourceMapping", {"UUID": mapping, "BatchSize": 11})
        return mapping, second.value.message

    mapping, message = run(scenario)

    assert message == (
        f'An event source mapping with SQS arn (" {PREFIX}q ") and function (" f ") already exists. '
        f"Please update or delete the existing mapping with UUID {mapping}"
    )


def test_a_failed_batch_comes_back_until_it_is_sent_to_the_dead_letter_queue(run: Run) -> None:
    async def scenario(lab: Lab) -> Any:
        await lab.create(POISONED, Timeout=1)
        dead = await queue(lab, "dead")
        redrive = json.dumps({"deadLetterTargetArn": dead, "maxReceiveCount": 2})
        await queue(lab, VisibilityTimeout=1, RedrivePolicy=redrive)
        await mapped(lab)
        await send(lab, "x")
        await until(lab, lambda found: found == (1, 0), "dead")
        return await lab.whole_log(), await counts(lab)

    log, left = run(scenario)

    assert [line for line in log.splitlines() if line.startswith("GOT")] == ["GOT x1", "GOT x2"]
    assert left == (0, 0)


def test_only_the_messages_that_failed_come_back(run: Run) -> None:
    async def scenario(lab: Lab) -> Any:
        await lab.create(PARTIAL, Timeout=1)
        await queue(lab)
        await send(lab, "good", "bad", "fine")
        await mapped(lab, FunctionResponseTypes=["ReportBatchItemFailures"])
        await lab.log_has("GOT")
        await until(lab, lambda found: sum(found) == 1)
        return await lab.whole_log()

    assert "good" in run(scenario)


def test_what_no_filter_lets_through_is_deleted(run: Run) -> None:
    async def scenario(lab: Lab) -> Any:
        await lab.create(PRINTING)
        await queue(lab)
        await mapped(lab, FilterCriteria={"Filters": [{"Pattern": '{"body": {"kind": ["yes"]}}'}]})
        await send(lab, '{"kind": "no"}', '{"kind": "yes"}', "text")
        await lab.log_has("GOT")
        await until(lab, lambda found: found == (0, 0))
        return await lab.whole_log()

    log = run(scenario)

    assert '"kind": "yes"' in log
    assert '"kind": "no"' not in log


def test_a_group_of_a_fifo_queue_is_worked_off_in_order(run: Run) -> None:
    async def scenario(lab: Lab) -> Any:
        await lab.create(PRINTING)
        await queue(lab, "q.fifo", FifoQueue="true", ContentBasedDeduplication="true")
        await lab.do("CreateEventSourceMapping", EventSourceArn=PREFIX + "q.fifo", BatchSize=2)
        await send(lab, *map(str, range(7)), name="q.fifo", MessageGroupId="g")
        await until(lab, lambda found: found == (0, 0), "q.fifo")
        return await lab.whole_log()

    lines = [line.split()[1:] for line in run(scenario).splitlines() if line.startswith("GOT")]

    assert [number for line in lines for number in line] == [str(number) for number in range(7)]


def test_a_disabled_mapping_reads_no_more(run: Run) -> None:
    async def scenario(lab: Lab) -> Any:
        await lab.create(PRINTING)
        await queue(lab)
        mapping = await mapped(lab)
        await asyncio.sleep(0.1)  # it waits for messages now
        await lab.run("lambda", "UpdateEventSourceMapping", {"UUID": mapping, "Enabled": False})
        await asyncio.sleep(0.1)
        await send(lab, "later")
        await asyncio.sleep(0.3)
        before = await counts(lab)
        await lab.run("lambda", "UpdateEventSourceMapping", {"UUID": mapping, "Enabled": True})
        await lab.log_has("GOT later")
        return before

    assert run(scenario) == (1, 0)


def test_a_busy_function_is_called_again_while_the_message_is_hidden(run: Run) -> None:
    async def scenario(lab: Lab) -> Any:
        await lab.create(PRINTING)
        await queue(lab, VisibilityTimeout=30)
        await lab.do("PutFunctionConcurrency", ReservedConcurrentExecutions=0)
        await mapped(lab)
        await send(lab, "x")
        await until(lab, lambda found: found == (0, 1))
        await lab.do("DeleteFunctionConcurrency")
        await lab.log_has("GOT x")
        await until(lab, lambda found: found == (0, 0))

    run(scenario)


def test_a_batch_under_way_is_worked_off_after_a_restart(run: Run) -> None:
    async def before(lab: Lab) -> Any:
        await lab.create("import time\ndef handler(event, context):\n    time.sleep(0.5)", Timeout=1)
        await queue(lab, VisibilityTimeout=1)
        await mapped(lab)
        await send(lab, "x")
        await until(lab, lambda found: found == (0, 1))

    async def after(lab: Lab) -> Any:
        lab.services["sqs"] = Sqs(lab.environment)
        await until(lab, lambda found: found == (0, 0))

    run(before)
    run(after)


@pytest.mark.parametrize(
    ("attributes", "message"),
    [
        ({"VisibilityTimeout": 1}, "Queue visibility timeout: 1 seconds is less than Function timeout: 3 seconds"),
        (None, "AWS.SimpleQueueService.NonExistentQueue"),
    ],
    ids=["short", "missing"],
)
def test_a_queue_that_does_not_fit_is_refused(run: Run, attributes: dict[str, Any] | None, message: str) -> None:
    async def scenario(lab: Lab) -> Any:
        await lab.create(PRINTING, Timeout=3)
        await queue(lab, **(attributes or {"VisibilityTimeout": 30}))
        with pytest.raises(ServiceError, match=message):
            await mapped(lab, **({} if attributes else {"EventSourceArn": PREFIX + "none"}))

    run(scenario)
