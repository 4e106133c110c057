"""State machines, versions, aliases and tags through the API, with AWS's refusals."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from tests.functional.stepfunctions.conftest import PASS

if TYPE_CHECKING:
    from tests.functional.stepfunctions.conftest import Emulated, Play

ARN = "arn:aws:states:us-east-1:000000000000:stateMachine:machine"
ROLE = "arn:aws:iam::000000000000:role/machine"


def test_the_same_content_again_is_the_same_machine(play: Play) -> None:
    async def scenario(emulated: Emulated) -> tuple[str, str]:
        return await emulated.create(PASS), await emulated.create(PASS)

    assert play(scenario) == (ARN, ARN)


def test_another_content_under_the_name_is_refused(play: Play, refused: Any) -> None:
    async def scenario(emulated: Emulated) -> Any:
        await emulated.create(PASS)
        return await refused(emulated.create({**PASS, "Comment": "other"}))

    error = play(scenario)

    assert (error.code, error.message) == ("StateMachineAlreadyExists", f"State Machine Already Exists: '{ARN}'")


@pytest.mark.parametrize("name", ["with space", "a/b", "a:b", "x" * 81, ""])
def test_a_bad_name_is_refused(play: Play, refused: Any, name: str) -> None:
    error = play(lambda emulated: refused(emulated.create(PASS, name=name)))

    assert error.code in {"InvalidName", "ValidationException"}


@pytest.mark.parametrize(
    ("definition", "message"),
    [
        ({"StartAt": "S"}, "SCHEMA_VALIDATION_FAILED: These fields are required: [States] at /"),
        (
            {"StartAt": "S", "States": {"S": {"Type": "Pass", "Next": "Nope"}}},
            "MISSING_TRANSITION_TARGET: Missing 'Next' target: Nope at /States/S/Next,"
            " MISSING_END_STATE: Workflow has no terminal state at null",
        ),
        (
            {"StartAt": "S", "States": {"S": {"Type": "Choice"}}},
            "SCHEMA_VALIDATION_FAILED: These fields are required: [Choices] at /States/S",
        ),
    ],
)
def test_an_invalid_definition_is_refused_with_the_place(
    play: Play, refused: Any, definition: dict[str, Any], message: str
) -> None:
    error = play(lambda emulated: refused(emulated.create(definition)))

    assert (error.code, error.message) == ("InvalidDefinition", f"Invalid State Machine Definition: '{message}'")


@pytest.mark.parametrize(
    ("resource", "message"),
    [
        (
            "arn:aws:states:::lambda:invoke.waitForTaskToken",
            "Express state machine does not support '.waitForTaskToken' service integration  at /States/S/Resource",
        ),
        (
            "arn:aws:states:::states:startExecution.sync",
            "Express state machine does not support '.sync' service integration at /States/S/Resource",
        ),
        (
            "arn:aws:states:us-east-1:000000000000:activity:a",
            "Express state machine does not support Activity ARN at /States/S/Resource",
        ),
    ],
    ids=["callback", "sync", "activity"],
)
def test_express_machines_refuse_what_they_cannot_wait_for(
    play: Play, refused: Any, resource: str, message: str
) -> None:
    definition = {"StartAt": "S", "States": {"S": {"Type": "Task", "Resource": resource, "End": True}}}

    error = play(lambda emulated: refused(emulated.create(definition, type="EXPRESS")))

    assert error.message == f"Invalid State Machine Definition: 'SCHEMA_VALIDATION_FAILED: {message}'"


def test_a_description_is_complete(play: Play) -> None:
    async def scenario(emulated: Emulated) -> dict[str, Any]:
        return await emulated("DescribeStateMachine", stateMachineArn=await emulated.create(PASS))

    described = play(scenario)

    created = described.pop("creationDate")
    assert created.tzinfo is not None
    assert described == {
        "stateMachineArn": ARN,
        "name": "machine",
        "status": "ACTIVE",
        "definition": json.dumps(PASS),
        "roleArn": ROLE,
        "type": "STANDARD",
        "loggingConfiguration": {"level": "OFF", "includeExecutionData": False},
        "tracingConfiguration": {"enabled": False},
        "encryptionConfiguration": {"type": "AWS_OWNED_KEY"},
    }


@pytest.mark.parametrize(
    ("operation", "arn", "code", "message"),
    [
        ("DescribeStateMachine", "bad", "InvalidArn", "Invalid Arn: 'Invalid ARN prefix: bad'"),
        ("DescribeStateMachine", f"{ARN}x", "StateMachineDoesNotExist", f"State Machine Does Not Exist: '{ARN}x'"),
        ("ListExecutions", f"{ARN}x", "StateMachineDoesNotExist", f"State Machine Does Not Exist: '{ARN}x'"),
        ("StartExecution", f"{ARN}:1", "StateMachineDoesNotExist", f"State Machine Does Not Exist: '{ARN}:1'"),
    ],
)
def test_an_unknown_machine_is_named(
    play: Play, refused: Any, operation: str, arn: str, code: str, message: str
) -> None:
    error = play(lambda emulated: refused(emulated(operation, stateMachineArn=arn)))

    assert (error.code, error.message) == (code, message)


def test_deleting_is_idempotent_and_takes_versions_along(play: Play, refused: Any) -> None:
    async def scenario(emulated: Emulated) -> list[str]:
        await emulated.create(PASS, publish=True)
        await emulated("DeleteStateMachine", stateMachineArn=ARN)
        await emulated("DeleteStateMachine", stateMachineArn=ARN)
        gone = [await refused(emulated("DescribeStateMachine", stateMachineArn=arn)) for arn in (ARN, f"{ARN}:1")]
        return [error.code for error in gone]

    assert play(scenario) == ["StateMachineDoesNotExist"] * 2


def test_an_update_changes_the_revision_and_needs_something_to_change(play: Play, refused: Any) -> None:
    async def scenario(emulated: Emulated) -> Any:
        await emulated.create(PASS)
        changed = json.dumps({**PASS, "Comment": "new"})
        updated = await emulated("UpdateStateMachine", stateMachineArn=ARN, definition=changed)
        described = await emulated("DescribeStateMachine", stateMachineArn=ARN)
        nothing = await refused(emulated("UpdateStateMachine", stateMachineArn=ARN))
        return updated["revisionId"], described["revisionId"], described["definition"] == changed, nothing.code

    first, second, changed, code = play(scenario)

    assert first == second
    assert changed
    assert code == "MissingRequiredParameter"


def test_versions_are_numbered_and_keep_their_definition(play: Play) -> None:
    async def scenario(emulated: Emulated) -> Any:
        await emulated.create(PASS, publish=True)
        changed = json.dumps({**PASS, "Comment": "2"})
        updated = await emulated("UpdateStateMachine", stateMachineArn=ARN, definition=changed, publish=True)
        again = await emulated("PublishStateMachineVersion", stateMachineArn=ARN)
        listed = await emulated("ListStateMachineVersions", stateMachineArn=ARN)
        first = await emulated("DescribeStateMachine", stateMachineArn=f"{ARN}:1")
        return updated, again, listed, first

    updated, again, listed, first = play(scenario)

    assert updated["stateMachineVersionArn"] == again["stateMachineVersionArn"] == f"{ARN}:2"
    numbers = [version["stateMachineVersionArn"][-1] for version in listed["stateMachineVersions"]]
    assert numbers == ["2", "1"]
    assert first["definition"] == json.dumps(PASS)


def test_publishing_another_revision_than_the_current_one_conflicts(play: Play, refused: Any) -> None:
    async def scenario(emulated: Emulated) -> Any:
        await emulated.create(PASS)
        return await refused(emulated("PublishStateMachineVersion", stateMachineArn=ARN, revisionId="old"))

    assert play(scenario).message == (
        "Failed to publish the State Machine version for revision old. The current State Machine revision is INITIAL."
    )


def test_an_alias_shares_executions_between_versions(play: Play) -> None:
    async def scenario(emulated: Emulated) -> Any:
        await emulated.create(PASS, publish=True)
        changed = json.dumps({**PASS, "Comment": "2"})
        await emulated("UpdateStateMachine", stateMachineArn=ARN, definition=changed, publish=True)
        routing = [
            {"stateMachineVersionArn": f"{ARN}:1", "weight": 0},
            {"stateMachineVersionArn": f"{ARN}:2", "weight": 100},
        ]
        created = await emulated("CreateStateMachineAlias", name="live", routingConfiguration=routing)
        started = await emulated("StartExecution", stateMachineArn=created["stateMachineAliasArn"])
        return (await emulated.end(started["executionArn"])).described

    described = play(scenario)

    assert described["stateMachineVersionArn"] == f"{ARN}:2"
    assert described["stateMachineAliasArn"] == f"{ARN}:live"


@pytest.mark.parametrize(
    ("routing", "message"),
    [
        (
            [("", 100)],
            f"Routing configuration must contain state machine version ARNs. Received: [{ARN}]",
        ),
        (
            [(":1", 50), (":1", 50)],
            f"Routing configuration must contain distinct state machine version ARNs. Received: [{ARN}:1, {ARN}:1]",
        ),
        ([(":1", 70)], "Sum of routing configuration weights must equal 100. Received: [70]"),
    ],
    ids=["no version", "twice", "sum"],
)
def test_a_bad_routing_is_refused(play: Play, refused: Any, routing: list[tuple[str, int]], message: str) -> None:
    async def scenario(emulated: Emulated) -> Any:
        await emulated.create(PASS, publish=True)
        items = [{"stateMachineVersionArn": f"{ARN}{suffix}", "weight": weight} for suffix, weight in routing]
        return await refused(emulated("CreateStateMachineAlias", name="live", routingConfiguration=items))

    assert play(scenario).message == message


def test_tags_are_added_and_removed(play: Play) -> None:
    async def scenario(emulated: Emulated) -> Any:
        await emulated.create(PASS, tags=[{"key": "a", "value": "1"}])
        await emulated("TagResource", resourceArn=ARN, tags=[{"key": "b", "value": "2"}])
        await emulated("UntagResource", resourceArn=ARN, tagKeys=["a"])
        return (await emulated("ListTagsForResource", resourceArn=ARN))["tags"]

    assert play(scenario) == [{"key": "b", "value": "2"}]


def test_machines_are_listed_in_pages(play: Play) -> None:
    async def scenario(emulated: Emulated) -> list[list[str]]:
        for name in ("c", "a", "b"):
            await emulated.create(PASS, name=name)
        first = await emulated("ListStateMachines", maxResults=2)
        second = await emulated("ListStateMachines", nextToken=first["nextToken"])
        return [[machine["name"] for machine in page["stateMachines"]] for page in (first, second)]

    assert play(scenario) == [["a", "b"], ["c"]]


def test_validation_answers_diagnostics(play: Play) -> None:
    answer = play(lambda emulated: emulated("ValidateStateMachineDefinition", definition="{}"))

    assert answer == {
        "result": "FAIL",
        "diagnostics": [
            {
                "severity": "ERROR",
                "code": "SCHEMA_VALIDATION_FAILED",
                "message": "These fields are required: [States, StartAt]",
                "location": "/",
            }
        ],
        "truncated": False,
    }


def test_the_same_content_again_is_no_new_revision(play: Play) -> None:
    async def scenario(emulated: Emulated) -> list[str]:
        await emulated.create(PASS)
        role = "arn:aws:iam::000000000000:role/other"
        calls = [await emulated("UpdateStateMachine", stateMachineArn=ARN, roleArn=role) for _ in range(2)]
        return [call["revisionId"] for call in calls]

    first, second = play(scenario)

    assert first == second


def test_an_alias_that_is_not_there_can_be_deleted_but_not_changed(play: Play, refused: Any) -> None:
    async def scenario(emulated: Emulated) -> Any:
        await emulated("DeleteStateMachineAlias", stateMachineAliasArn=f"{ARN}:live")
        return await refused(emulated("UpdateStateMachineAlias", stateMachineAliasArn=f"{ARN}:live"))

    error = play(scenario)

    assert (error.code, error.message) == (
        "ResourceNotFound",
        "Request references a resource that does not exist.",
    )


@pytest.mark.parametrize(
    "logging",
    [
        {"level": "ALL"},
        {"level": "ALL", "destinations": []},
        {"level": "OFF", "destinations": [{}]},
        {"level": "ALL", "destinations": [{"cloudWatchLogsLogGroup": {"logGroupArn": name}} for name in ("a", "b")]},
    ],
    ids=["none", "empty", "no group", "two"],
)
def test_a_log_has_one_destination(play: Play, refused: Any, logging: dict[str, Any]) -> None:
    error = play(lambda emulated: refused(emulated.create(PASS, loggingConfiguration=logging)))

    assert (error.code, error.message) == (
        "InvalidLoggingConfiguration",
        "Invalid Logging Configuration: Must specify exactly one Log Destination.",
    )


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("{'a':1}", "Unexpected character (''' (code 39)): was expecting double-quote to start field name"),
        (
            "[1,]",
            "Unexpected character (']' (code 93)): expected a valid value"
            " (JSON String, Number, Array, Object or token 'null', 'true' or 'false')",
        ),
        ('{"a":"b" R}', "Unexpected character ('R' (code 82)): was expecting comma to separate Object entries"),
    ],
    ids=["in an object", "in an array", "after a member"],
)
def test_a_malformed_input_says_what_was_expected(play: Play, refused: Any, text: str, reason: str) -> None:
    async def scenario(emulated: Emulated) -> Any:
        await emulated.create(PASS)
        return await refused(emulated("StartExecution", stateMachineArn=ARN, input=text))

    assert play(scenario).message == f"Invalid State Machine Execution Input: '{reason}'"


@pytest.mark.parametrize(
    ("states", "expected"),
    [
        (
            {"S": {"Type": "Pass", "Parameters": {"a.$": "$x.y[0]", "b": "$y", "c.$": "$$.Execution.Id"}, "End": True}},
            {"S": ["x"]},
        ),
        (
            {
                "S": {
                    "Type": "Choice",
                    "Choices": [{"And": [{"Variable": "$guess", "StringEqualsPath": "$answer"}], "Next": "T"}],
                },
                "T": {"Type": "Wait", "SecondsPath": "$pause", "End": True},
            },
            {"S": ["answer", "guess"], "T": ["pause"]},
        ),
        (
            {
                "S": {
                    "Type": "Map",
                    "ItemsPath": "$list",
                    "ItemSelector": {"text.$": "States.Format('$no {}', States.MathAdd($n, $.m))"},
                    "ItemProcessor": {
                        "StartAt": "I",
                        "States": {"I": {"Type": "Pass", "Assign": {"v.$": "$outer"}, "End": True}},
                    },
                    "End": True,
                }
            },
            {"I": ["outer"], "S": ["list", "n"]},
        ),
        (
            {
                "S": {
                    "Type": "Pass",
                    "QueryLanguage": "JSONata",
                    "Output": "{% ($t := $sum($numbers); $map($states.input.v, function($i) { $i + $t + $bias })) %}",
                    "End": True,
                }
            },
            {"S": ["bias", "numbers"]},
        ),
        ({"S": {"Type": "Pass", "End": True}}, None),
    ],
    ids=["template", "choice", "map", "expression", "none"],
)
def test_a_description_names_the_variables_that_states_read(
    play: Play, states: dict[str, Any], expected: dict[str, list[str]] | None
) -> None:
    async def scenario(emulated: Emulated) -> list[dict[str, Any]]:
        arn = await emulated.create({"StartAt": "S", "States": states})
        started = await emulated("StartExecution", stateMachineArn=arn, input="{}")
        return [
            await emulated("DescribeStateMachine", stateMachineArn=arn),
            await emulated("DescribeStateMachineForExecution", executionArn=started["executionArn"]),
        ]

    for described in play(scenario):
        assert described.get("variableReferences") == expected
        assert described["encryptionConfiguration"] == {"type": "AWS_OWNED_KEY"}
