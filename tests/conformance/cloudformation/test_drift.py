"""Drift detection and the resource types of keys, alarms, trails and locked buckets, through boto3."""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterator
from typing import Any

import pytest
from botocore.exceptions import ClientError

TRAIL = {"Service": "cloudtrail.amazonaws.com"}
SCHEDULER = {"Service": "scheduler.amazonaws.com"}
ROOT = {"AWS": {"Fn::Sub": "arn:aws:iam::${AWS::AccountId}:root"}}
TEMPLATE: dict[str, Any] = {
    "Resources": {
        "Logs": {"Type": "AWS::Logs::LogGroup", "Properties": {"RetentionInDays": 7}},
        "Role": {
            "Type": "AWS::IAM::Role",
            "Properties": {
                "AssumeRolePolicyDocument": {
                    "Version": "2012-10-17",
                    "Statement": [{"Effect": "Allow", "Principal": TRAIL, "Action": "sts:AssumeRole"}],
                }
            },
        },
        "Table": {
            "Type": "AWS::DynamoDB::Table",
            "DeletionPolicy": "Delete",
            "Properties": {
                "AttributeDefinitions": [{"AttributeName": "pk", "AttributeType": "S"}],
                "BillingMode": "PAY_PER_REQUEST",
                "KeySchema": [{"AttributeName": "pk", "KeyType": "HASH"}],
                "TimeToLiveSpecification": {"AttributeName": "x", "Enabled": True},
            },
        },
        "Key": {
            "Type": "AWS::KMS::Key",
            "Properties": {
                "Description": "data key",
                "EnableKeyRotation": True,
                "KeyPolicy": {
                    "Version": "2012-10-17",
                    "Statement": [{"Effect": "Allow", "Principal": ROOT, "Action": "kms:*", "Resource": "*"}],
                },
            },
        },
        "KeyName": {
            "Type": "AWS::KMS::Alias",
            "Properties": {"AliasName": {"Fn::Sub": "alias/${AWS::StackName}"}, "TargetKeyId": {"Ref": "Key"}},
        },
        "Bucket": {
            "Type": "AWS::S3::Bucket",
            "Properties": {
                "ObjectLockEnabled": True,
                "ObjectLockConfiguration": {
                    "ObjectLockEnabled": "Enabled",
                    "Rule": {"DefaultRetention": {"Mode": "GOVERNANCE", "Days": 1}},
                },
            },
        },
        "BucketPolicy": {
            "Type": "AWS::S3::BucketPolicy",
            "Properties": {
                "Bucket": {"Ref": "Bucket"},
                "PolicyDocument": {
                    "Version": "2012-10-17",
                    "Statement": [
                        {
                            "Effect": "Allow",
                            "Principal": TRAIL,
                            "Action": ["s3:GetBucketAcl", "s3:PutObject"],
                            "Resource": [{"Fn::GetAtt": "Bucket.Arn"}, {"Fn::Sub": "${Bucket.Arn}/*"}],
                        }
                    ],
                },
            },
        },
        "Trail": {
            "Type": "AWS::CloudTrail::Trail",
            "DependsOn": "BucketPolicy",
            "Properties": {
                "IsLogging": False,
                "S3BucketName": {"Ref": "Bucket"},
                "EventSelectors": [
                    {"DataResources": [{"Type": "AWS::Lambda::Function", "Values": ["arn:aws:lambda"]}]}
                ],
            },
        },
        "Asked": {
            "Type": "AWS::IAM::Role",
            "Properties": {
                "AssumeRolePolicyDocument": {
                    "Version": "2012-10-17",
                    "Statement": [{"Effect": "Allow", "Principal": SCHEDULER, "Action": "sts:AssumeRole"}],
                }
            },
        },
        "Queue": {"Type": "AWS::SQS::Queue"},
        "Schedule": {
            "Type": "AWS::Scheduler::Schedule",
            "Properties": {
                "FlexibleTimeWindow": {"Mode": "OFF"},
                "ScheduleExpression": "rate(9 hours)",
                "State": "DISABLED",
                "Target": {"Arn": {"Fn::GetAtt": "Queue.Arn"}, "RoleArn": {"Fn::GetAtt": "Asked.Arn"}},
            },
        },
        "Alarm": {
            "Type": "AWS::CloudWatch::Alarm",
            "Properties": {
                "ComparisonOperator": "GreaterThanThreshold",
                "EvaluationPeriods": 1,
                "Threshold": 0,
                "Metrics": [
                    {"Id": "lost", "Expression": "calls - ends"},
                    *(
                        {
                            "Id": name,
                            "ReturnData": False,
                            "MetricStat": {
                                "Metric": {"Namespace": "mlfn", "MetricName": name},
                                "Period": 60,
                                "Stat": "Sum",
                            },
                        }
                        for name in ("calls", "ends")
                    ),
                ],
            },
        },
    },
    "Outputs": {name: {"Value": {"Fn::GetAtt": f"{name}.Arn"}} for name in ("Alarm", "Key", "Trail")},
}


@pytest.fixture(scope="module")
def stack(emulator: Any) -> Iterator[str]:
    """A stack from a template in S3."""
    cloudformation, s3, name = emulator.client("cloudformation"), emulator.client("s3"), f"drift-{uuid.uuid4().hex[:8]}"
    s3.create_bucket(Bucket=name)
    s3.put_object(Bucket=name, Key="a/template.json", Body=json.dumps(TEMPLATE))
    url = f"https://{name}.s3.us-east-1.amazonaws.com/a/template.json"
    cloudformation.create_stack(StackName=name, TemplateURL=url, Capabilities=["CAPABILITY_IAM"])
    settled = {"Delay": 1, "MaxAttempts": 30}
    cloudformation.get_waiter("stack_create_complete").wait(StackName=name, WaiterConfig=settled)
    yield name
    cloudformation.delete_stack(StackName=name)
    cloudformation.get_waiter("stack_delete_complete").wait(StackName=name, WaiterConfig=settled)


