"""State machines as AWS SAM writes them: their definitions lie in S3, and an alias leads to the newest version."""

from __future__ import annotations

import json
import uuid
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import WaiterError

if TYPE_CHECKING:
    from tests.fixtures.emulator import LiveEmulator

FAST = {"Delay": 1}
TRUST = {
    "Statement": [{"Effect": "Allow", "Principal": {"Service": "states.amazonaws.com"}, "Action": "sts:AssumeRole"}]
}
AT_ONCE = {"Type": "ALL_AT_ONCE", "StateMachineVersionArn": {"Ref": "Version"}}


@dataclass(frozen=True, kw_only=True)
class Machines:
    """A stack with a state machine, and what lies in S3 for it."""

    name: str
    client: Any
    s3: Any
    states: Any

    def template(self, key: str, preference: dict[str, Any] = AT_ONCE) -> str:
        machine = {
            "RoleArn": {"Fn::GetAtt": ["Role", "Arn"]},
            "DefinitionS3Location": {"Bucket": self.name, "Key": key},
            "DefinitionSubstitutions": {"Answer": key},
        }
        revision = {"Fn::GetAtt": ["Machine", "StateMachineRevisionId"]}
        version = {"StateMachineArn": {"Ref": "Machine"}, "StateMachineRevisionId": revision}
        resources = {
            "Role": {"Type": "AWS::IAM::Role", "Properties": {"AssumeRolePolicyDocument": TRUST}},
            "Machine": {"Type": "AWS::StepFunctions::StateMachine", "Properties": machine},
            "Version": {"Type": "AWS::StepFunctions::StateMachineVersion", "Properties": version},
            "Alias": {
                "Type": "AWS::StepFunctions::StateMachineAlias",
                "Properties": {"Name": "live", "DeploymentPreference": preference},
            },
        }
        return json.dumps({"Resources": resources, "Outputs": {"Alias": {"Value": {"Fn::GetAtt": ["Alias", "Arn"]}}}})

    def deploy(self, body: str, kind: str = "create") -> str:
        """The alias's ARN."""
        getattr(self.client, f"{kind}_stack")(StackName=self.name, TemplateBody=body, Capabilities=["CAPABILITY_IAM"])
        self.client.get_waiter(f"stack_{kind}_complete").wait(StackName=self.name, WaiterConfig=FAST)
        return str(self.client.describe_stacks(StackName=self.name)["Stacks"][0]["Outputs"][0]["OutputValue"])

    def definition(self, alias: str) -> Any:
        """What the version says that the alias leads to."""
        (route,) = self.states.describe_state_machine_alias(stateMachineAliasArn=alias)["routingConfiguration"]
        described = self.states.describe_state_machine(stateMachineArn=route["stateMachineVersionArn"])
        return json.loads(described["definition"])


@pytest.fixture
def machines(emulator: LiveEmulator) -> Machines:
    clients = {one: emulator.client(one) for one in ("cloudformation", "s3", "stepfunctions")}
    one = Machines(
        name=f"machines-{uuid.uuid4().hex[:8]}",
        client=clients["cloudformation"],
        s3=clients["s3"],
        states=clients["stepfunctions"],
    )
    one.s3.create_bucket(Bucket=one.name)
    one.s3.put_object(Bucket=one.name, Key="one.json", Body=b'{"StartAt": "A", "States": {"A": {"Type": "Succeed"}}}')
    text = b"Comment: ${Answer}\nStartAt: A\nStates:\n  A: {Type: Succeed}\n"
    one.s3.put_object(Bucket=one.name, Key="two.yaml", Body=text)
    return one


def test_a_definition_in_s3_becomes_a_version_that_the_alias_leads_to(machines: Machines) -> None:
    alias = machines.deploy(machines.template("one.json"))
    before = machines.definition(alias)

    machines.deploy(machines.template("two.yaml"), "update")

    assert before == {"StartAt": "A", "States": {"A": {"Type": "Succeed"}}}
    assert machines.definition(alias) == before | {"Comment": "two.yaml"}
    machines.client.delete_stack(StackName=machines.name)
    machines.client.get_waiter("stack_delete_complete").wait(StackName=machines.name, WaiterConfig=FAST)


def test_a_deployment_bit_by_bit_is_refused_by_name(machines: Machines) -> None:
    with pytest.raises(WaiterError, match="ROLLBACK_COMPLETE"):
        machines.deploy(machines.template("one.json", AT_ONCE | {"Type": "CANARY"}))

    events = machines.client.describe_stack_events(StackName=machines.name)["StackEvents"]
    (reason,) = [one["ResourceStatusReason"] for one in events if one["ResourceStatus"] == "CREATE_FAILED"]
    assert "The emulator does not support deployments of type CANARY." in reason
