"""Rendered stacks through boto3: created, updated, rolled back, interrupted, deleted."""

from __future__ import annotations

import time
import uuid
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError, WaiterError
from tests.unit.templates.conftest import Graphs

from mlfn_templates import render_app, render_base

if TYPE_CHECKING:
    from tests.conformance.cloudformation.conftest import Emulator

    from mlfn_engine.values import AppGraph

FAST = {"Delay": 1, "MaxAttempts": 30}
GRAPHS = Graphs()


class Deploys:
    """Deploys apps as the AWS deployer does: change set, waiters."""

    def __init__(self, emulator: Emulator) -> None:
        self.emulator = emulator
        self.client = emulator.client("cloudformation")

    def base(self) -> dict[str, str]:
        template = render_base("dev")
        if not self.names():
            self.client.create_stack(StackName=template.name, TemplateBody=template.body)
            self.client.get_waiter("stack_create_complete").wait(StackName=template.name, WaiterConfig=FAST)
        return self.outputs(template.name)

    def names(self) -> list[str]:
        return [stack["StackName"] for stack in self.client.describe_stacks()["Stacks"]]

    def outputs(self, name: str) -> dict[str, str]:
        (stack,) = self.client.describe_stacks(StackName=name)["Stacks"]
        return {one["OutputKey"]: one["OutputValue"] for one in stack["Outputs"]}

    def start(self, graph: AppGraph, code: str, *, kind: str, traffic: str = "") -> str:
        base = self.base()
        digest = self.emulator.push("mlfn-dev", f"{graph.app}-{code}")
        parameters = {name: base[name] for name in ("DataBucket", "AuditTable", "DataKey")}
        for function in graph.functions:
            parameters[f"{function.logical_id}Image"] = f"{base['RepositoryUri']}@{digest}"
            parameters[f"{function.logical_id}Traffic"] = "" if function.logical_id == "Other" else traffic  # it is new
        template = render_app(graph, GRAPHS.versions(graph, code=code))
        change_set = f"c{uuid.uuid4().hex}"
        self.client.create_change_set(
            StackName=template.name,
            ChangeSetName=change_set,
            ChangeSetType=kind,
            TemplateBody=template.body,
            Capabilities=["CAPABILITY_NAMED_IAM"],
            Parameters=[{"ParameterKey": key, "ParameterValue": value} for key, value in parameters.items()],
            Tags=[{"Key": "mlfn:app", "Value": graph.app}, {"Key": "mlfn:stage", "Value": graph.stage}],
        )
        self.client.get_waiter("change_set_create_complete").wait(
            StackName=template.name, ChangeSetName=change_set, WaiterConfig=FAST
        )
        self.client.execute_change_set(StackName=template.name, ChangeSetName=change_set)
        return template.name

    def create(self, graph: AppGraph, code: str = "a") -> str:
        name = self.start(graph, code, kind="CREATE")
        self.client.get_waiter("stack_create_complete").wait(StackName=name, WaiterConfig=FAST)
        return name

    def update(self, graph: AppGraph, code: str, traffic: str) -> None:
        name = self.start(graph, code, kind="UPDATE", traffic=traffic)
        self.client.get_waiter("stack_update_complete").wait(StackName=name, WaiterConfig=FAST)

    def delete(self, name: str) -> None:
        self.client.delete_stack(StackName=name)
        self.client.get_waiter("stack_delete_complete").wait(StackName=name, WaiterConfig=FAST)


@pytest.fixture(name="deploys")
def _deploys(emulator: Emulator) -> Deploys:
    return Deploys(emulator)


def pipeline_app(app: str) -> AppGraph:
    return GRAPHS.app(GRAPHS.model(app=app), pipelines=(GRAPHS.pipeline("judge", ["sentiment"]),), app=app)


def versions(emulator: Emulator, function: str) -> list[str]:
    found = emulator.client("lambda").list_versions_by_function(FunctionName=function)["Versions"]
    return [one["Version"] for one in found if one["Version"] != "$LATEST"]


def test_an_app_lives_from_deploy_to_destroy(emulator: Emulator, deploys: Deploys) -> None:
    graph, client = pipeline_app("life"), emulator.client("lambda")

    name = deploys.create(graph)
    deploys.update(graph, "b", traffic="1")

    assert versions(emulator, "life-dev-sentiment") == ["1", "2"]
    assert client.get_alias(FunctionName="life-dev-sentiment", Name="live")["FunctionVersion"] == "1"
    assert deploys.outputs(name)["SentimentLambdaVersion"] == "2"
    assert client.list_tags(Resource=client.get_function(FunctionName="life-dev-sentiment")["Configuration"][
        "FunctionArn"])["Tags"]["mlfn:app"] == "life"  # fmt: skip

    deploys.delete(name)

    assert "life-dev-sentiment" not in [one["FunctionName"] for one in client.list_functions()["Functions"]]
    assert not [group for group in emulator.client("logs").describe_log_groups()["logGroups"]
                if "life-dev" in group["logGroupName"]]  # fmt: skip


