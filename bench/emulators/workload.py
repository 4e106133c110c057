"""What is deployed to every emulator by the same two templates, and the signed requests that load it."""

from __future__ import annotations

import json
import socket
import sys
import time
from dataclasses import dataclass
from itertools import count
from typing import TYPE_CHECKING, Any

from emulators.signing import Signer

if TYPE_CHECKING:
    from emulators.subjects import Running

SILENT = "def handler(event, context):\n    return {'statusCode': 200, 'body': 'x'}\n"
PRINTING = "def handler(event, context):\n    print('line')\n    return {'statusCode': 200, 'body': 'x'}\n"
EVENT = b'{"a":1}'
PUT_POOL = 30_000
"""More than are sent in one measurement, so that every put is of a new item."""
TABLE = "bench"
_run = count()


@dataclass(frozen=True, slots=True, kw_only=True)
class Deployed:
    """What there is to call; None where the emulator cannot run it."""

    running: Running
    machines: dict[str, str]
    api_id: str | None


def deploy(running: Running) -> Deployed:
    """Create the stacks and wait for them."""
    outputs = _create(running, "data", data_template())
    if running.emulator.runs_functions:
        outputs |= _create(running, "functions", functions_template())
    machines = {"Passes": _passes(running, outputs["StatesRole"])}
    machines |= {name: outputs[name] for name in ("Lambdas", "Branching") if name in outputs}
    return Deployed(running=running, machines=machines, api_id=outputs.get("Api"))


def first_call_s(running: Running) -> float:
    """From its start to the answer of a signed ListTables."""
    signer = Signer(service="dynamodb", access_key=running.access_key, secret_key=running.secret_key)
    headers = {"x-amz-target": "DynamoDB_20120810.ListTables", "content-type": "application/x-amz-json-1.0"}
    with socket.create_connection(("127.0.0.1", running.port)) as connection:
        connection.sendall(signer.request(running.host, "/", b"{}", headers))
        head = connection.recv(1024)
    if b" 200 " not in head[:20]:
        raise RuntimeError(f"{running.emulator.name}: ListTables answers {head[:200]!r}")
    return time.perf_counter() - running.begun


def invocations(deployed: Deployed, function: str) -> list[bytes]:
    """Invoke, signed."""
    running = deployed.running
    signer = Signer(service="lambda", access_key=running.access_key, secret_key=running.secret_key)
    return [signer.request(running.host, f"/2015-03-31/functions/{function}/invocations", EVENT, {})]


def api_requests(deployed: Deployed) -> list[bytes]:
    """A route with IAM authorisation, signed."""
    running = deployed.running
    signer = Signer(service="execute-api", access_key=running.access_key, secret_key=running.secret_key)
    path = f"/_aws/execute-api/{deployed.api_id}{running.emulator.stage_in_path}/x"
    return [signer.request(running.host, path, EVENT, {})]


def puts(deployed: Deployed) -> list[bytes]:
    """PutItem of items of about 200 bytes, none of them twice."""
    running = deployed.running
    signer = Signer(service="dynamodb", access_key=running.access_key, secret_key=running.secret_key)
    headers = {"x-amz-target": "DynamoDB_20120810.PutItem", "content-type": "application/x-amz-json-1.0"}
    run = next(_run)
    bodies = (json.dumps({"TableName": TABLE, "Item": _item(run, number)}).encode() for number in range(PUT_POOL))
    return [signer.request(running.host, "/", body, headers) for body in bodies]


def _item(run: int, number: int) -> dict[str, Any]:
    return {
        "pk": {"S": f"caller-{number % 100}"},
        "sk": {"S": f"{run}-{number}"},
        "digest": {"S": "0123456789abcdef" * 4},
        "duration_ms": {"N": "12.5"},
        "meta": {"M": {"status": {"S": "ok"}, "cold": {"BOOL": False}}},
    }


def _passes(running: Running, role: str) -> str:
    """By the API: moto runs no state machine that came from a template."""
    definition = json.dumps(_chain([{"Type": "Pass"}] * 10))
    created = running.client("stepfunctions").create_state_machine(name="passes", definition=definition, roleArn=role)
    return str(created["stateMachineArn"])


def _create(running: Running, name: str, template: dict[str, Any]) -> dict[str, str]:
    cloudformation = running.client("cloudformation")
    cloudformation.create_stack(StackName=name, TemplateBody=json.dumps(template), Capabilities=["CAPABILITY_IAM"])
    cloudformation.get_waiter("stack_create_complete").wait(
        StackName=name, WaiterConfig={"Delay": 1, "MaxAttempts": 60}
    )
    stack = cloudformation.describe_stacks(StackName=name)["Stacks"][0]
    return {output["OutputKey"]: output["OutputValue"] for output in stack.get("Outputs", ())}


def data_template() -> dict[str, Any]:
    """A table without index, and a role."""
    keys = [{"AttributeName": "pk", "KeyType": "HASH"}, {"AttributeName": "sk", "KeyType": "RANGE"}]
    table = {
        "TableName": TABLE,
        "BillingMode": "PAY_PER_REQUEST",
        "KeySchema": keys,
        "AttributeDefinitions": [{"AttributeName": name, "AttributeType": "S"} for name in ("pk", "sk")],
    }
    resources = {
        "Table": {"Type": "AWS::DynamoDB::Table", "Properties": table},
        "StatesRole": _role("states.amazonaws.com"),
    }
    return _template(resources, {"StatesRole": {"Value": {"Fn::GetAtt": ["StatesRole", "Arn"]}}})


