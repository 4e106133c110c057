"""boto3 against a running emulator: events, schedules, log subscriptions and streams reach functions."""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING

import pytest
from botocore.exceptions import ClientError
from tests.conformance.events.conftest import LOGGING, UNPACKING, allow, function, got, role, until

if TYPE_CHECKING:
    from tests.fixtures.emulator import LiveEmulator

pytest.importorskip("awslambdaric")


def test_an_event_reaches_a_functions_alias_only_with_its_permission(emulator: LiveEmulator) -> None:
    events, arn = emulator.client("events"), function(emulator, "ev-alias", LOGGING)
    version = emulator.client("lambda").publish_version(FunctionName="ev-alias")["Version"]
    emulator.client("lambda").create_alias(FunctionName="ev-alias", Name="live", FunctionVersion=version)
    rule = events.put_rule(Name="ev-alias", EventPattern='{"source": ["ev-alias"]}')["RuleArn"]
    events.put_targets(Rule="ev-alias", Targets=[{"Id": "t", "Arn": f"{arn}:live"}])
    entry = {"Source": "ev-alias", "DetailType": "d"}

    events.put_events(Entries=[entry | {"Detail": '{"n": 1}'}])
    time.sleep(0.3)
    allow(emulator, "ev-alias", "events.amazonaws.com", rule, Qualifier="live")
    events.put_events(Entries=[entry | {"Detail": '{"n": 2}'}])

    assert [event["detail"] for event in got(emulator, "ev-alias")] == [{"n": 2}]


def test_an_event_starts_a_state_machine_as_the_targets_role(emulator: LiveEmulator) -> None:
    events, machines = emulator.client("events"), emulator.client("stepfunctions")
    definition = json.dumps({"StartAt": "A", "States": {"A": {"Type": "Pass", "End": True}}})
    runner = role(emulator, "ev-machine", "states.amazonaws.com")
    machine = machines.create_state_machine(name="ev-machine", definition=definition, roleArn=runner)["stateMachineArn"]
    starter = role(
        emulator, "ev-starter", "events.amazonaws.com", {"Action": "states:StartExecution", "Resource": machine}
    )
    events.put_rule(Name="ev-machine", EventPattern='{"source": ["ev-machine"]}')
    transformer = {"InputPathsMap": {"n": "$.detail.n"}, "InputTemplate": '{"number": <n>}'}
    target = {"Id": "t", "Arn": machine, "RoleArn": starter, "InputTransformer": transformer}
    events.put_targets(Rule="ev-machine", Targets=[target])

    events.put_events(Entries=[{"Source": "ev-machine", "DetailType": "d", "Detail": '{"n": 7}'}])

    (execution,) = until(lambda: machines.list_executions(stateMachineArn=machine)["executions"])
    assert machines.describe_execution(executionArn=execution["executionArn"])["input"] == '{"number": 7}'


def test_a_state_machine_puts_events(emulator: LiveEmulator) -> None:
    events, machines = emulator.client("events"), emulator.client("stepfunctions")
    arn = function(emulator, "ev-put", LOGGING)
    rule = events.put_rule(Name="ev-put", EventPattern='{"source": ["ev-put"]}')["RuleArn"]
    events.put_targets(Rule="ev-put", Targets=[{"Id": "t", "Arn": arn, "InputPath": "$.detail"}])
    allow(emulator, "ev-put", "events.amazonaws.com", rule)
    entry = {"Source": "ev-put", "DetailType": "d", "Detail.$": "$"}
    state = {
        "Type": "Task",
        "Resource": "arn:aws:states:::events:putEvents",
        "Parameters": {"Entries": [entry]},
        "End": True,
    }
    statement = {"Action": "events:PutEvents", "Resource": "arn:aws:events:us-east-1:000000000000:event-bus/default"}
    runner = role(emulator, "ev-putter", "states.amazonaws.com", statement)
    definition = json.dumps({"StartAt": "A", "States": {"A": state}})
    machine = machines.create_state_machine(name="ev-put", definition=definition, roleArn=runner, type="EXPRESS")[
        "stateMachineArn"
    ]

    ended = machines.start_sync_execution(stateMachineArn=machine, input='{"a": 1}')

    assert ended["status"] == "SUCCEEDED", ended
    assert json.loads(ended["output"])["FailedEntryCount"] == 0
    assert got(emulator, "ev-put") == [{"a": 1}]


