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
_API_LOGS = [
    *("logs:CreateLogGroup", "logs:CreateLogStream", "logs:DescribeLogGroups", "logs:DescribeLogStreams"),
    *("logs:PutLogEvents", "logs:GetLogEvents", "logs:FilterLogEvents"),
]
_ACTIONS = {
    "AdministratorAccess": ["*"],
    "AmazonDynamoDBFullAccess": ["dynamodb:*"],
    "AmazonEC2ContainerRegistryReadOnly": _ECR_READ,
    "AmazonS3FullAccess": ["s3:*", "s3-object-lambda:*"],
    "AmazonS3ReadOnlyAccess": ["s3:Get*", "s3:List*", "s3:Describe*"],
    "AWSLambda_FullAccess": ["lambda:*", "logs:*", "iam:GetRole", "iam:ListRoles"],
    "AWSStepFunctionsFullAccess": ["states:*"],
    "CloudWatchLogsFullAccess": ["logs:*"],
    "service-role/AWSLambdaBasicExecutionRole": _LOGS,
    "service-role/AWSLambdaDynamoDBExecutionRole": [*_STREAMS, *_LOGS],
    "service-role/AWSLambdaRole": ["lambda:InvokeFunction"],
    "service-role/AmazonAPIGatewayPushToCloudWatchLogs": _API_LOGS,
}


def _document(actions: list[str]) -> str:
    statement = {"Effect": "Allow", "Action": actions, "Resource": "*"}
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


AWS_MANAGED = {f"arn:aws:iam::aws:policy/{name}": _document(actions) for name, actions in _ACTIONS.items()}
"""ARN -> document."""
