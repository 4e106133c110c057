"""What CloudFormation says of templates that it does not take, word for word as AWS was recorded to."""

from __future__ import annotations

import json
import uuid
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError

if TYPE_CHECKING:
    from tests.fixtures.emulator import LiveEmulator

TOPIC = {"Type": "AWS::SNS::Topic"}
NO_RESOURCES = "Template format error: At least one Resources member must be defined."
NO_TEXT = "Template format error: Every Mappings attribute must be a String or a List."


def template(**sections: Any) -> str:
    """A template with a topic, and what else is given."""
    return json.dumps({"Resources": {"Topic": TOPIC}} | sections)


def named(value: Any, **sections: Any) -> str:
    """A template whose topic has a display name that is worked out."""
    return template(Resources={"Topic": {**TOPIC, "Properties": {"DisplayName": value}}}, **sections)


@pytest.fixture(scope="module")
def cloudformation(emulator: LiveEmulator) -> Any:
    return emulator.client("cloudformation")


def refusal(operation: Any, **params: Any) -> str:
    """The message of an operation that is refused."""
    with pytest.raises(ClientError) as caught:
        operation(**params)
    assert caught.value.response["Error"]["Code"] == "ValidationError"
    return str(caught.value.response["Error"]["Message"])


MAP = {"Suffixes": {"A": {"Suffix": "a"}}}


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ('{"this is invalid JSON"}', "Template format error: JSON not well-formed. (line 1, column 25)"),
        ("{}", NO_RESOURCES),
        (template(Resources={"A": "text"}), "Template format error: Any Resources member must be an object."),
        (
            template(Parameters={"P": {"Default": "x"}}),
            "Template format error: Every Parameters object must contain a Type member.",
        ),
        (template(Mappings={"M": {"A": "x"}}), "Template format error: Every Mappings member A must be a map"),
        (template(Mappings={"M": {"A": {"S": {"Ref": "AWS::Region"}}}}), NO_TEXT),
        (template(Mappings={"M": {"A": {"S": {"T": {"U": "x"}}}}}), NO_TEXT),
        (
            named({"Fn::FindInMap": ["Suffixes", {"Ref": "AWS::Region"}, "Suffix"]}, Mappings=MAP),
            "Template error: Unable to get mapping for Suffixes::us-east-1::Suffix",
        ),
        (
            template(Conditions={"C": {"Fn::Equals": [{"Ref": "Topic"}, "x"]}}),
            "Template format error: Unresolved dependencies [Topic]. Cannot reference resources in the Conditions "
            "block of the template",
        ),
        (
            template(Resources={"Topic": {**TOPIC, "Condition": "C"}}),
            "Template format error: Unresolved condition dependency C in the Resources block of the template",
        ),
        (named({"Fn::If": ["C", "a", "b"]}), "Template error: unresolved condition dependency C in Fn::If"),
        (named({"Ref": ["Topic"]}), "Template error: every Ref object must have a single String value."),
        (
            template(Outputs={"O": {"Value": ["x"]}}),
            "Template format error: The Value field of every Outputs member must evaluate to a String and not a List.",
        ),
        (template(Description="x" * 1025), "Template format error: 'Description' length is greater than 1024."),
        (
            template(Outputs={f"O{number}": {"Value": "x"} for number in range(201)}),
            "Template format error: Number of outputs, 201, is greater than maximum allowed, 200",
        ),
        (
            template(Resources={"Topic": {**TOPIC, "DeletionPolicy": "Snapshot"}}),
            "Template error: resource type AWS::SNS::Topic does not support deletion policy Snapshot",
        ),
        (template(Transform={"Name": {"Ref": "Name"}}), "Key Name of transform definition must be a string."),
        (
            template(Parameters={"P": {"Type": "AWS::SSM::Parameter::Value<String>"}}),
            "Parameter P should either have input value or default value",
        ),
    ],
    ids=range(18),
)
def test_a_template_that_is_wrong_is_told_so(cloudformation: Any, body: str, message: str) -> None:
    assert refusal(cloudformation.create_stack, StackName="wrong", TemplateBody=body) == message


def test_conditions_that_need_each_other_are_refused(cloudformation: Any) -> None:
    conditions = {"C": {"Fn::Not": [{"Condition": "D"}]}, "D": {"Fn::Not": [{"Condition": "C"}]}}

    refused = refusal(cloudformation.create_stack, StackName="circle", TemplateBody=template(Conditions=conditions))

    assert "[C, D]" in refused


@pytest.mark.parametrize(
    ("sections", "what"),
    [
        ({"Hooks": {}}, "the template section Hooks"),
        ({"Resources": {"T": {**TOPIC, "UpdatePolicy": {}}}}, "the attribute UpdatePolicy"),
        ({"Parameters": {"P": {"Type": "AWS::EC2::VPC::Id"}}}, "the parameter type AWS::EC2::VPC::Id"),
    ],
)
def test_what_only_aws_has_is_refused_by_name(cloudformation: Any, sections: dict[str, Any], what: str) -> None:
    refused = refusal(cloudformation.create_stack, StackName="beyond", TemplateBody=template(**sections))

    assert refused.startswith(f"The emulator does not support {what}")


