"""Resources that exist already, taken over into a stack by a change set of type IMPORT."""

from __future__ import annotations

import json
import uuid
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError
from tests.fixtures.target import PYTHON_RUNTIME

if TYPE_CHECKING:
    from tests.fixtures.emulator import LiveEmulator

FAST = {"Delay": 0.1, "MaxAttempts": 900}
HANDLE = "AWS::CloudFormation::WaitConditionHandle"


class Adoption:
    """A stack with a parameter, and a queue that nobody has."""

    def __init__(self, emulator: LiveEmulator) -> None:
        self.name = f"adopt-{uuid.uuid4().hex[:8]}"
        self.client, self.sqs = emulator.client("cloudformation"), emulator.client("sqs")
        self.url = str(self.sqs.create_queue(QueueName=self.name)["QueueUrl"])
        self.own = {
            "Type": "AWS::SSM::Parameter",
            "Properties": {"Type": "String", "Name": f"/{self.name}", "Value": "v"},
        }
        self.queue = {
            "Type": "AWS::SQS::Queue",
            "DeletionPolicy": "Retain",
            "Properties": {"QueueName": self.name},
        }

    def stack(self) -> str:
        """The stack's id once it is there, without the queue."""
        body = json.dumps({"Resources": {"Own": self.own}})
        stack_id = self.client.create_stack(StackName=self.name, TemplateBody=body)["StackId"]
        self.client.get_waiter("stack_create_complete").wait(StackName=self.name, WaiterConfig=FAST)
        return str(stack_id)

    def prepare(self, resources: dict[str, Any], *entries: dict[str, Any], **sections: Any) -> dict[str, Any]:
        """A change set that takes the queue over, or these."""
        made = self.client.create_change_set(
            StackName=self.name,
            ChangeSetName="adopt",
            ChangeSetType="IMPORT",
            TemplateBody=json.dumps({"Resources": resources, **sections}),
            ResourcesToImport=entries or [self.entry()],
        )
        found: dict[str, Any] = self.client.describe_change_set(ChangeSetName=made["Id"])
        return found

    def entry(self, **members: Any) -> dict[str, Any]:
        """The queue, as what is to be taken over."""
        named = {"LogicalResourceId": "Queue", "ResourceIdentifier": {"QueueUrl": self.url}}
        return {"ResourceType": "AWS::SQS::Queue"} | named | members

    def carry_out(self, change_set: dict[str, Any]) -> None:
        """Return once the stack has what it takes over."""
        self.client.execute_change_set(ChangeSetName=change_set["ChangeSetId"])
        self.client.get_waiter("stack_import_complete").wait(StackName=self.name, WaiterConfig=FAST)

    def refusal(self, resources: dict[str, Any], *entries: dict[str, Any], **sections: Any) -> str:
        """Why a change set is not made."""
        with pytest.raises(ClientError) as caught:
            self.prepare(resources, *entries, **sections)
        assert caught.value.response["Error"]["Code"] == "ValidationError"
        return str(caught.value.response["Error"]["Message"])


@pytest.fixture
def adoption(emulator: LiveEmulator) -> Adoption:
    return Adoption(emulator)


def test_a_queue_joins_a_stack_as_it_is(adoption: Adoption) -> None:
    adoption.stack()
    adoption.sqs.send_message(QueueUrl=adoption.url, MessageBody="kept")

    change_set = adoption.prepare({"Own": adoption.own, "Queue": adoption.queue})
    adoption.carry_out(change_set)

    assert [change["ResourceChange"] for change in change_set["Changes"]] == [
        {
            "Action": "Import",
            "LogicalResourceId": "Queue",
            "PhysicalResourceId": adoption.url,
            "ResourceType": "AWS::SQS::Queue",
            "Scope": [],
            "Details": [],
        }
    ]
    events = adoption.client.describe_stack_events(StackName=adoption.name)["StackEvents"]
    own = [one for one in reversed(events) if one["LogicalResourceId"] == "Queue"]
    assert [(one["ResourceStatus"], one.get("ResourceStatusReason")) for one in own] == [
        ("IMPORT_IN_PROGRESS", "Resource import started."),
        ("IMPORT_COMPLETE", "Resource import completed."),
        ("UPDATE_IN_PROGRESS", "Apply stack-level tags to imported resource if applicable."),
        ("UPDATE_COMPLETE", None),
    ]
    assert adoption.sqs.receive_message(QueueUrl=adoption.url)["Messages"][0]["Body"] == "kept"


