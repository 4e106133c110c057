"""The AWS managed policies that are known here.

https://docs.aws.amazon.com/aws-managed-policy/latest/reference/about-managed-policy-reference.html
"""

from __future__ import annotations

import json

_LOGS = ["logs:CreateLogGroup", "logs:CreateLogStream", "logs:PutLogEvents"]
_STREAMS = ["dynamodb:DescribeStream", "dynamodb:GetRecords", "dynamodb:GetShardIterator", "dynamodb:ListStreams"]
_ECR_READ = [
    "ecr:GetAuthorizationToken",
    "ecr:BatchCheckLayerAvailability",
    "ecr:GetDownloadUrlForLayer",
    "ecr:GetRepositoryPolicy",
    "ecr:DescribeRepositories",
    "ecr:ListImages",
    "ecr:DescribeImages",
    "ecr:BatchGetImage",
]
_ECR_WRITE = ["ecr:InitiateLayerUpload", "ecr:UploadLayerPart", "ecr:CompleteLayerUpload", "ecr:PutImage"]
_IDENTITIES_READ = [
    *("iam:GenerateCredentialReport", "iam:GenerateServiceLastAccessedDetails", "iam:Get*", "iam:List*"),
    *("iam:SimulateCustomPolicy", "iam:SimulatePrincipalPolicy"),
]
_NOT_FOR_POWER_USERS = ["iam:*", "organizations:*", "account:*"]
_FOR_POWER_USERS = [
    *("account:GetAccountInformation", "account:GetPrimaryEmail", "account:ListRegions"),
    *("iam:CreateServiceLinkedRole", "iam:DeleteServiceLinkedRole", "iam:ListRoles"),
    "organizations:DescribeOrganization",
]
_API_LOGS = [
    *("logs:CreateLogGroup", "logs:CreateLogStream", "logs:DescribeLogGroups", "logs:DescribeLogStreams"),
    *("logs:PutLogEvents", "logs:GetLogEvents", "logs:FilterLogEvents"),
]
_QUEUES = ["sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes"]
_INTERFACES = [
    *("ec2:CreateNetworkInterface", "ec2:DescribeNetworkInterfaces", "ec2:DescribeSubnets"),
    *("ec2:DeleteNetworkInterface", "ec2:AssignPrivateIpAddresses", "ec2:UnassignPrivateIpAddresses"),
]
_TRACES = [
    *("xray:PutTraceSegments", "xray:PutTelemetryRecords", "xray:GetSamplingRules"),
    *("xray:GetSamplingTargets", "xray:GetSamplingStatisticSummaries"),
]
_READ_ONLY = [
    "apigateway:GET",
    *("cloudformation:Describe*", "cloudformation:Detect*", "cloudformation:Get*", "cloudformation:List*"),
    *("cloudtrail:Describe*", "cloudtrail:Get*", "cloudtrail:List*", "cloudtrail:LookupEvents"),
    *("cloudwatch:Describe*", "cloudwatch:Get*", "cloudwatch:List*"),
    *("dynamodb:BatchGet*", "dynamodb:Describe*", "dynamodb:Get*", "dynamodb:List*"),
    *("dynamodb:PartiQLSelect", "dynamodb:Query", "dynamodb:Scan"),
    *("ecr:BatchCheck*", "ecr:BatchGet*", "ecr:Describe*", "ecr:Get*", "ecr:List*"),
    *("events:Describe*", "events:List*", "events:Test*"),
    *("iam:Generate*", "iam:Get*", "iam:List*", "iam:Simulate*"),
    *("kms:Describe*", "kms:Get*", "kms:List*"),
    *("lambda:Get*", "lambda:List*"),
    *("logs:Describe*", "logs:FilterLogEvents", "logs:Get*", "logs:ListTags*", "logs:StartQuery", "logs:StopQuery"),
    *("s3:Get*", "s3:List*", "scheduler:Get*", "scheduler:List*"),
    *("secretsmanager:Describe*", "secretsmanager:GetResourcePolicy", "secretsmanager:List*"),
    *("sns:Check*", "sns:Get*", "sns:List*", "sqs:Get*", "sqs:List*", "sqs:Receive*"),
    *("ssm:Describe*", "ssm:Get*", "ssm:List*", "states:Describe*", "states:GetExecutionHistory", "states:List*"),
]
_STACKS_READ = [
    *("cloudformation:Describe*", "cloudformation:Detect*", "cloudformation:EstimateTemplateCost"),
    *("cloudformation:Get*", "cloudformation:List*", "cloudformation:ValidateTemplate"),
]
_ACTIONS = {
    "AdministratorAccess": ["*"],
    "AmazonDynamoDBFullAccess": ["dynamodb:*"],
    "AmazonEC2ContainerRegistryReadOnly": _ECR_READ,
    "AmazonAPIGatewayAdministrator": ["apigateway:*"],
    "AmazonAPIGatewayInvokeFullAccess": ["execute-api:Invoke", "execute-api:ManageConnections"],
    "AmazonEC2ContainerRegistryPowerUser": [*_ECR_READ, *_ECR_WRITE],
    "AmazonSNSFullAccess": ["sns:*"],
    "AmazonSQSFullAccess": ["sqs:*"],
    "AmazonSSMReadOnlyAccess": ["ssm:Describe*", "ssm:Get*", "ssm:List*"],
    "IAMFullAccess": ["iam:*"],
    "IAMReadOnlyAccess": _IDENTITIES_READ,
    "AmazonS3FullAccess": ["s3:*", "s3-object-lambda:*"],
    "AmazonS3ReadOnlyAccess": ["s3:Get*", "s3:List*", "s3:Describe*"],
    "AWSCloudFormationFullAccess": ["cloudformation:*"],
    "AWSCloudFormationReadOnlyAccess": _STACKS_READ,
    "AWSLambda_FullAccess": ["lambda:*", "logs:*", "iam:GetRole", "iam:ListRoles"],
    "AWSStepFunctionsFullAccess": ["states:*"],
    "AWSXRayDaemonWriteAccess": _TRACES,
    "AWSXrayWriteOnlyAccess": _TRACES,
    "CloudWatchLogsFullAccess": ["logs:*"],
    "ReadOnlyAccess": _READ_ONLY,
    "service-role/AWSLambdaBasicExecutionRole": _LOGS,
    "service-role/AWSLambdaDynamoDBExecutionRole": [*_STREAMS, *_LOGS],
    "service-role/AWSLambdaRole": ["lambda:InvokeFunction"],
    "service-role/AWSLambdaSQSQueueExecutionRole": [*_QUEUES, *_LOGS],
    "service-role/AWSLambdaVPCAccessExecutionRole": [*_LOGS, *_INTERFACES],
    "service-role/AmazonAPIGatewayPushToCloudWatchLogs": _API_LOGS,
}


def _document(actions: list[str]) -> str:
    return _policy({"Effect": "Allow", "Action": actions, "Resource": "*"})


def _policy(*statements: dict[str, object]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": statements})


_POWER_USERS = _policy(
    {"Effect": "Allow", "NotAction": _NOT_FOR_POWER_USERS, "Resource": "*"},
    {"Effect": "Allow", "Action": _FOR_POWER_USERS, "Resource": "*"},
)
_PREFIX = "arn:aws:iam::aws:policy/"
AWS_MANAGED = {_PREFIX + name: _document(actions) for name, actions in _ACTIONS.items()} | {
    f"{_PREFIX}PowerUserAccess": _POWER_USERS
}
"""ARN -> document."""