def test_an_executions_status_changes_are_events(emulator: LiveEmulator) -> None:
    events, machines = emulator.client("events"), emulator.client("stepfunctions")
    arn = function(emulator, "ev-status", LOGGING)
    failing = json.dumps({"StartAt": "A", "States": {"A": {"Type": "Fail", "Error": "No"}}})
    runner = role(emulator, "ev-failing", "states.amazonaws.com")
    machine = machines.create_state_machine(name="ev-failing", definition=failing, roleArn=runner)["stateMachineArn"]
    pattern = json.dumps({"source": ["aws.states"], "detail": {"status": ["FAILED"], "stateMachineArn": [machine]}})
    rule = events.put_rule(Name="ev-status", EventPattern=pattern)["RuleArn"]
    events.put_targets(Rule="ev-status", Targets=[{"Id": "t", "Arn": arn}])
    allow(emulator, "ev-status", "events.amazonaws.com", rule)

    execution = machines.start_execution(stateMachineArn=machine, input='{"a": 1}')["executionArn"]

    (event,) = got(emulator, "ev-status")
    assert (event["detail-type"], event["resources"]) == ("Step Functions Execution Status Change", [execution])
    assert (event["detail"]["error"], event["detail"]["input"]) == ("No", '{"a": 1}')


def test_a_log_group_is_sent_to_a_function(emulator: LiveEmulator) -> None:
    logs, arn = emulator.client("logs"), function(emulator, "ev-logs", UNPACKING)
    logs.create_log_group(logGroupName="ev-source")
    logs.create_log_stream(logGroupName="ev-source", logStreamName="s")
    wanted = {"logGroupName": "ev-source", "filterName": "n", "filterPattern": '{ $.level = "ERROR" }'}
    with pytest.raises(ClientError, match="Make sure you have given CloudWatch Logs permission"):
        logs.put_subscription_filter(**wanted, destinationArn=arn)
    source = "arn:aws:logs:us-east-1:000000000000:log-group:ev-source:*"
    allow(emulator, "ev-logs", "logs.amazonaws.com", source)
    logs.put_subscription_filter(**wanted, destinationArn=arn)

    messages = ['{"level": "INFO"}', '{"level": "ERROR"}']
    events = [{"timestamp": int(time.time() * 1000), "message": message} for message in messages]
    logs.put_log_events(logGroupName="ev-source", logStreamName="s", logEvents=events)

    (batch,) = got(emulator, "ev-logs")
    assert [event["message"] for event in batch["logEvents"]] == ['{"level": "ERROR"}']


def test_a_stream_calls_a_function_as_its_role_allows(emulator: LiveEmulator) -> None:
    table = emulator.client("dynamodb").create_table(
        TableName="ev-items",
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
        StreamSpecification={"StreamEnabled": True, "StreamViewType": "NEW_IMAGE"},
    )["TableDescription"]
    stream = table["LatestStreamArn"]
    function(emulator, "ev-stream", LOGGING)
    client, iam = emulator.client("lambda"), emulator.client("iam")
    wanted = {"FunctionName": "ev-stream", "EventSourceArn": stream, "StartingPosition": "LATEST"}
    with pytest.raises(ClientError, match="Cannot access stream"):
        client.create_event_source_mapping(**wanted)
    actions = [f"dynamodb:{name}" for name in ("DescribeStream", "GetRecords", "GetShardIterator")]
    statement = {"Effect": "Allow", "Action": actions, "Resource": stream}
    document = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    iam.put_role_policy(RoleName="ev-stream", PolicyName="stream", PolicyDocument=document)

    mapping = client.create_event_source_mapping(**wanted, BatchSize=10)
    emulator.client("dynamodb").put_item(TableName="ev-items", Item={"id": {"S": "a"}})

    (event,) = got(emulator, "ev-stream")
    assert event["Records"][0]["dynamodb"]["NewImage"] == {"id": {"S": "a"}}
    assert client.get_event_source_mapping(UUID=mapping["UUID"])["State"] == "Enabled"
    client.delete_event_source_mapping(UUID=mapping["UUID"])