def test_a_failed_deploy_leaves_what_was_and_the_next_one_succeeds(emulator: Emulator, deploys: Deploys) -> None:
    graph = GRAPHS.app(GRAPHS.model(app="back"), app="back")
    deploys.create(graph)
    wider = GRAPHS.app(GRAPHS.model(app="back"), GRAPHS.model("other", app="back"), app="back")
    logs = emulator.client("logs")
    logs.create_log_group(logGroupName="/aws/lambda/back-dev-other")

    with pytest.raises(WaiterError):
        deploys.update(wider, "b", traffic="1")

    (stack,) = deploys.client.describe_stacks(StackName="back-dev")["Stacks"]
    assert stack["StackStatus"] == "UPDATE_ROLLBACK_COMPLETE"
    logs.delete_log_group(logGroupName="/aws/lambda/back-dev-other")
    deploys.update(wider, "b", traffic="1")
    assert len(versions(emulator, "back-dev-sentiment")) == 2


@pytest.mark.parametrize("delay_ms", [0, 40, 120])
def test_a_deploy_goes_on_after_the_emulator_was_killed(emulator: Emulator, deploys: Deploys, delay_ms: int) -> None:
    app = f"kill{delay_ms}"
    name = deploys.start(pipeline_app(app), "a", kind="CREATE")
    deploys.client.describe_stack_events(StackName=name)
    time.sleep(delay_ms / 1000)
    emulator.kill()
    emulator.restart()

    try:
        deploys.client.get_waiter("stack_create_complete").wait(StackName=name, WaiterConfig=FAST)
    except WaiterError:
        events = deploys.client.describe_stack_events(StackName=name)["StackEvents"]
        pytest.fail(str([each for each in events if "FAILED" in each["ResourceStatus"]]))

    resources = deploys.client.list_stack_resources(StackName=name)["StackResourceSummaries"]
    assert {one["ResourceStatus"] for one in resources} == {"CREATE_COMPLETE"}
    apis = emulator.client("apigatewayv2").get_apis()["Items"]
    assert [api["Name"] for api in apis].count(name) == 1


def test_errors_are_the_services_own(deploys: Deploys) -> None:
    with pytest.raises(ClientError) as caught:
        deploys.client.describe_stacks(StackName="none")
    deploys.base()
    with pytest.raises(deploys.client.exceptions.ChangeSetNotFoundException):
        deploys.client.describe_change_set(StackName=deploys.names()[0], ChangeSetName="none")

    assert caught.value.response["Error"] == {
        "Type": "Sender",
        "Code": "ValidationError",
        "Message": "Stack with id none does not exist",
    }


def test_templates_are_summarised_and_returned(deploys: Deploys) -> None:
    deploys.base()
    body = render_base("dev").body

    validated: Any = deploys.client.validate_template(TemplateBody=body)
    summary = deploys.client.get_template_summary(StackName="mlfn-base-dev")

    assert validated["Description"].startswith("mlfn base, stage dev")
    assert "AWS::DynamoDB::Table" in summary["ResourceTypes"]
    assert deploys.client.get_template(StackName="mlfn-base-dev")["TemplateBody"] == body


def test_the_definitions_of_a_pipeline_are_kept_as_versions(deploys: Deploys) -> None:
    models = (GRAPHS.model("sentiment"), GRAPHS.model("other"))
    stepfunctions = deploys.emulator.client("stepfunctions")

    name = deploys.create(GRAPHS.app(*models, pipelines=(GRAPHS.pipeline("judge", ["sentiment"]),)))
    deploys.update(GRAPHS.app(*models, pipelines=(GRAPHS.pipeline("judge", ["sentiment", "other"]),)), "a", "1")
    machine = deploys.outputs(name)["JudgeSyncStateMachine"]
    found = stepfunctions.list_state_machine_versions(stateMachineArn=machine)["stateMachineVersions"]
    newest, first = (each["stateMachineVersionArn"] for each in found)

    assert (first, newest) == (f"{machine}:1", f"{machine}:2")
    assert "other" in stepfunctions.describe_state_machine(stateMachineArn=newest)["definition"]
    assert "other" not in stepfunctions.describe_state_machine(stateMachineArn=first)["definition"]
