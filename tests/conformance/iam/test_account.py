"""What IAM tells of the account, and of what nobody in it has."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError
from tests.fixtures.target import Kind, trust

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.fixtures.target import Target

READS = json.dumps(
    {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}]}
)


@pytest.fixture
def iam(target: Target) -> Any:
    """IAM."""
    return target.client("iam")


@pytest.fixture
def role(iam: Any, name: str) -> Iterator[str]:
    """A role's name."""
    iam.create_role(RoleName=name, AssumeRolePolicyDocument=trust("lambda.amazonaws.com"))
    yield name
    iam.delete_role(RoleName=name)


@pytest.fixture
def user(iam: Any, name: str) -> Iterator[str]:
    """A user's name."""
    iam.create_user(UserName=name)
    yield name
    iam.delete_user(UserName=name)


def test_a_new_role_is_in_no_instance_profile(iam: Any, role: str) -> None:
    answer = iam.list_instance_profiles_for_role(RoleName=role)

    assert (answer["InstanceProfiles"], answer["IsTruncated"]) == ([], False)
    with pytest.raises(ClientError, match="NoSuchEntity"):
        iam.list_instance_profiles_for_role(RoleName=f"{role}-gone")


def test_a_new_user_has_no_password_devices_or_certificates(iam: Any, user: str) -> None:
    lists = (
        iam.list_mfa_devices(UserName=user)["MFADevices"],
        iam.list_ssh_public_keys(UserName=user)["SSHPublicKeys"],
        iam.list_signing_certificates(UserName=user)["Certificates"],
        iam.list_service_specific_credentials(UserName=user)["ServiceSpecificCredentials"],
    )

    assert lists == ([], [], [], [])
    with pytest.raises(ClientError, match=rf"NoSuchEntity.*Login Profile for User {user} cannot be found\."):
        iam.get_login_profile(UserName=user)


def test_the_account_has_one_alias(iam: Any, target: Target, name: str) -> None:
    if target.kind is Kind.AWS:
        pytest.skip("an account keeps the alias it has")

    for alias in (name, f"{name}-2"):
        iam.create_account_alias(AccountAlias=alias)

    assert iam.list_account_aliases()["AccountAliases"] == [f"{name}-2"]
    with pytest.raises(ClientError, match="EntityAlreadyExists"):
        iam.create_account_alias(AccountAlias=f"{name}-2")
    iam.delete_account_alias(AccountAlias=f"{name}-2")
    assert iam.list_account_aliases()["AccountAliases"] == []


def test_the_summary_counts_what_is_there(iam: Any, role: str) -> None:
    before = iam.get_account_summary()["SummaryMap"]
    iam.create_role(RoleName=f"{role}-2", AssumeRolePolicyDocument=trust("lambda.amazonaws.com"))

    after = iam.get_account_summary()["SummaryMap"]

    assert after["Roles"] == before["Roles"] + 1
    assert (after["AssumeRolePolicySizeQuota"], after["AccessKeysPerUserQuota"]) == (2048, 2)
    iam.delete_role(RoleName=f"{role}-2")


def test_who_has_a_policy_is_told_by_kind_and_use(iam: Any, role: str) -> None:
    arn = iam.create_policy(PolicyName=role, PolicyDocument=READS)["Policy"]["Arn"]
    iam.create_user(UserName=role, PermissionsBoundary=arn)
    iam.attach_role_policy(RoleName=role, PolicyArn=arn)

    def found(**only: str) -> dict[str, list[str]]:
        answer = iam.list_entities_for_policy(PolicyArn=arn, **only)
        kinds = ("Role", "User")
        return {kind: [one[f"{kind}Name"] for one in answer[f"Policy{kind}s"]] for kind in kinds}

    assert found() == {"Role": [role], "User": [role]}
    assert found(EntityFilter="User") == {"Role": [], "User": [role]}
    assert found(PolicyUsageFilter="PermissionsPolicy") == {"Role": [role], "User": []}
    assert found(PolicyUsageFilter="PermissionsBoundary") == {"Role": [], "User": [role]}
    assert found(PathPrefix="/elsewhere/") == {"Role": [], "User": []}
    (listed,) = [
        policy
        for page in iam.get_paginator("get_account_authorization_details").paginate(Filter=["LocalManagedPolicy"])
        for policy in page["Policies"]
        if policy["Arn"] == arn
    ]
    assert (listed["AttachmentCount"], listed["PermissionsBoundaryUsageCount"]) == (1, 1)
    iam.detach_role_policy(RoleName=role, PolicyArn=arn)
    iam.delete_user_permissions_boundary(UserName=role)
    iam.delete_user(UserName=role)
    iam.delete_policy(PolicyArn=arn)
