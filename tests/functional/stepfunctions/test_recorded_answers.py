"""What the API answers about revisions, tags and logs, as recorded from AWS."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from tests.functional.stepfunctions.conftest import PASS

if TYPE_CHECKING:
    from tests.functional.stepfunctions.conftest import Emulated, Play

ARN = "arn:aws:states:us-east-1:000000000000:stateMachine:machine"
GROUP = "arn:aws:logs:us-east-1:000000000000:log-group:/sfn:*"
LOGGING = {"level": "ALL", "destinations": [{"cloudWatchLogsLogGroup": {"logGroupArn": GROUP}}]}


@pytest.mark.parametrize("published", [False, True], ids=["not published before", "published before"])
def test_what_changes_nothing_has_no_revision_and_publishes_the_first_version(play: Play, published: bool) -> None:
    async def scenario(emulated: Emulated) -> list[dict[str, Any]]:
        await emulated.create(PASS, publish=published)
        update = {"stateMachineArn": ARN, "definition": json.dumps(PASS), "publish": True}
        return [await emulated("UpdateStateMachine", **update) for _ in range(2)]

    answers = play(scenario)

    assert [sorted(answer) for answer in answers] == [["stateMachineVersionArn", "updateDate"]] * 2
    assert {answer["stateMachineVersionArn"] for answer in answers} == {f"{ARN}:1"}


@pytest.mark.parametrize("operation", ["TagResource", "UntagResource", "ListTagsForResource"])
def test_a_version_has_no_tags(play: Play, refused: Any, operation: str) -> None:
    more: dict[str, dict[str, Any]] = {
        "TagResource": {"tags": [{"key": "a", "value": "b"}]},
        "UntagResource": {"tagKeys": ["a"]},
    }

    async def scenario(emulated: Emulated) -> Any:
        await emulated.create(PASS, publish=True)
        return await refused(emulated(operation, resourceArn=f"{ARN}:1", **more.get(operation, {})))

    error = play(scenario)

    assert (error.code, error.message) == ("ResourceNotFound", f"Resource not found: '{ARN}:1'")


@pytest.mark.parametrize("groups", [[], ["/sfn-other"]], ids=["no group", "another of that beginning"])
@pytest.mark.parametrize("operation", ["CreateStateMachine", "UpdateStateMachine"])
def test_a_log_needs_its_group(play: Play, refused: Any, operation: str, groups: list[str]) -> None:
    async def scenario(emulated: Emulated) -> Any:
        if operation == "CreateStateMachine":
            return await refused(emulated.create(PASS, loggingConfiguration=LOGGING))
        await emulated.create(PASS)
        return await refused(emulated(operation, stateMachineArn=ARN, loggingConfiguration=LOGGING))

    listed = {"logGroups": [{"logGroupName": name} for name in groups]}
    error = play(scenario, {"logs:DescribeLogGroups": lambda _params: listed})

    message = "Invalid Logging Configuration: Log Destination not found."
    assert (error.code, error.message) == ("InvalidLoggingConfiguration", message)


def test_an_empty_definition_is_examined_but_not_created(play: Play, refused: Any) -> None:
    async def scenario(emulated: Emulated) -> Any:
        examined = await emulated("ValidateStateMachineDefinition", definition="")
        create = emulated(
            "CreateStateMachine", name="machine", definition="", roleArn="arn:aws:iam::000000000000:role/r"
        )
        return examined, await refused(create)

    examined, error = play(scenario)

    diagnostic = {"severity": "ERROR", "code": "SCHEMA_VALIDATION_FAILED"}
    message = "Definition must be a valid JSON object"
    assert examined == {"result": "FAIL", "diagnostics": [{**diagnostic, "message": message}], "truncated": False}
    assert error.code == "ValidationException"


def test_a_trace_is_told_again(play: Play) -> None:
    trace = "Root=1-67891233-abcdef012345678912345678;Sampled=1"

    async def scenario(emulated: Emulated) -> Any:
        machine = await emulated.create(PASS)
        express = await emulated.create(PASS, name="express", type="EXPRESS")
        started = await emulated("StartExecution", stateMachineArn=machine, traceHeader=trace)
        untraced = await emulated("StartExecution", stateMachineArn=machine)
        return (
            await emulated.end(started["executionArn"]),
            await emulated.end(untraced["executionArn"]),
            await emulated("StartSyncExecution", stateMachineArn=express, traceHeader=trace),
        )

    traced, untraced, synchronous = play(scenario)

    assert traced.described["traceHeader"] == synchronous["traceHeader"] == trace
    assert "traceHeader" not in untraced.described
