"""Everything IAM knows of an account, page by page."""

from __future__ import annotations

import json
import uuid
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tests.fixtures.emulator import LiveEmulator

READ = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}]}


def details(emulator: LiveEmulator, *kinds: str) -> dict[str, list[Any]]:
    paginator = emulator.client("iam").get_paginator("get_account_authorization_details")
    pages = list(paginator.paginate(Filter=list(kinds), PaginationConfig={"PageSize": 3}))
    names = ("UserDetailList", "RoleDetailList", "GroupDetailList", "Policies")
    return {name: [entry for page in pages for entry in page[name]] for name in names}


def test_users_roles_and_policies_come_with_their_documents(emulator: LiveEmulator) -> None:
    iam, name = emulator.client("iam"), f"details-{uuid.uuid4().hex[:8]}"
    arn = iam.create_policy(PolicyName=name, PolicyDocument=json.dumps(READ))["Policy"]["Arn"]
    for number in range(4):
        iam.create_user(UserName=f"{name}-{number}")
    iam.put_user_policy(UserName=f"{name}-0", PolicyName="own", PolicyDocument=json.dumps(READ))
    iam.attach_user_policy(UserName=f"{name}-0", PolicyArn=arn)
    iam.attach_user_policy(UserName=f"{name}-0", PolicyArn="arn:aws:iam::aws:policy/AdministratorAccess")
    trust = {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}
    document = {"Version": "2012-10-17", "Statement": trust}
    iam.create_role(RoleName=name, AssumeRolePolicyDocument=json.dumps(document), PermissionsBoundary=arn)

    found = details(emulator)

    users = {user["UserName"]: user for user in found["UserDetailList"]}
    [role] = [role for role in found["RoleDetailList"] if role["RoleName"] == name]
    policies = {policy["Arn"]: policy for policy in found["Policies"]}
    assert {f"{name}-{number}" for number in range(4)} <= users.keys()
    assert users[f"{name}-0"]["UserPolicyList"] == [{"PolicyName": "own", "PolicyDocument": READ}]
    assert {each["PolicyArn"] for each in users[f"{name}-0"]["AttachedManagedPolicies"]} <= policies.keys()
    assert policies[arn]["PolicyVersionList"][0]["Document"] == READ
    assert role["AssumeRolePolicyDocument"] == document
    assert role["PermissionsBoundary"]["PermissionsBoundaryArn"] == arn


def test_a_filter_leaves_the_rest_out(emulator: LiveEmulator) -> None:
    emulator.client("iam").create_user(UserName=f"details-{uuid.uuid4().hex[:8]}")

    found = details(emulator, "User")

    assert found["UserDetailList"]
    assert not found["RoleDetailList"]
    assert not found["Policies"]
