"""Events and schedules on their way to targets."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest

from mlfn_localstack.service import Caller, ServiceError

if TYPE_CHECKING:
    from tests.functional.events.conftest import Bench

LAMBDA = "arn:aws:lambda:us-east-1:000000000000:function:f:live"
MACHINE = "arn:aws:states:us-east-1:000000000000:stateMachine:m"
ROLE = "arn:aws:iam::000000000000:role/starter"
ENTRY = {"Source": "app", "DetailType": "Trained", "Detail": '{"model": "m", "score": 0.9}'}
PATTERN = '{"source": ["app"], "detail": {"score": [{"numeric": [">", 0.5]}]}}'
START = 1_800_000_000.0
Run = Callable[..., Any]


def test_an_event_reaches_a_function_on_behalf_of_its_rule(run: Run) -> None:
    async def scenario(bench: Bench) -> Any:
        arn = await bench.rule({"Arn": LAMBDA}, EventPattern=PATTERN)
        put = await bench.do("PutEvents", Entries=[ENTRY, ENTRY | {"Detail": '{"score": 0.1}'}])
        return arn, put, (await bench.called(1))[0]

    arn, put, (operation, params, principal, source) = run(scenario)

    assert put["FailedEntryCount"] == 0
    assert (operation, principal, source) == ("lambda:Invoke", "events.amazonaws.com", arn)
    assert (params["FunctionName"], params["InvocationType"]) == (LAMBDA, "Event")
    assert json.loads(params["Payload"]) == {
        "version": "0",
        "id": put["Entries"][0]["EventId"],
        "detail-type": "Trained",
        "source": "app",
        "account": "000000000000",
        "time": "2027-01-15T08:00:00Z",
        "region": "us-east-1",
        "resources": [],
        "detail": {"model": "m", "score": 0.9},
    }


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"Source": ""}, "InvalidArgument"),
        ({"DetailType": ""}, "InvalidArgument"),
        ({"Detail": "[1]"}, "MalformedDetail"),
        ({"Detail": '{"a": NaN}'}, "MalformedDetail"),
        ({"Detail": '{"a": "\\ud800"}'}, "MalformedDetail"),
        ({"Detail": '{"a":' * 3000 + "1" + "}" * 3000}, "MalformedDetail"),
        ({"Source": "aws.ec2"}, "NotAuthorizedForSourceException"),
    ],
    ids=["source", "detail type", "array", "nan", "surrogate", "deep", "reserved"],
)
def test_a_wrong_entry_is_named_and_the_others_are_taken(run: Run, change: dict[str, str], code: str) -> None:
    async def scenario(bench: Bench) -> Any:
        return await bench.do("PutEvents", Entries=[ENTRY | change, ENTRY])

    answer = run(scenario)

    assert answer["FailedEntryCount"] == 1
    assert answer["Entries"][0]["ErrorCode"] == code
    assert "EventId" in answer["Entries"][1]


def test_a_service_may_use_a_reserved_source(run: Run) -> None:
    service = Caller(arn="states.amazonaws.com", account_id="000000000000", user_id="", access_key="")

    async def scenario(bench: Bench) -> Any:
        return await bench.do("PutEvents", service, Entries=[ENTRY | {"Source": "aws.states"}])

    assert run(scenario)["FailedEntryCount"] == 0


def test_a_request_over_one_megabyte_is_refused(run: Run) -> None:
    async def scenario(bench: Bench) -> Any:
        return await bench.do("PutEvents", Entries=[ENTRY | {"Detail": json.dumps({"a": "x" * 600_000})}] * 2)

    with pytest.raises(ServiceError, match="Total size of the entries in the request is over the limit"):
        run(scenario)


def test_a_state_machine_is_started_once_as_the_targets_role(run: Run) -> None:
    async def scenario(bench: Bench) -> Any:
        await bench.rule({"Arn": MACHINE, "RoleArn": ROLE, "Input": '{"a":1}'}, EventPattern=PATTERN)
        await bench.do("PutEvents", Entries=[ENTRY])
        return await bench.called(2)

    (assume, session, principal, _), (start, params, role, _) = run(scenario)

    assert (assume, session["RoleArn"], principal) == ("sts:AssumeRole", ROLE, "events.amazonaws.com")
    assert (start, params["stateMachineArn"], params["input"], role) == (
        "stepfunctions:StartExecution",
        MACHINE,
        '{"a":1}',
        ROLE,
    )


def test_a_log_group_gets_the_event_as_a_line(run: Run) -> None:
    async def scenario(bench: Bench) -> Any:
        await bench.rule({"Arn": "arn:aws:logs:us-east-1:000000000000:log-group:/aws/events/g"}, EventPattern=PATTERN)
        await bench.do("PutEvents", Entries=[ENTRY])
        return await bench.called(2)

    (create, _, _, _), (put, params, _, _) = run(scenario)

    assert (create, put, params["logGroupName"]) == ("logs:CreateLogStream", "logs:PutLogEvents", "/aws/events/g")
    assert json.loads(params["logEvents"][0]["message"])["detail"]["model"] == "m"


def test_a_disabled_rule_is_silent(run: Run) -> None:
    async def scenario(bench: Bench) -> Any:
        await bench.rule({"Arn": LAMBDA}, EventPattern=PATTERN)
        await bench.do("DisableRule", Name="r")
        await bench.do("PutEvents", Entries=[ENTRY])
        await bench.do("EnableRule", Name="r")
        second = await bench.do("PutEvents", Entries=[ENTRY])
        await bench.called(1)
        await asyncio.sleep(0.05)
        return second["Entries"][0]["EventId"], [json.loads(call[1]["Payload"])["id"] for call in bench.calls]

    wanted, delivered = run(scenario)

    assert delivered == [wanted]


def test_throttled_deliveries_are_retried(run: Run) -> None:
    async def scenario(bench: Bench) -> Any:
        bench.refusals = [ServiceError("TooManyRequestsException", "Rate Exceeded.", status=429)]
        await bench.rule({"Arn": LAMBDA}, EventPattern=PATTERN)
        await bench.do("PutEvents", Entries=[ENTRY])
        return await bench.called(1)

    assert len(run(scenario)) == 1


@pytest.mark.parametrize(
    ("error", "policy"),
    [
        (ServiceError("AccessDeniedException", "no", status=403), {}),
        (ServiceError("ServiceException", "no", status=500), {"MaximumRetryAttempts": 0}),
    ],
    ids=["permission", "retries used up"],
)
def test_a_final_refusal_ends_a_delivery(run: Run, error: ServiceError, policy: dict[str, int]) -> None:
    async def scenario(bench: Bench) -> int:
        bench.refusals = [error]
        await bench.rule({"Arn": LAMBDA, "RetryPolicy": policy}, EventPattern=PATTERN)
        await bench.do("PutEvents", Entries=[ENTRY])
        count = 1
        while count:
            await asyncio.sleep(0.005)
            count = bench.environment.store.execute("SELECT count(*) FROM events_deliveries").fetchone()[0]
        return len(bench.calls)

    assert run(scenario) == 0


def test_queued_deliveries_survive_a_restart(run: Run) -> None:
    async def queue(bench: Bench) -> None:
        await bench.events.stop()
        await bench.rule({"Arn": LAMBDA}, EventPattern=PATTERN)
        await bench.do("PutEvents", Entries=[ENTRY])

    async def later(bench: Bench) -> Any:
        return await bench.called(1)

    run(queue)

    assert run(later)[0][0] == "lambda:Invoke"


def test_a_schedule_fires_when_it_is_due(run: Run) -> None:
    async def scenario(bench: Bench) -> Any:
        arn = await bench.rule({"Arn": LAMBDA}, ScheduleExpression="rate(5 minutes)")
        bench.now += 300
        await bench.do("PutRule", Name="other", ScheduleExpression="rate(1 day)")
        return arn, (await bench.called(1))[0][1]

    arn, params = run(scenario)
    event = json.loads(params["Payload"])

    assert (event["source"], event["detail-type"], event["detail"]) == ("aws.events", "Scheduled Event", {})
    assert (event["time"], event["resources"]) == ("2027-01-15T08:05:00Z", [arn])


def test_ticks_missed_while_nothing_ran_fire_once(run: Run) -> None:
    async def put(bench: Bench) -> None:
        await bench.rule({"Arn": LAMBDA}, ScheduleExpression="rate(5 minutes)")

    async def later(bench: Bench) -> Any:
        await bench.called(1)
        await asyncio.sleep(0.05)
        rule = bench.environment.store.documents("events-rule").get("default/r") or {}
        return len(bench.calls), rule["Due"]

    run(put)

    assert run(later, now=START + 3_700) == (1, START + 3_900)


def test_a_client_cannot_say_that_it_forwards(run: Run) -> None:
    async def scenario(bench: Bench) -> Any:
        await bench.rule({"Arn": LAMBDA}, EventPattern='{"version": ["0"]}')
        await bench.do("PutEvents", Entries=[ENTRY | {"Forwarded": {"version": "0", "id": "i", "source": "aws.s3"}}])
        return json.loads((await bench.called(1))[0][1]["Payload"])

    assert run(scenario)["source"] == "app"