def test_a_new_stack_may_be_made_of_what_is_there(adoption: Adoption) -> None:
    change_set = adoption.prepare({"Queue": adoption.queue})
    (stack,) = adoption.client.describe_stacks(StackName=adoption.name)["Stacks"]

    adoption.carry_out(change_set)

    assert stack["StackStatus"] == "REVIEW_IN_PROGRESS"
    longer = {"QueueName": adoption.name, "VisibilityTimeout": 17}
    body = {"Resources": {"Queue": adoption.queue | {"Properties": longer}}}
    body["Outputs"] = {"Arn": {"Value": {"Fn::GetAtt": ["Queue", "Arn"]}}}
    adoption.client.update_stack(StackName=adoption.name, TemplateBody=json.dumps(body))
    adoption.client.get_waiter("stack_update_complete").wait(StackName=adoption.name, WaiterConfig=FAST)
    (updated,) = adoption.client.describe_stacks(StackName=adoption.name)["Stacks"]
    assert updated["Outputs"][0]["OutputValue"].endswith(f":{adoption.name}")
    asked = {"QueueUrl": adoption.url, "AttributeNames": ["VisibilityTimeout"]}
    assert adoption.sqs.get_queue_attributes(**asked)["Attributes"] == {"VisibilityTimeout": "17"}


def test_what_is_not_there_fails_the_change_set(adoption: Adoption) -> None:
    adoption.stack()
    ghost = adoption.entry(ResourceIdentifier={"QueueUrl": f"{adoption.url}-ghost"})

    change_set = adoption.prepare({"Own": adoption.own, "Queue": adoption.queue}, ghost)

    assert (change_set["Status"], change_set["ExecutionStatus"], change_set["Changes"]) == ("FAILED", "UNAVAILABLE", [])
    said = f"Resource of type 'AWS::SQS::Queue' with identifier '{adoption.url}-ghost' was not found."
    assert change_set["StatusReason"] == said


def test_what_another_stack_has_fails_the_change_set(adoption: Adoption) -> None:
    owner = adoption.stack()
    kept = adoption.own | {"DeletionPolicy": "Retain"}
    adoption.name = f"{adoption.name}-other"
    identifier = {"Name": adoption.own["Properties"]["Name"]}  # type: ignore[index]  # an object
    entry = {"ResourceType": "AWS::SSM::Parameter", "LogicalResourceId": "Kept", "ResourceIdentifier": identifier}

    change_set = adoption.prepare({"Kept": kept}, entry)

    assert change_set["StatusReason"] == f"{identifier['Name']} already exists in stack {owner}"


def test_nothing_but_an_import_may_change_a_stack(adoption: Adoption) -> None:
    adoption.stack()
    changed = {"Type": "AWS::SSM::Parameter", "Properties": {"Type": "String", "Value": "other"}}
    modified = (
        "You have modified resources [Own] in your template that are not being imported. Update, create or delete "
        "operations cannot be executed during import operations."
    )
    output = {"O": {"Value": "v"}}

    assert adoption.refusal({"Own": changed, "Queue": adoption.queue}) == modified
    assert adoption.refusal({"Queue": adoption.queue}) == modified
    both = {"Own": adoption.own, "Queue": adoption.queue}
    assert adoption.refusal({**both, "New": changed}) == "Resources [New] is missing from ResourceToImport list"
    assert (
        adoption.refusal(both, Outputs=output) == "As part of the import operation, you cannot modify or add [Outputs]"
    )
    bare = {name: value for name, value in adoption.queue.items() if name != "DeletionPolicy"}
    assert adoption.refusal({"Own": adoption.own, "Queue": bare}) == (
        "The following resources to import [Queue] must have DeletionPolicy attribute specified in the template."
    )


