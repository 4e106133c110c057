"""Which log groups lists tell of, and by which names operations take one."""

from __future__ import annotations

import json
from typing import Any

import pytest
from botocore.exceptions import ClientError


@pytest.fixture
def logs(emulator: Any) -> Any:
    """CloudWatch Logs."""
    return emulator.client("logs")


def test_groups_are_listed_by_their_tags(logs: Any, name: str) -> None:
    logs.create_log_group(logGroupName=f"{name}-a", tags={"team": "red", "stage": "dev"})
    logs.create_log_group(logGroupName=f"{name}-b", tags={"team": "blue"})

    def found(*tags: dict[str, Any]) -> list[str]:
        groups = logs.list_log_groups(logGroupNamePattern=f"^{name}", logGroupTags=list(tags))["logGroups"]
        return [group["logGroupName"].removeprefix(f"{name}-") for group in groups]

    assert found({"key": "team", "values": ["red", "green"]}) == ["a"]
    assert found({"key": "team"}) == ["a", "b"]
    assert found({"key": "team"}, {"key": "stage"}) == ["a"]


def test_there_are_no_groups_of_other_accounts(logs: Any, name: str) -> None:
    logs.create_log_group(logGroupName=name)
    other = {"accountIdentifiers": ["111111111111"], "includeLinkedAccounts": True}

    assert logs.list_log_groups(logGroupNamePattern=name, **other)["logGroups"] == []
    assert logs.describe_log_groups(logGroupNamePrefix=name, **other)["logGroups"] == []


def test_a_key_is_given_to_a_group_by_its_arn(emulator: Any, logs: Any, name: str) -> None:
    logs.create_log_group(logGroupName=name)
    arn = logs.describe_log_groups(logGroupNamePrefix=name)["logGroups"][0]["logGroupArn"]
    who = {"AWS": "arn:aws:iam::000000000000:root", "Service": "logs.us-east-1.amazonaws.com"}
    policy = {"Effect": "Allow", "Principal": who, "Action": "kms:*", "Resource": "*"}
    document = json.dumps({"Version": "2012-10-17", "Statement": [policy]})
    key = emulator.client("kms").create_key(Policy=document)["KeyMetadata"]["Arn"]

    logs.associate_kms_key(resourceIdentifier=arn, kmsKeyId=key)
    with_key = logs.describe_log_groups(logGroupNamePrefix=name)["logGroups"][0]
    logs.disassociate_kms_key(resourceIdentifier=arn)

    assert with_key["kmsKeyId"] == key
    assert "kmsKeyId" not in logs.describe_log_groups(logGroupNamePrefix=name)["logGroups"][0]


def test_revisions_of_policies_are_refused_by_name(logs: Any) -> None:
    with pytest.raises(ClientError, match="does not support expectedRevisionId of resource policies"):
        logs.put_resource_policy(policyName="p", policyDocument="{}", expectedRevisionId="1")
