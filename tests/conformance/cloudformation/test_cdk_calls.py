"""The calls that `cdk bootstrap`, `cdk deploy` and `cdk rollback` make, with the templates they make them with."""

from __future__ import annotations

import json
import uuid
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError, WaiterError

if TYPE_CHECKING:
    from tests.fixtures.emulator import LiveEmulator

FAST = {"Delay": 1}
CAPABILITIES = ["CAPABILITY_IAM", "CAPABILITY_NAMED_IAM", "CAPABILITY_AUTO_EXPAND"]
ACCOUNT = {"Ref": "AWS::AccountId"}


@pytest.fixture(scope="module")
def cloudformation(emulator: LiveEmulator) -> Any:
    return emulator.client("cloudformation")


@pytest.fixture
def name() -> str:
    return f"cdk-{uuid.uuid4().hex[:8]}"


def role(*, name: str, policy: str) -> dict[str, Any]:
    """A role of the account, as those of a bootstrap stack are."""
    trust = {"Statement": [{"Action": "sts:AssumeRole", "Effect": "Allow", "Principal": {"AWS": ACCOUNT}}]}
    arns = [{"Fn::Sub": f"arn:${{AWS::Partition}}:iam::aws:policy/{policy}"}]
    properties = {"RoleName": name, "AssumeRolePolicyDocument": trust, "ManagedPolicyArns": arns}
    return {"Type": "AWS::IAM::Role", "Properties": properties}


def toolkit(name: str, version: str = "30") -> str:
    """What is left of the bootstrap template if it is shortened: a bucket, roles, and the version that stacks check."""
    bucket = {
        "BucketName": {"Fn::Sub": f"{name}-assets-${{AWS::AccountId}}"},
        "AccessControl": "Private",
        "VersioningConfiguration": {"Status": "Enabled"},
    }
    version_of = {"Type": "String", "Name": f"/cdk-bootstrap/{name}/version", "Value": version}
    resources = {
        "StagingBucket": {"Type": "AWS::S3::Bucket", "Properties": bucket},
        "LookupRole": role(name=f"{name}-lookup", policy="ReadOnlyAccess"),
        "DeploymentActionRole": role(name=f"{name}-deploy", policy="AWSCloudFormationReadOnlyAccess"),
        "CdkBootstrapVersion": {"Type": "AWS::SSM::Parameter", "Properties": version_of},
    }
    return json.dumps({"Resources": resources})


def app(name: str, *, topics: int = 1) -> str:
    """A stack as the CDK writes it."""
    parameter = {"Type": "AWS::SSM::Parameter::Value<String>", "Default": f"/cdk-bootstrap/{name}/version"}
    old = [str(number) for number in range(1, 6)]
    assertion = {
        "Assert": {"Fn::Not": [{"Fn::Contains": [old, {"Ref": "BootstrapVersion"}]}]},
        "AssertDescription": "CDK bootstrap stack version 6 required.",
    }
    body = {
        "Resources": {f"Topic{number}": {"Type": "AWS::SNS::Topic"} for number in range(topics)},
        "Parameters": {"BootstrapVersion": parameter},
        "Rules": {"CheckBootstrapVersion": {"Assertions": [assertion]}},
    }
    return json.dumps(body)


def prepare(client: Any, stack: str, body: str, kind: str, **params: Any) -> dict[str, Any]:
    """A change set as the CDK makes it."""
    client.delete_change_set(StackName=stack, ChangeSetName="cdk-deploy-change-set") if kind == "UPDATE" else None
    made = client.create_change_set(
        StackName=stack,
        ChangeSetName="cdk-deploy-change-set",
        ChangeSetType=kind,
        Description="CDK Changeset for execution",
        ClientToken=f"create{uuid.uuid4()}",
        Capabilities=CAPABILITIES,
        TemplateBody=body,
        **({"IncludeNestedStacks": True, "DeploymentConfig": {"Mode": "STANDARD"}} | params),
    )
    found: dict[str, Any] = client.describe_change_set(StackName=made["StackId"], ChangeSetName=made["Id"])
    return found


def deploy(client: Any, stack: str, body: str, kind: str = "CREATE", **params: Any) -> dict[str, Any]:
    """The stack once the change set was executed."""
    change_set = prepare(client, stack, body, kind, **params)
    assert change_set["Status"] == "CREATE_COMPLETE", change_set
    client.execute_change_set(
        StackName=change_set["StackId"],
        ChangeSetName=change_set["ChangeSetId"],
        ClientRequestToken=f"exec{uuid.uuid4()}",
    )
    client.get_waiter(f"stack_{kind.lower()}_complete").wait(StackName=stack, WaiterConfig=FAST)
    found: dict[str, Any] = client.describe_stacks(StackName=stack)["Stacks"][0]
    return found