def test_entries_have_to_fit_the_template(adoption: Adoption) -> None:
    adoption.stack()
    both = {"Own": adoption.own, "Queue": adoption.queue}
    topic = {
        "ResourceType": "AWS::SNS::Topic",
        "ResourceIdentifier": {"TopicArn": "arn:aws:sns:us-east-1:000000000000:t"},
    }
    by_name = adoption.entry(ResourceIdentifier={"QueueName": adoption.name})
    version = {"ResourceType": "AWS::Lambda::Version", "ResourceIdentifier": {"FunctionArn": "arn"}}

    assert adoption.refusal(both, adoption.entry(LogicalResourceId="Other")) == (
        "The logical resource ids [Other] provided in ResourceToImport do not exist in the template."
    )
    assert adoption.refusal(both, adoption.entry(), adoption.entry()) == (
        "Every resource to import must have unique LogicalResourceId"
    )
    assert adoption.refusal(both, by_name) == (
        "Invalid resource identifier for resource type AWS::SQS::Queue. Expected [QueueUrl]"
    )
    assert adoption.refusal(both, adoption.entry(**topic)) == (
        "Resource type of [Queue] passed in ResourceToImport does not match with resource type defined in the "
        "template. Resource type in ResourceToImport: AWS::SNS::Topic; Resource type in Template: AWS::SQS::Queue."
    )
    assert adoption.refusal(both, adoption.entry(**version)) == (
        "The emulator does not import resources of type AWS::Lambda::Version."
    )


def test_a_templates_summary_tells_by_what_its_resources_are_imported(adoption: Adoption) -> None:
    body = json.dumps({"Resources": {"Queue": adoption.queue, "Handle": {"Type": HANDLE}}})

    summaries = adoption.client.get_template_summary(TemplateBody=body)["ResourceIdentifierSummaries"]

    assert {one["ResourceType"]: one.get("ResourceIdentifiers") for one in summaries} == {
        "AWS::SQS::Queue": ["QueueUrl"],
        HANDLE: None,
    }


def test_an_import_goes_on_after_the_emulator_was_killed(emulator: Any, adoption: Adoption) -> None:
    change_set = adoption.prepare({"Queue": adoption.queue})
    adoption.client.execute_change_set(ChangeSetName=change_set["ChangeSetId"])

    emulator.kill()
    emulator.restart()

    adoption.client.get_waiter("stack_import_complete").wait(StackName=adoption.name, WaiterConfig=FAST)


def test_every_type_that_can_be_read_back_can_be_taken_over(emulator: Any, adoption: Adoption) -> None:
    resources = {name: one | {"DeletionPolicy": "Retain"} for name, one in _of_every_type(adoption.name).items()}
    adoption.name = f"{adoption.name}-left"
    body = json.dumps({"Resources": resources})
    capabilities = ["CAPABILITY_NAMED_IAM"]
    adoption.client.create_stack(StackName=adoption.name, TemplateBody=body, Capabilities=capabilities)
    adoption.client.get_waiter("stack_create_complete").wait(StackName=adoption.name, WaiterConfig=FAST)
    listed = adoption.client.list_stack_resources(StackName=adoption.name)["StackResourceSummaries"]
    left = {one["LogicalResourceId"]: one["PhysicalResourceId"] for one in listed}
    adoption.client.delete_stack(StackName=adoption.name)
    adoption.client.get_waiter("stack_delete_complete").wait(StackName=adoption.name, WaiterConfig=FAST)
    adoption.name = f"{adoption.name}-taken"

    entries = [
        {
            "ResourceType": resources[name]["Type"],
            "LogicalResourceId": name,
            "ResourceIdentifier": {IDENTIFIERS[name]: left[name]},
        }
        for name in resources
    ]
    made = adoption.client.create_change_set(
        StackName=adoption.name, ChangeSetName="adopt", ChangeSetType="IMPORT", TemplateBody=body,
        ResourcesToImport=entries, Capabilities=capabilities,
    )  # fmt: skip
    change_set = adoption.client.describe_change_set(ChangeSetName=made["Id"])
    assert change_set["Status"] == "CREATE_COMPLETE", change_set["StatusReason"]
    adoption.carry_out(change_set)

    adoption.client.detect_stack_drift(StackName=adoption.name)
    drifts = adoption.client.describe_stack_resource_drifts(StackName=adoption.name)["StackResourceDrifts"]
    assert {one["LogicalResourceId"]: one["PropertyDifferences"] for one in drifts} == {key: [] for key in resources}


