"""Subscription filters: what is taken, what is sent, and that nothing is lost."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest

from mlfn_localstack.service import ServiceError

if TYPE_CHECKING:
    from tests.functional.logs.conftest import Bench

LAMBDA = "arn:aws:lambda:us-east-1:000000000000:function:f"
Run = Callable[..., Any]


async def subscribe(bench: Bench, name: str = "n", pattern: str = "", group: str = "g", **params: Any) -> None:
    if bench.environment.store.documents("logs-group").get(group) is None:
        await bench.do("CreateLogGroup", logGroupName=group)
        for stream in ("s", "t"):
            await bench.do("CreateLogStream", logGroupName=group, logStreamName=stream)
    wanted = {"logGroupName": group, "filterName": name, "filterPattern": pattern, "destinationArn": LAMBDA}
    await bench.do("PutSubscriptionFilter", **(wanted | params))


def test_what_fits_is_sent_with_where_it_came_from(run: Run) -> None:
    async def scenario(bench: Bench) -> Any:
        await subscribe(bench, pattern='{ $.level = "ERROR" }')
        await bench.write('{"level":"INFO"}', '{"level":"ERROR","n":1}', '{"level":"ERROR","n":2}')
        await bench.got(2)
        found = await bench.do("FilterLogEvents", logGroupName="g")
        return bench.batches, bench.sources, [event["eventId"] for event in found["events"]]

    (batch,), sources, ids = run(scenario)

    assert sources == [("logs.amazonaws.com", "arn:aws:logs:us-east-1:000000000000:log-group:g:*")]
    assert {name: batch[name] for name in ("messageType", "owner", "logGroup", "logStream", "subscriptionFilters")} == {
        "messageType": "DATA_MESSAGE",
        "owner": "000000000000",
        "logGroup": "g",
        "logStream": "s",
        "subscriptionFilters": ["n"],
    }
    assert [event["id"] for event in batch["logEvents"]] == ids[1:]


def test_each_batch_is_of_one_stream(run: Run) -> None:
    async def scenario(bench: Bench) -> Any:
        await subscribe(bench)
        await bench.write("1", "2")
        await bench.write("3", stream="t")
        await bench.write("4")
        await bench.got(4)
        return [(batch["logStream"], [event["message"] for event in batch["logEvents"]]) for batch in bench.batches]

    assert run(scenario) == [("s", ["1", "2", "4"]), ("t", ["3"])]


def test_events_of_before_are_not_sent(run: Run) -> None:
    async def scenario(bench: Bench) -> Any:
        await subscribe(bench, name="first")
        await bench.do("DeleteSubscriptionFilter", logGroupName="g", filterName="first")
        await bench.write("before")
        await subscribe(bench)
        await bench.write("after")
        return await bench.got(1)

    assert run(scenario) == ["after"]


def test_what_could_not_be_sent_is_tried_again_in_order(run: Run) -> None:
    async def scenario(bench: Bench) -> Any:
        await subscribe(bench)
        bench.refusals = [ServiceError("ServiceException", "later", status=500)]
        await bench.write("1")
        await bench.write("2")
        return await bench.got(2)

    assert run(scenario) == ["1", "2"]


def test_what_was_not_sent_survives_a_restart_and_the_end_of_its_stream(run: Run) -> None:
    async def write(bench: Bench) -> None:
        await subscribe(bench)
        await bench.write("kept")
        await bench.do("DeleteLogStream", logGroupName="g", logStreamName="s")

    async def later(bench: Bench) -> Any:
        return await bench.got(1)

    run(write)

    assert run(later) == ["kept"]


def test_a_group_takes_two_filters_and_a_filter_can_be_changed(run: Run) -> None:
    async def scenario(bench: Bench) -> Any:
        for name in ("a", "b"):
            await subscribe(bench, name=name)
        await subscribe(bench, name="b", pattern="ERROR")
        with pytest.raises(ServiceError, match="LimitExceededException: Resource limit exceeded"):
            await subscribe(bench, name="c")
        return await bench.do("DescribeSubscriptionFilters", logGroupName="g", filterNamePrefix="b")

    (shown,) = run(scenario)["subscriptionFilters"]

    assert shown.pop("creationTime") > 0
    assert shown == {
        "filterName": "b",
        "logGroupName": "g",
        "filterPattern": "ERROR",
        "destinationArn": LAMBDA,
        "distribution": "ByLogStream",
        "applyOnTransformedLogs": False,
    }


@pytest.mark.parametrize(
    ("params", "message"),
    [
        ({"destinationArn": "arn:aws:states:us-east-1:000000000000:stream/s"}, "Lambda functions only"),
        ({"destinationArn": "arn:aws:lambda:us-east-1:000000000000:layer:l"}, "Lambda functions only"),
        ({"roleArn": "arn:aws:iam::000000000000:role/r"}, "destinationArn for vendor lambda cannot be used with role"),
        ({"filterPattern": "{ $.a ="}, "Invalid filter pattern"),
        ({"emitSystemFields": ["@aws.account"]}, "does not support emitSystemFields"),
        ({"logGroupName": "/aws/lambda/f"}, "reserved for the function logs of the destination function"),
    ],
    ids=["destination", "layer", "role", "pattern", "fields", "own group"],
)
def test_a_wrong_filter_is_refused(run: Run, params: dict[str, Any], message: str) -> None:
    async def scenario(bench: Bench) -> None:
        await bench.do("CreateLogGroup", logGroupName="/aws/lambda/f")
        await subscribe(bench, **params)

    with pytest.raises(ServiceError, match="InvalidParameterException") as refusal:
        run(scenario)
    assert message in refusal.value.message


def test_a_function_that_may_not_be_called_is_refused(run: Run) -> None:
    async def scenario(bench: Bench) -> None:
        bench.refusals = [ServiceError("AccessDeniedException", "no", status=403)]
        await subscribe(bench)

    with pytest.raises(ServiceError, match="Make sure you have given CloudWatch Logs permission"):
        run(scenario)


def test_a_functions_own_lines_come_back_to_it_slowly(run: Run) -> None:
    async def scenario(bench: Bench) -> Any:
        await subscribe(bench, group="/custom/f")
        await bench.write("echo", group="/custom/f")
        document = bench.environment.store.documents("logs-subscription").get("/custom/f:n") or {}
        return document["Loop"], bench.messages

    assert run(scenario) == (True, [])