def refusal(operation: Any, *arguments: Any, **params: Any) -> str:
    """The message of what is refused as not valid."""
    with pytest.raises(ClientError) as caught:
        operation(*arguments, **params)
    assert caught.value.response["Error"]["Code"] == "ValidationError"
    return str(caught.value.response["Error"]["Message"])


def test_an_environment_is_bootstrapped_and_an_app_deployed_and_changed(cloudformation: Any, name: str) -> None:
    deploy(cloudformation, f"{name}-toolkit", toolkit(name), ImportExistingResources=True)

    first = deploy(cloudformation, name, app(name))
    second = deploy(cloudformation, name, app(name, topics=2), "UPDATE")

    assert first["Parameters"][0]["ResolvedValue"] == "30"
    assert (first["StackStatus"], second["StackStatus"]) == ("CREATE_COMPLETE", "UPDATE_COMPLETE")
    assert cloudformation.get_template(StackName=name, TemplateStage="Original")["TemplateBody"]["Rules"]
    unchanged = prepare(cloudformation, name, app(name, topics=2), "UPDATE")
    assert unchanged["Status"] == "FAILED"
    assert unchanged["StatusReason"].startswith("The submitted information didn't contain changes.")


def test_an_environment_that_is_too_old_is_told_so(cloudformation: Any, name: str) -> None:
    deploy(cloudformation, f"{name}-toolkit", toolkit(name, version="5"), ImportExistingResources=True)

    refused = refusal(prepare, cloudformation, name, app(name), "CREATE")

    assert refused == "Rule CheckBootstrapVersion failed: CDK bootstrap stack version 6 required."


def test_a_change_set_says_what_it_was_asked_for(cloudformation: Any, name: str) -> None:
    change_set = prepare(cloudformation, name, toolkit(name), "CREATE", ImportExistingResources=True)

    (listed,) = cloudformation.list_change_sets(StackName=name)["Summaries"]
    (event,) = cloudformation.describe_stack_events(StackName=name)["StackEvents"]
    assert (change_set["IncludeNestedStacks"], change_set["ImportExistingResources"]) == (True, True)
    assert change_set["DeploymentConfig"] == {"Mode": "STANDARD"}
    assert (listed["IncludeNestedStacks"], listed["ImportExistingResources"]) == (True, True)
    assert (event["ResourceStatus"], event["ResourceStatusReason"]) == ("REVIEW_IN_PROGRESS", "User Initiated")


def test_resources_that_exist_are_not_imported(cloudformation: Any, name: str) -> None:
    deploy(cloudformation, f"{name}-toolkit", toolkit(name))

    refused = refusal(prepare, cloudformation, f"{name}-other", toolkit(name), "CREATE", ImportExistingResources=True)

    assert refused.startswith("The emulator does not import resources that exist already: [")
    assert {"StagingBucket", "LookupRole"} <= set(refused.partition("[")[2].strip("].").split(", "))


@pytest.mark.parametrize("params", [{"DeploymentMode": "REVERT_DRIFT"}], ids=["revert drift"])
def test_what_is_not_here_is_refused_by_name(cloudformation: Any, name: str, params: dict[str, Any]) -> None:
    refused = refusal(prepare, cloudformation, name, toolkit(name), "CREATE", **params)

    assert refused == f"The emulator does not support {next(iter(params))}."


def test_a_deployment_that_was_left_failed_is_rolled_back(cloudformation: Any, name: str) -> None:
    deploy(cloudformation, f"{name}-toolkit", toolkit(name))
    deploy(cloudformation, name, app(name))
    body = json.loads(app(name))
    body["Resources"]["Bad"] = {"Type": "AWS::Logs::LogGroup", "Properties": {"LogGroupName": "no name!"}}

    change_set = prepare(cloudformation, name, json.dumps(body), "UPDATE")
    cloudformation.execute_change_set(ChangeSetName=change_set["ChangeSetId"], DisableRollback=True)
    with pytest.raises(WaiterError, match="UPDATE_FAILED"):
        cloudformation.get_waiter("stack_update_complete").wait(StackName=name, WaiterConfig=FAST)
    cloudformation.rollback_stack(StackName=name, ClientRequestToken=f"rollback{uuid.uuid4()}")

    cloudformation.get_waiter("stack_rollback_complete").wait(StackName=name, WaiterConfig=FAST)
    assert len(cloudformation.describe_stack_resources(StackName=name)["StackResources"]) == 1