def functions_template() -> dict[str, Any]:
    """Two functions, an HTTP API in front of one, and two state machines that call the other."""
    uri = {"Fn::GetAtt": ["Silent", "Arn"]}
    integration = {
        "ApiId": {"Ref": "Api"},
        "IntegrationType": "AWS_PROXY",
        "IntegrationUri": uri,
        "PayloadFormatVersion": "2.0",
    }
    route = {
        "ApiId": {"Ref": "Api"},
        "RouteKey": "POST /x",
        "AuthorizationType": "AWS_IAM",
        "Target": {"Fn::Join": ["/", ["integrations", {"Ref": "Integration"}]]},
    }
    permission = {"Action": "lambda:InvokeFunction", "FunctionName": uri, "Principal": "apigateway.amazonaws.com"}
    stage = {"ApiId": {"Ref": "Api"}, "StageName": "$default", "AutoDeploy": True}
    resources = {
        "LambdaRole": _role("lambda.amazonaws.com"),
        "StatesRole": _role("states.amazonaws.com"),
        "Silent": _function("silent", SILENT),
        "Printing": _function("printing", PRINTING),
        "Api": {"Type": "AWS::ApiGatewayV2::Api", "Properties": {"Name": "bench", "ProtocolType": "HTTP"}},
        "Integration": {"Type": "AWS::ApiGatewayV2::Integration", "Properties": integration},
        "Route": {"Type": "AWS::ApiGatewayV2::Route", "Properties": route},
        "Stage": {"Type": "AWS::ApiGatewayV2::Stage", "Properties": stage, "DependsOn": ["Route"]},
        "Permission": {"Type": "AWS::Lambda::Permission", "Properties": permission},
        "Lambdas": {**_machine("lambdas", _chain([_invoke()] * 3)), "DependsOn": ["Silent"]},
        "Branching": {**_machine("branching", _branching()), "DependsOn": ["Silent"]},
    }
    outputs = {name: {"Value": {"Ref": name}} for name in ("Api", "Lambdas", "Branching")}
    return _template(resources, outputs)


def _template(resources: dict[str, Any], outputs: dict[str, Any]) -> dict[str, Any]:
    return {"AWSTemplateFormatVersion": "2010-09-09", "Resources": resources, "Outputs": outputs}


def _role(service: str) -> dict[str, Any]:
    trust = {"Effect": "Allow", "Principal": {"Service": service}, "Action": "sts:AssumeRole"}
    allowed = {"Effect": "Allow", "Action": "lambda:InvokeFunction", "Resource": "*"}
    document = {"Version": "2012-10-17", "Statement": [allowed]}
    properties = {
        "AssumeRolePolicyDocument": {"Version": "2012-10-17", "Statement": [trust]},
        "Policies": [{"PolicyName": "invoke", "PolicyDocument": document}],
    }
    return {"Type": "AWS::IAM::Role", "Properties": properties}


def _function(name: str, code: str) -> dict[str, Any]:
    properties = {
        "FunctionName": name,
        "Runtime": f"python3.{sys.version_info.minor}",
        "Handler": "index.handler",
        "MemorySize": 256,
        "Role": {"Fn::GetAtt": ["LambdaRole", "Arn"]},
        "Code": {"ZipFile": code},
    }
    return {"Type": "AWS::Lambda::Function", "Properties": properties}


def _machine(name: str, definition: dict[str, Any]) -> dict[str, Any]:
    properties = {
        "StateMachineName": name,
        "RoleArn": {"Fn::GetAtt": ["StatesRole", "Arn"]},
        "DefinitionString": json.dumps(definition),
    }
    return {"Type": "AWS::StepFunctions::StateMachine", "Properties": properties}


def _chain(states: list[dict[str, Any]]) -> dict[str, Any]:
    names = [f"S{index}" for index in range(len(states))]
    ends: list[dict[str, Any]] = [*({"Next": name} for name in names[1:]), {"End": True}]
    linked = {name: {**state, **end} for name, state, end in zip(names, states, ends, strict=True)}
    return {"StartAt": names[0], "States": linked}


def _invoke(**fields: Any) -> dict[str, Any]:
    parameters = {"FunctionName": "silent", "Payload.$": "$"}
    resource = "arn:aws:states:::lambda:invoke"
    return {"Type": "Task", "Resource": resource, "Parameters": parameters, "OutputPath": "$.Payload", **fields}


def _branching() -> dict[str, Any]:
    """A model, two models side by side, a map over three items, a model."""
    branches = [{"StartAt": name, "States": {name: _invoke(End=True)}} for name in ("A", "B")]
    processor = {"StartAt": "I", "States": {"I": _invoke(End=True)}}
    items = {"Type": "Pass", "Result": [1, 2, 3]}
    fan_out = {"Type": "Map", "ItemProcessor": processor, "ResultPath": None}
    parallel = {"Type": "Parallel", "Branches": branches}
    return _chain([_invoke(), parallel, items, fan_out, {"Type": "Pass", "Result": {"a": 1}}, _invoke()])
