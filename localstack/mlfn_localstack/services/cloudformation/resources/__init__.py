"""The resource types the emulator knows: name -> `module:class`, imported when first used; any other is refused."""

from __future__ import annotations

import importlib
import re
from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mlfn_localstack.services.cloudformation.resources.handler import ResourceType

RESOURCE_TYPES = {
    "AWS::ApiGatewayV2::Api": "apigatewayv2:Api",
    "AWS::ApiGatewayV2::Authorizer": "apigatewayv2:Authorizer",
    "AWS::ApiGatewayV2::Integration": "apigatewayv2:Integration",
    "AWS::ApiGatewayV2::Route": "apigatewayv2:Route",
    "AWS::ApiGatewayV2::Stage": "apigatewayv2:Stage",
    "AWS::CDK::Metadata": "cdk:Metadata",
    "AWS::CloudFormation::CustomResource": "custom:CustomResource",
    "AWS::CloudFormation::Macro": "macro:Macro",
    "AWS::CloudFormation::Stack": "nested_stack:NestedStack",
    "AWS::CloudFormation::WaitCondition": "wait_condition:WaitCondition",
    "AWS::CloudFormation::WaitConditionHandle": "wait_condition:Handle",
    "AWS::CloudTrail::Trail": "cloudtrail:Trail",
    "AWS::CloudWatch::Alarm": "cloudwatch:Alarm",
    "AWS::CloudWatch::CompositeAlarm": "cloudwatch:CompositeAlarm",
    "AWS::CloudWatch::Dashboard": "cloudwatch:Dashboard",
    "AWS::DynamoDB::GlobalTable": "global_table:GlobalTable",
    "AWS::DynamoDB::Table": "dynamodb:Table",
    "AWS::ECR::Repository": "ecr:Repository",
    "AWS::Events::Archive": "events_buses:Archive",
    "AWS::Events::EventBus": "events_buses:EventBus",
    "AWS::Events::EventBusPolicy": "events_buses:EventBusPolicy",
    "AWS::Events::Rule": "events:Rule",
    "AWS::IAM::ManagedPolicy": "iam_policies:ManagedPolicy",
    "AWS::IAM::Policy": "iam_policies:Policy",
    "AWS::IAM::Role": "iam_role:Role",
    "AWS::IAM::User": "iam_user:User",
    "AWS::KMS::Alias": "kms:Alias",
    "AWS::KMS::Key": "kms:Key",
    "AWS::Lambda::Alias": "lambda_versions:Alias",
    "AWS::Lambda::EventInvokeConfig": "lambda_events:EventInvokeConfig",
    "AWS::Lambda::EventSourceMapping": "lambda_events:EventSourceMapping",
    "AWS::Lambda::Function": "lambda_function:Function",
    "AWS::Lambda::LayerVersion": "lambda_layers:LayerVersion",
    "AWS::Lambda::LayerVersionPermission": "lambda_layers:LayerVersionPermission",
    "AWS::Lambda::Permission": "lambda_events:Permission",
    "AWS::Lambda::Url": "lambda_events:Url",
    "AWS::Lambda::Version": "lambda_versions:Version",
    "AWS::Logs::LogGroup": "logs:LogGroup",
    "AWS::Logs::MetricFilter": "logs:MetricFilter",
    "AWS::Logs::SubscriptionFilter": "logs:SubscriptionFilter",
    "AWS::S3::Bucket": "s3:Bucket",
    "AWS::S3::BucketPolicy": "s3:BucketPolicy",
    "AWS::Scheduler::Schedule": "scheduler:Schedule",
    "AWS::Scheduler::ScheduleGroup": "scheduler:ScheduleGroup",
    "AWS::SNS::Subscription": "sns:Subscription",
    "AWS::SNS::Topic": "sns:Topic",
    "AWS::SNS::TopicInlinePolicy": "sns:TopicInlinePolicy",
    "AWS::SNS::TopicPolicy": "sns:TopicPolicy",
    "AWS::SQS::Queue": "sqs:Queue",
    "AWS::SQS::QueueInlinePolicy": "sqs:QueueInlinePolicy",
    "AWS::SQS::QueuePolicy": "sqs:QueuePolicy",
    "AWS::SSM::Parameter": "ssm:Parameter",
    "AWS::SecretsManager::ResourcePolicy": "secretsmanager:ResourcePolicy",
    "AWS::SecretsManager::RotationSchedule": "secretsmanager:RotationSchedule",
    "AWS::SecretsManager::Secret": "secretsmanager:Secret",
    "AWS::StepFunctions::StateMachine": "stepfunctions:StateMachine",
    "AWS::StepFunctions::StateMachineAlias": "stepfunctions_versions:StateMachineAlias",
    "AWS::StepFunctions::StateMachineVersion": "stepfunctions_versions:StateMachineVersion",
}


_CUSTOM = re.compile(r"Custom::[A-Za-z0-9_@-]{1,60}")


def is_resource_type(name: str) -> bool:
    """Whether there are resources of this type here."""
    return name in RESOURCE_TYPES or _CUSTOM.fullmatch(name) is not None


def is_importable(name: str) -> bool:
    """Whether resources of this type can be taken over into a stack."""
    return is_resource_type(name) and resource_type(name).identifier is not None


@cache
def resource_type(name: str) -> ResourceType:
    """The handler of a resource type."""
    module, attribute = RESOURCE_TYPES.get(name, RESOURCE_TYPES["AWS::CloudFormation::CustomResource"]).split(":")
    found: ResourceType = getattr(importlib.import_module(f"{__name__}.{module}"), attribute)()
    return found
