"""Users of IAM as resources of a stack."""

from __future__ import annotations

import json
import uuid
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError, WaiterError

if TYPE_CHECKING:
    from tests.fixtures.emulator import LiveEmulator

READS = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}]}
LIMIT = "arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess"


class Deployed:
    """A stack of one user."""

    def __init__(self, emulator: LiveEmulator) -> None:
        self.name = f"user-{uuid.uuid4().hex[:8]}"
        self.client = emulator.client("cloudformation")
        self.iam = emulator.client("iam")

    def deploy(self, *, create: bool = False, **properties: Any) -> dict[str, str]:
        """The stack's outputs, once it is there."""
        outputs = {"Ref": {"Value": {"Ref": "One"}}, "Arn": {"Value": {"Fn::GetAtt": ["One", "Arn"]}}}
        resources = {"One": {"Type": "AWS::IAM::User", "Properties": properties}}
        body = json.dumps({"Resources": resources, "Outputs": outputs})
        operation, kind = ("create_stack", "create") if create else ("update_stack", "update")
        getattr(self.client, operation)(StackName=self.name, TemplateBody=body, Capabilities=["CAPABILITY_NAMED_IAM"])
        waiter = self.client.get_waiter(f"stack_{kind}_complete")
        waiter.wait(StackName=self.name, WaiterConfig={"Delay": 1})
        (stack,) = self.client.describe_stacks(StackName=self.name)["Stacks"]
        return {one["OutputKey"]: one["OutputValue"] for one in stack["Outputs"]}


@pytest.fixture
def deployed(emulator: LiveEmulator) -> Deployed:
    return Deployed(emulator)


def test_a_user_lives_with_its_stack(deployed: Deployed) -> None:
    made = deployed.deploy(create=True, Policies=[{"PolicyName": "p", "PolicyDocument": READS}])

    moved = deployed.deploy(
        Path="/team/",
        PermissionsBoundary=LIMIT,
        ManagedPolicyArns=[LIMIT],
        Tags=[{"Key": "team", "Value": "ml"}],
    )

    user = deployed.iam.get_user(UserName=made["Ref"])["User"]
    assert made["Arn"].endswith(f":user/{made['Ref']}")
    assert moved == {"Ref": made["Ref"], "Arn": user["Arn"]}
    assert (user["Path"], user["Tags"]) == ("/team/", [{"Key": "team", "Value": "ml"}])
    assert user["PermissionsBoundary"]["PermissionsBoundaryArn"] == LIMIT
    assert deployed.iam.list_user_policies(UserName=made["Ref"])["PolicyNames"] == []
    attached = deployed.iam.list_attached_user_policies(UserName=made["Ref"])["AttachedPolicies"]
    assert [one["PolicyArn"] for one in attached] == [LIMIT]
    deployed.client.delete_stack(StackName=deployed.name)
    deployed.client.get_waiter("stack_delete_complete").wait(StackName=deployed.name, WaiterConfig={"Delay": 1})
    with pytest.raises(ClientError, match="NoSuchEntity"):
        deployed.iam.get_user(UserName=made["Ref"])


def test_another_name_makes_another_user(deployed: Deployed) -> None:
    deployed.deploy(create=True, UserName=f"{deployed.name}-1")

    updated = deployed.deploy(UserName=f"{deployed.name}-2")

    assert updated["Ref"] == f"{deployed.name}-2"
    with pytest.raises(ClientError, match="NoSuchEntity"):
        deployed.iam.get_user(UserName=f"{deployed.name}-1")


def test_groups_are_refused_by_name(deployed: Deployed) -> None:
    with pytest.raises(WaiterError):
        deployed.deploy(create=True, Groups=["g"])

    events = deployed.client.describe_stack_events(StackName=deployed.name)["StackEvents"]
    assert any("does not support Groups of users" in one.get("ResourceStatusReason", "") for one in events)