IDENTIFIERS = {
    "Alarm": "AlarmName",
    "Bucket": "BucketName",
    "Function": "FunctionName",
    "Key": "KeyId",
    "Logs": "LogGroupName",
    "Machine": "Arn",
    "Parameter": "Name",
    "Queue": "QueueUrl",
    "Role": "RoleName",
    "Secret": "Id",
    "Table": "TableName",
    "Topic": "TopicArn",
    "User": "UserName",
}


def _table(name: str) -> dict[str, Any]:
    return {
        "TableName": name,
        "BillingMode": "PAY_PER_REQUEST",
        "AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "S"}],
        "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}],
    }


def _alarm(name: str) -> dict[str, Any]:
    return {
        "AlarmName": name,
        "Namespace": "n",
        "MetricName": "m",
        "Statistic": "Sum",
        "Period": 60,
        "EvaluationPeriods": 1,
        "Threshold": 1,
        "ComparisonOperator": "GreaterThanThreshold",
    }


def _of_every_type(name: str) -> dict[str, Any]:
    """A resource of each type that is imported."""
    services = ["lambda.amazonaws.com", "states.amazonaws.com"]
    trust = {"Effect": "Allow", "Principal": {"Service": services}, "Action": "sts:AssumeRole"}
    role = {"Fn::Sub": f"arn:aws:iam::${{AWS::AccountId}}:role/{name}"}
    root = {"AWS": {"Fn::Sub": "arn:aws:iam::${AWS::AccountId}:root"}}
    owner = {"Effect": "Allow", "Principal": root, "Action": "kms:*", "Resource": "*"}
    function = {
        "FunctionName": name,
        "Runtime": PYTHON_RUNTIME,
        "Handler": "index.handler",
        "Role": role,
        "Code": {"ZipFile": "def handler(event, context): pass"},
    }
    machine = {
        "StateMachineName": name,
        "RoleArn": role,
        "DefinitionString": '{"StartAt": "A", "States": {"A": {"Type": "Succeed"}}}',
    }
    properties: dict[str, tuple[str, dict[str, Any]]] = {
        "Role": (
            "AWS::IAM::Role",
            {"RoleName": name, "AssumeRolePolicyDocument": {"Version": "2012-10-17", "Statement": [trust]}},
        ),
        "Alarm": ("AWS::CloudWatch::Alarm", _alarm(name)),
        "Bucket": ("AWS::S3::Bucket", {"BucketName": name}),
        "Function": ("AWS::Lambda::Function", function),
        "Key": ("AWS::KMS::Key", {"KeyPolicy": {"Version": "2012-10-17", "Statement": [owner]}}),
        "Logs": ("AWS::Logs::LogGroup", {"LogGroupName": f"/{name}", "RetentionInDays": 7}),
        "Machine": ("AWS::StepFunctions::StateMachine", machine),
        "Parameter": ("AWS::SSM::Parameter", {"Name": f"/{name}/p", "Type": "String", "Value": "v"}),
        "Queue": ("AWS::SQS::Queue", {"QueueName": f"{name}-q"}),
        "Secret": ("AWS::SecretsManager::Secret", {"Name": name, "SecretString": "s"}),
        "Table": ("AWS::DynamoDB::Table", _table(name)),
        "Topic": ("AWS::SNS::Topic", {"TopicName": name}),
        "User": ("AWS::IAM::User", {"UserName": name}),
    }
    return {
        key: {"Type": kind, "Properties": given} | ({} if key == "Role" else {"DependsOn": "Role"})
        for key, (kind, given) in properties.items()
    }
