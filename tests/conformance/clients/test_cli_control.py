"""CloudFormation, IAM, STS and API Gateway through the AWS CLI."""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.conformance.clients.conftest import AwsCli

TEMPLATE = """
Parameters:
  Days: {Type: Number, Default: 1}
Resources:
  Group:
    Type: AWS::Logs::LogGroup
    Properties:
      LogGroupName: !Sub "/conformance/${AWS::StackName}"
      RetentionInDays: !Ref Days
Outputs:
  GroupArn: {Value: !GetAtt Group.Arn}
"""


def _settled(aws: AwsCli, line: str, query: str) -> str:
    """A status once nothing is in progress; `aws cloudformation wait` looks every 30 seconds."""
    while True:
        status: str = aws(f"cloudformation {line} --query {query}")
        if not status.endswith(("_PROGRESS", "_PENDING")):
            return status
        time.sleep(0.1)


def test_a_stack_is_changed_by_change_sets(aws: AwsCli, name: str) -> None:
    stack, body = f"--stack-name {name}", "--template-body file://stack.yaml"
    aws.write("stack.yaml", TEMPLATE)
    first = aws(f"cloudformation create-change-set {stack} --change-set-name one --change-set-type CREATE {body}")

    made = _settled(aws, f"describe-change-set --change-set-name {first['Id']}", "Status")
    described = aws(f"cloudformation describe-change-set {stack} --change-set-name one")
    aws(f"cloudformation execute-change-set {stack} --change-set-name one")
    created = _settled(aws, f"describe-stacks {stack}", "Stacks[0].StackStatus")
    outputs = aws(f"cloudformation describe-stacks {stack} --query Stacks[0].Outputs[].OutputKey")
    days = "--parameters ParameterKey=Days,ParameterValue=3"
    aws(f"cloudformation create-change-set {stack} --change-set-name two {body} {days}")
    _settled(aws, f"describe-change-set {stack} --change-set-name two", "Status")
    changes = aws(f"cloudformation describe-change-set {stack} --change-set-name two --query Changes[].ResourceChange")
    aws(f"cloudformation execute-change-set {stack} --change-set-name two")
    updated = _settled(aws, f"describe-stacks {stack}", "Stacks[0].StackStatus")
    kept = aws(f"logs describe-log-groups --log-group-name-prefix /conformance/{name} --query logGroups[0]")
    same = aws.text(f"cloudformation deploy {stack} --template-file stack.yaml --no-fail-on-empty-changeset")
    aws(f"cloudformation delete-stack --stack-name {first['StackId']}")
    deleted = _settled(aws, f"describe-stacks --stack-name {first['StackId']}", "Stacks[0].StackStatus")

    assert (made, described["ExecutionStatus"]) == ("CREATE_COMPLETE", "AVAILABLE")
    (added,) = described["Changes"]
    assert (added["ResourceChange"]["Action"], added["ResourceChange"]["LogicalResourceId"]) == ("Add", "Group")
    assert (created, outputs) == ("CREATE_COMPLETE", ["GroupArn"])
    assert [(change["Action"], change["Replacement"], change["Scope"]) for change in changes] == [
        ("Modify", "False", ["Properties"])
    ]
    assert (updated, kept["retentionInDays"]) == ("UPDATE_COMPLETE", 3)
    assert "No changes to deploy" in same
    assert deleted == "DELETE_COMPLETE"
    gone = aws.refused(f"cloudformation describe-stacks {stack}")
    assert gone.endswith(f"Stack with id {name} does not exist")
    assert "(ValidationError)" in gone


def test_an_assumed_role_has_keys_of_its_own(aws: AwsCli, name: str) -> None:
    account = aws("sts get-caller-identity")["Account"]
    allow = {"Effect": "Allow", "Principal": {"AWS": f"arn:aws:iam::{account}:root"}, "Action": "sts:AssumeRole"}
    deny = {"Effect": "Deny", "Action": "*", "Resource": "*"}
    aws.write("trust.json", json.dumps({"Version": "2012-10-17", "Statement": [allow]}))
    aws.write("policy.json", json.dumps({"Version": "2012-10-17", "Statement": [deny]}))

    role = aws(f"iam create-role --role-name {name} --assume-role-policy-document file://trust.json")["Role"]
    aws(f"iam put-role-policy --role-name {name} --policy-name no --policy-document file://policy.json")
    policy = aws(f"iam get-role-policy --role-name {name} --policy-name no")
    names = aws(f"iam list-role-policies --role-name {name}")
    conflict = aws.refused(f"iam delete-role --role-name {name}")
    aws(f"iam delete-role-policy --role-name {name} --policy-name no")
    aws(f"iam delete-role --role-name {name}")

    assert role["Arn"] == f"arn:aws:iam::{account}:role/{name}"
    assert role["AssumeRolePolicyDocument"]["Statement"] == [allow]
    assert policy["PolicyDocument"]["Statement"] == [deny]
    assert names == {"PolicyNames": ["no"]}
    assert "(DeleteConflict)" in conflict
    assert "(NoSuchEntity)" in aws.refused(f"iam get-role --role-name {name}")


def test_an_http_api_is_made_listed_and_removed(aws: AwsCli, name: str, echo: str) -> None:
    api = aws(f"apigatewayv2 create-api --name {name} --protocol-type HTTP --cors-configuration AllowOrigins=*")
    identifier = f"--api-id {api['ApiId']}"
    integration = aws(
        f"apigatewayv2 create-integration {identifier} --integration-type AWS_PROXY --payload-format-version 2.0"
        f" --integration-uri {aws(f'lambda get-function-configuration --function-name {echo}')['FunctionArn']}"
    )
    target_of_route = f"integrations/{integration['IntegrationId']}"
    route = aws(f"apigatewayv2 create-route {identifier} --target {target_of_route} --route-key", "GET /pets/{id}")
    stage = aws(f"apigatewayv2 create-stage {identifier} --stage-name $default --auto-deploy")
    routes = aws(f"apigatewayv2 get-routes {identifier} --query Items[].RouteKey")
    bad = aws.refused(f"apigatewayv2 create-route {identifier} --route-key nonsense")
    aws(f"apigatewayv2 delete-api {identifier}")

    assert api["CorsConfiguration"] == {"AllowOrigins": ["*"]}
    assert route["Target"] == target_of_route
    assert (stage["StageName"], stage["AutoDeploy"]) == ("$default", True)
    assert routes == ["GET /pets/{id}"]
    assert "(BadRequestException)" in bad
    assert "(NotFoundException)" in aws.refused(f"apigatewayv2 get-api {identifier}")