@pytest.mark.parametrize(
    ("params", "message"),
    [
        (
            {"ResourceTypes": ["AWS::EC2::*"]},
            "Resource type AWS::SNS::Topic is not allowed by parameter ResourceTypes [AWS::EC2::*]",
        ),
        (
            {"RoleARN": "arn:aws:iam::000000000000:role/nobodys"},
            "Role arn:aws:iam::000000000000:role/nobodys is invalid or cannot be assumed",
        ),
        (
            {"RollbackConfiguration": {"RollbackTriggers": [{"Arn": "arn:aws:x:y:z", "Type": "x"}]}},
            "Rollback Trigger Type not supported",
        ),
        (
            {"RollbackConfiguration": {"RollbackTriggers": [{"Arn": "no-arn", "Type": "AWS::CloudWatch::Alarm"}]}},
            "RelativeId of a Rollback Trigger's ARN is incorrect",
        ),
    ],
    ids=["types", "role", "trigger", "alarm"],
)
def test_a_request_that_is_wrong_is_told_so(cloudformation: Any, params: dict[str, Any], message: str) -> None:
    refused = refusal(cloudformation.create_stack, StackName="wrong", TemplateBody=template(), **params)

    assert refused == message


def test_templates_come_from_s3_by_https(cloudformation: Any) -> None:
    refused = refusal(cloudformation.create_stack, StackName="wrong", TemplateURL="s3://bucket/template")

    assert refused == "S3 error: Domain name specified in bucket is not a valid S3 domain"


def test_what_is_under_review_has_no_summary(cloudformation: Any) -> None:
    name = f"review-{uuid.uuid4().hex[:8]}"
    cloudformation.create_change_set(
        StackName=name, ChangeSetName="first", ChangeSetType="CREATE", TemplateBody=template()
    )

    refused = refusal(cloudformation.get_template_summary, StackName=name)

    assert refused == "GetTemplateSummary cannot be called on REVIEW_IN_PROGRESS stacks."
    assert refusal(cloudformation.get_template, ChangeSetName="first") == "StackName is a required parameter."


class Stored:
    """A stack whose topic shows a value that is stored elsewhere."""

    def __init__(self, emulator: LiveEmulator) -> None:
        self.name = f"stored-{uuid.uuid4().hex[:8]}"
        self.client = emulator.client("cloudformation")
        self._sns = emulator.client("sns")

    def create(self, value: Any, **sections: Any) -> dict[str, Any]:
        """The stack, once it is there."""
        body = named(value, **sections)
        outputs = {"Arn": {"Value": {"Ref": "Topic"}}}
        document = json.dumps(json.loads(body) | {"Outputs": outputs})
        self.client.create_stack(StackName=self.name, TemplateBody=document)
        self.client.get_waiter("stack_create_complete").wait(StackName=self.name, WaiterConfig={"Delay": 1})
        found: dict[str, Any] = self.client.describe_stacks(StackName=self.name)["Stacks"][0]
        return found

    def shown(self, stack: dict[str, Any]) -> str:
        """What the topic shows."""
        attributes = self._sns.get_topic_attributes(TopicArn=stack["Outputs"][0]["OutputValue"])["Attributes"]
        return str(attributes["DisplayName"])


@pytest.fixture
def stored(emulator: LiveEmulator) -> Stored:
    one = Stored(emulator)
    emulator.client("ssm").put_parameter(Name=f"/{one.name}", Value="a,b", Type="String")
    emulator.client("secretsmanager").create_secret(Name=one.name, SecretString='{"key": "hidden"}')
    return one


def test_a_parameter_may_name_one_of_the_parameter_store(stored: Stored) -> None:
    name = f"/{stored.name}"
    kinds = {"One": "AWS::SSM::Parameter::Value<String>", "Many": "AWS::SSM::Parameter::Value<List<String>>"}
    declared = {key: {"Type": kind, "Default": name} for key, kind in kinds.items()}

    stack = stored.create({"Fn::Select": [1, {"Ref": "Many"}]}, Parameters=declared)

    assert stored.shown(stack) == "b"
    assert stack["Parameters"] == [
        {"ParameterKey": key, "ParameterValue": name, "ResolvedValue": "a,b"} for key in ("One", "Many")
    ]


def test_a_parameter_that_is_not_stored_makes_no_stack(cloudformation: Any) -> None:
    declared = {"P": {"Type": "AWS::SSM::Parameter::Value<String>", "Default": "/nothing"}}

    refused = refusal(cloudformation.create_stack, StackName="none", TemplateBody=template(Parameters=declared))

    assert refused == "Unable to fetch parameters [/nothing] from parameter store for this account."


def test_dynamic_references_are_resolved_but_never_shown(stored: Stored) -> None:
    value = f"{{{{resolve:ssm:/{stored.name}:1}}}} {{{{resolve:secretsmanager:{stored.name}:SecretString:key}}}}"

    stack = stored.create(value)

    events = stored.client.describe_stack_events(StackName=stored.name)["StackEvents"]
    assert stored.shown(stack) == "a,b hidden"
    assert "hidden" not in str(events)
    assert {json.loads(one["ResourceProperties"])["DisplayName"] for one in events if "ResourceProperties" in one} == {
        value
    }


def test_events_tell_properties_as_text_and_no_secret_parameter(stored: Stored) -> None:
    secret = {"Type": "String", "NoEcho": True, "Default": "unseen"}

    stored.create({"Ref": "Secret"}, Parameters={"Secret": secret})

    events = stored.client.describe_stack_events(StackName=stored.name)["StackEvents"]
    mine = [one for one in events if one["LogicalResourceId"] == "Topic"]
    assert {one["ResourceProperties"] for one in mine} == {'{"DisplayName":"****"}'}
    assert all(one["EventId"].startswith(f"Topic-{one['ResourceStatus']}-") for one in mine)