def detect(emulator: Any, stack: str) -> tuple[dict[str, Any], dict[str, dict[str, Any]]]:
    client = emulator.client("cloudformation")
    detection = client.detect_stack_drift(StackName=stack)["StackDriftDetectionId"]
    status = client.describe_stack_drift_detection_status(StackDriftDetectionId=detection)
    drifts = client.describe_stack_resource_drifts(StackName=stack)["StackResourceDrifts"]
    return status, {one["LogicalResourceId"]: one for one in drifts}


def physical(emulator: Any, stack: str, name: str) -> str:
    detail = emulator.client("cloudformation").describe_stack_resource(StackName=stack, LogicalResourceId=name)
    return str(detail["StackResourceDetail"]["PhysicalResourceId"])


def test_an_untouched_stack_is_in_sync(emulator: Any, stack: str) -> None:
    status, drifts = detect(emulator, stack)

    found = {name: (one["StackResourceDriftStatus"], one["PropertyDifferences"]) for name, one in drifts.items()}
    assert found == dict.fromkeys(TEMPLATE["Resources"].keys() - {"BucketPolicy"}, ("IN_SYNC", []))
    assert (status["DetectionStatus"], status["StackDriftStatus"]) == ("DETECTION_COMPLETE", "IN_SYNC")
    assert status["DriftedStackResourceCount"] == 0


def test_what_was_changed_behind_its_back_is_told(emulator: Any, stack: str) -> None:
    group = physical(emulator, stack, "Logs")
    emulator.client("logs").put_retention_policy(logGroupName=group, retentionInDays=30)

    status, drifts = detect(emulator, stack)

    assert drifts["Logs"]["StackResourceDriftStatus"] == "MODIFIED"
    assert drifts["Logs"]["PropertyDifferences"] == [
        {
            "PropertyPath": "/RetentionInDays",
            "ExpectedValue": "7",
            "ActualValue": "30",
            "DifferenceType": "NOT_EQUAL",
        }
    ]
    assert (status["StackDriftStatus"], status["DriftedStackResourceCount"]) == ("DRIFTED", 1)
    (described,) = emulator.client("cloudformation").describe_stacks(StackName=stack)["Stacks"]
    assert described["DriftInformation"]["StackDriftStatus"] == "DRIFTED"
    emulator.client("logs").put_retention_policy(logGroupName=group, retentionInDays=7)


def test_what_was_deleted_is_told(emulator: Any, stack: str) -> None:
    alias = physical(emulator, stack, "KeyName")
    emulator.client("kms").delete_alias(AliasName=alias)

    _, drifts = detect(emulator, stack)

    assert drifts["KeyName"]["StackResourceDriftStatus"] == "DELETED"
    emulator.client("kms").create_alias(AliasName=alias, TargetKeyId=physical(emulator, stack, "Key"))


def test_one_resource_can_be_asked_about(emulator: Any, stack: str) -> None:
    client = emulator.client("cloudformation")

    drift = client.detect_stack_resource_drift(StackName=stack, LogicalResourceId="Alarm")["StackResourceDrift"]

    assert drift["StackResourceDriftStatus"] == "IN_SYNC"
    assert json.loads(drift["ActualProperties"])["Threshold"] == 0
    with pytest.raises(ClientError, match="Drift detection is not supported for resource BucketPolicy"):
        client.detect_stack_resource_drift(StackName=stack, LogicalResourceId="BucketPolicy")


def test_a_stack_makes_a_locked_bucket(emulator: Any, stack: str) -> None:
    s3, bucket = emulator.client("s3"), physical(emulator, stack, "Bucket")

    lock = s3.get_object_lock_configuration(Bucket=bucket)["ObjectLockConfiguration"]

    assert lock == {
        "ObjectLockEnabled": "Enabled",
        "Rule": {"DefaultRetention": {"Mode": "GOVERNANCE", "Days": 1}},
    }
    assert s3.get_bucket_versioning(Bucket=bucket)["Status"] == "Enabled"
    version = s3.put_object(Bucket=bucket, Key="sealed", Body=b"x")["VersionId"]
    with pytest.raises(ClientError, match="AccessDenied"):
        s3.delete_object(Bucket=bucket, Key="sealed", VersionId=version)
    s3.delete_object(Bucket=bucket, Key="sealed", VersionId=version, BypassGovernanceRetention=True)


def test_keys_trails_and_alarms_give_their_arns(emulator: Any, stack: str) -> None:
    (described,) = emulator.client("cloudformation").describe_stacks(StackName=stack)["Stacks"]
    outputs = {one["OutputKey"]: one["OutputValue"] for one in described["Outputs"]}

    key = emulator.client("kms").describe_key(KeyId=f"alias/{stack}")["KeyMetadata"]
    assert (outputs["Key"], key["Description"]) == (key["Arn"], "data key")
    name = physical(emulator, stack, "Alarm")
    (alarm,) = emulator.client("cloudwatch").describe_alarms(AlarmNames=[name])["MetricAlarms"]
    assert outputs["Alarm"] == alarm["AlarmArn"]
    selectors = emulator.client("cloudtrail").get_event_selectors(TrailName=outputs["Trail"])["EventSelectors"]
    assert selectors[0]["DataResources"] == [{"Type": "AWS::Lambda::Function", "Values": ["arn:aws:lambda"]}]
