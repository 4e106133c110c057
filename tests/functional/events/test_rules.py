"""Rules, targets, buses and tags."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest

from mlfn_localstack.service import ServiceError

if TYPE_CHECKING:
    from tests.functional.events.conftest import Bench

LAMBDA = "arn:aws:lambda:us-east-1:000000000000:function:f"
Run = Callable[..., Any]


def test_a_rule_is_described_as_it_was_put(run: Run) -> None:
    async def scenario(bench: Bench) -> Any:
        await bench.do("PutRule", Name="r", ScheduleExpression="rate(5 minutes)", Description="often")
        return await bench.do("DescribeRule", Name="r")

    assert run(scenario) == {
        "Name": "r",
        "Arn": "arn:aws:events:us-east-1:000000000000:rule/r",
        "ScheduleExpression": "rate(5 minutes)",
        "State": "ENABLED",
        "Description": "often",
        "EventBusName": "default",
        "CreatedBy": "000000000000",
    }


@pytest.mark.parametrize(
    ("params", "code", "message"),
    [
        ({}, "ValidationException", "Parameter(s) EventPattern or ScheduleExpression must be specified."),
        ({"ScheduleExpression": "often"}, "ValidationException", "Parameter ScheduleExpression is not valid."),
        ({"EventPattern": "{}"}, "InvalidEventPatternException", "Empty objects are not allowed"),
        (
            {"ScheduleExpression": "rate(1 day)", "EventBusName": "mine"},
            "ValidationException",
            "ScheduleExpression is supported only on the default event bus.",
        ),
        (
            {"EventPattern": '{"a": [1]}', "EventBusName": "other"},
            "ResourceNotFoundException",
            "Event bus other does not exist.",
        ),
    ],
    ids=["nothing", "schedule", "pattern", "bus", "no bus"],
)
def test_a_wrong_rule_is_refused(run: Run, params: dict[str, Any], code: str, message: str) -> None:
    async def scenario(bench: Bench) -> None:
        await bench.do("CreateEventBus", Name="mine")
        await bench.do("PutRule", Name="r", **params)

    with pytest.raises(ServiceError, match=code) as refusal:
        run(scenario)
    assert message in refusal.value.message


@pytest.mark.parametrize(
    ("target", "message"),
    [
        ({"Arn": "arn"}, "Provided Arn is not in correct format."),
        ({"Arn": "arn:aws:kinesis:us-east-1:000000000000:stream/s"}, "does not support targets of the service kinesis"),
        ({"Arn": "arn:aws:sqs:us-east-1:000000000000:q.fifo"}, "SqsParameters must be specified"),
        ({"Arn": "arn:aws:states:us-east-1:000000000000:stateMachine:m"}, "RoleArn is required for target"),
        ({"Arn": LAMBDA, "Input": "{"}, "JSON syntax error in input for target t."),
        ({"Arn": LAMBDA, "Input": "1", "InputPath": "$"}, "Only one of Input, InputPath, or InputTransformer"),
        ({"Arn": LAMBDA, "InputPath": "detail"}, "Invalid JSON path detail"),
        ({"Arn": LAMBDA, "DeadLetterConfig": {"Arn": "arn:aws:sns:…"}}, "no standard queue of SQS"),
    ],
    ids=["arn", "service", "fifo", "role", "input", "two inputs", "path", "dlq"],
)
def test_a_wrong_target_is_refused(run: Run, target: dict[str, Any], message: str) -> None:
    async def scenario(bench: Bench) -> None:
        await bench.rule(target, EventPattern='{"source": ["a"]}')

    with pytest.raises(ServiceError, match="ValidationException") as refusal:
        run(scenario)
    assert message in refusal.value.message


def test_a_rule_takes_five_targets(run: Run) -> None:
    async def scenario(bench: Bench) -> None:
        await bench.do("PutRule", Name="r", ScheduleExpression="rate(1 day)")
        for number in range(6):
            await bench.do("PutTargets", Rule="r", Targets=[{"Id": str(number), "Arn": LAMBDA}])

    with pytest.raises(ServiceError, match="LimitExceededException"):
        run(scenario)


def test_a_rule_with_targets_is_not_deleted(run: Run) -> None:
    async def scenario(bench: Bench) -> Any:
        await bench.rule({"Arn": LAMBDA}, ScheduleExpression="rate(1 day)")
        with pytest.raises(ServiceError, match="Rule can't be deleted since it has targets"):
            await bench.do("DeleteRule", Name="r")
        removed = await bench.do("RemoveTargets", Rule="r", Ids=["t", "other"])
        await bench.do("DeleteRule", Name="r")
        return removed, await bench.do("ListRules")

    removed, listed = run(scenario)

    assert [entry["TargetId"] for entry in removed["FailedEntries"]] == ["other"]
    assert listed == {"Rules": []}


def test_rules_are_found_by_prefix_and_by_target(run: Run) -> None:
    async def scenario(bench: Bench) -> Any:
        await bench.rule({"Arn": LAMBDA}, name="a1", ScheduleExpression="rate(1 day)")
        await bench.do("PutRule", Name="a2", ScheduleExpression="rate(1 day)")
        await bench.do("PutRule", Name="b", ScheduleExpression="rate(1 day)")
        page = await bench.do("ListRules", NamePrefix="a", Limit=1)
        rest = await bench.do("ListRules", NamePrefix="a", NextToken=page["NextToken"])
        names = [rule["Name"] for rule in [*page["Rules"], *rest["Rules"]]]
        return names, await bench.do("ListRuleNamesByTarget", TargetArn=LAMBDA)

    assert run(scenario) == (["a1", "a2"], {"RuleNames": ["a1"]})


def test_tags_stay_with_a_rule_through_its_changes(run: Run) -> None:
    async def scenario(bench: Bench) -> Any:
        tags = [{"Key": "a", "Value": "1"}]
        arn = (await bench.do("PutRule", Name="r", ScheduleExpression="rate(1 day)", Tags=tags))["RuleArn"]
        await bench.do("TagResource", ResourceARN=arn, Tags=[{"Key": "b", "Value": "2"}])
        await bench.do("PutRule", Name="r", ScheduleExpression="rate(2 days)")
        await bench.do("UntagResource", ResourceARN=arn, TagKeys=["a"])
        return await bench.do("ListTagsForResource", ResourceARN=arn)

    assert run(scenario) == {"Tags": [{"Key": "b", "Value": "2"}]}


def test_buses_come_and_go_but_the_default_one_stays(run: Run) -> None:
    async def scenario(bench: Bench) -> Any:
        await bench.do("CreateEventBus", Name="mine")
        with pytest.raises(ServiceError, match="Event bus mine already exists"):
            await bench.do("CreateEventBus", Name="mine")
        with pytest.raises(ServiceError, match="Cannot delete event bus default"):
            await bench.do("DeleteEventBus", Name="default")
        both = await bench.do("ListEventBuses")
        await bench.do("DeleteEventBus", Name="mine")
        return [bus["Name"] for bus in both["EventBuses"]], await bench.do("ListEventBuses")

    names, left = run(scenario)

    assert names == ["default", "mine"]
    (default,) = left["EventBuses"]
    assert default["Arn"] == "arn:aws:events:us-east-1:000000000000:event-bus/default"