def test_a_stack_makes_the_plumbing_and_takes_it_away(emulator: LiveEmulator) -> None:
    reading = {"Action": "dynamodb:*", "Resource": "*"}
    stacks, arn = emulator.client("cloudformation"), function(emulator, "ev-stack", LOGGING, reading)
    permission = {"Action": "lambda:InvokeFunction", "FunctionName": arn}
    source = {"Fn::GetAtt": ["Group", "Arn"]}
    resources = {
        "Group": {"Type": "AWS::Logs::LogGroup", "Properties": {"LogGroupName": "ev-stack-group"}},
        "Hourly": {
            "Type": "AWS::Events::Rule",
            "Properties": {"ScheduleExpression": "rate(1 hour)", "Targets": [{"Id": "t", "Arn": arn}]},
        },
        "Pattern": {
            "Type": "AWS::Events::Rule",
            "Properties": {"Name": "ev-stack", "EventPattern": {"source": ["x"]}, "Targets": [{"Id": "t", "Arn": arn}]},
        },
        "Invoke": {
            "Type": "AWS::Lambda::Permission",
            "Properties": permission | {"Principal": "logs.amazonaws.com", "SourceArn": source},
        },
        "Table": {
            "Type": "AWS::DynamoDB::Table",
            "Properties": {
                "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}],
                "AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "S"}],
                "BillingMode": "PAY_PER_REQUEST",
                "StreamSpecification": {"StreamViewType": "NEW_IMAGE"},
            },
        },
        "Stream": {
            "Type": "AWS::Lambda::EventSourceMapping",
            "Properties": {
                "EventSourceArn": {"Fn::GetAtt": ["Table", "StreamArn"]},
                "FunctionName": arn,
                "StartingPosition": "TRIM_HORIZON",
                "FilterCriteria": {"Filters": [{"Pattern": '{"eventName": ["REMOVE"]}'}]},
            },
        },
        "Filter": {
            "Type": "AWS::Logs::SubscriptionFilter",
            "DependsOn": "Invoke",
            "Properties": {"LogGroupName": {"Ref": "Group"}, "FilterPattern": "", "DestinationArn": arn},
        },
    }
    outputs = {"Rule": {"Value": {"Ref": "Hourly"}}, "RuleArn": {"Value": {"Fn::GetAtt": ["Hourly", "Arn"]}}}
    stacks.create_stack(StackName="ev-stack", TemplateBody=json.dumps({"Resources": resources, "Outputs": outputs}))
    stacks.get_waiter("stack_create_complete").wait(StackName="ev-stack", WaiterConfig={"Delay": 1})
    (stack,) = stacks.describe_stacks(StackName="ev-stack")["Stacks"]
    made = {one["OutputKey"]: one["OutputValue"] for one in stack["Outputs"]}
    events, logs = emulator.client("events"), emulator.client("logs")

    described = events.describe_rule(Name=made["Rule"])
    filters = logs.describe_subscription_filters(logGroupName="ev-stack-group")["subscriptionFilters"]
    assert (described["Arn"], described["ScheduleExpression"]) == (made["RuleArn"], "rate(1 hour)")
    assert json.loads(events.describe_rule(Name="ev-stack")["EventPattern"]) == {"source": ["x"]}
    assert [each["destinationArn"] for each in filters] == [arn]
    (mapping,) = emulator.client("lambda").list_event_source_mappings(FunctionName=arn)["EventSourceMappings"]
    assert (mapping["State"], mapping["FilterCriteria"]["Filters"]) == (
        "Enabled",
        [{"Pattern": '{"eventName": ["REMOVE"]}'}],
    )

    stacks.delete_stack(StackName="ev-stack")
    stacks.get_waiter("stack_delete_complete").wait(StackName="ev-stack", WaiterConfig={"Delay": 1})
    with pytest.raises(events.exceptions.ResourceNotFoundException):
        events.describe_rule(Name="ev-stack")
