"""Tags and resource policies that a table may not have, as AWS was measured (October 2026)."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.fixtures.emulator import LiveEmulator

INVALID = "One or more parameter values were invalid: "
POLICY = f"{INVALID}Invalid policy document: "
STATEMENT = {
    "Effect": "Allow",
    "Principal": {"AWS": "000000000000"},
    "Action": "dynamodb:Scan",
    "Resource": "*",
}
UNBOUNDED = (
    "Resource-based policy grants unbounded access in one or more elements. Please revise the policy to ensure "
    "least-privilege form of access"
)


@pytest.fixture
def client(emulator: LiveEmulator) -> Any:
    """A client that sends what its model forbids."""
    return emulator.client("dynamodb", config=Config(parameter_validation=False))


@pytest.fixture
def arn(client: Any) -> Iterator[str]:
    created = client.create_table(
        TableName="measured-tags",
        KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "pk", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
    )
    yield created["TableDescription"]["TableArn"]
    client.delete_table(TableName="measured-tags")


def refusal(operation: Any, **params: Any) -> str:
    with pytest.raises(ClientError) as caught:
        operation(**params)
    assert caught.value.response["Error"]["Code"] == "ValidationException"
    return caught.value.response["Error"]["Message"]


@pytest.mark.parametrize(
    ("tags", "message"),
    [
        ([], "Atleast one Tag needs to be provided as Input."),
        ([{"Key": "", "Value": "b"}], "The Tag Key provided is invalid, Key: "),
        ([{"Key": "k" * 129, "Value": "b"}], f"The Tag Key provided is invalid, Key: {'k' * 129}"),
        ([{"Value": "b"}], "The Tag Key provided is invalid, Key: null"),
        ([{"Key": "a"}], "The Tag Value provided is invalid, Value: null"),
        ([{"Key": "a", "Value": "one,two"}], "The Tag Value provided is invalid, Value: one,two"),
        ([{"Key": "a", "Value": "100%"}], "The Tag Value provided is invalid, Value: 100%"),
        ([{"Key": "aws:a", "Value": "b"}], "Tag Key cannot be prefixed with aws:, Key: aws:a"),
        ([{"Key": "a", "Value": "b"}] * 2, "Duplicate Tag Keys provided as input: Duplicate Tag Key found a"),
        (
            [{"Key": f"k{number}", "Value": ""} for number in range(51)],
            "Number of Tags exceed the current limit for the provided ResourceArn",
        ),
    ],
    ids=["none", "empty", "long", "no key", "no value", "comma", "percent", "reserved", "twice", "too many"],
)
def test_a_wrong_tag_is_refused_and_none_is_added(client: Any, arn: str, tags: list[Any], message: str) -> None:
    good = [{"Key": "good", "Value": "one"}] * bool(tags)

    assert refusal(client.tag_resource, ResourceArn=arn, Tags=[*good, *tags]) == message
    assert client.list_tags_of_resource(ResourceArn=arn)["Tags"] == []


def test_tags_are_letters_of_any_script_and_some_marks(client: Any, arn: str) -> None:
    tags = [{"Key": "ключ", "Value": "Käse 表 a+b-c=d.e_f:g/h@i"}]

    client.tag_resource(ResourceArn=arn, Tags=tags)

    assert client.list_tags_of_resource(ResourceArn=arn)["Tags"] == tags


def test_tags_are_asked_for_by_the_arn_of_a_table(client: Any, arn: str) -> None:
    lists = client.list_tags_of_resource
    bucket, index = "arn:aws:s3:::bucket", f"{arn}/index/by-g"

    assert refusal(lists, ResourceArn="measured-tags") == f"{INVALID}ARNs must start with 'arn:': measured-tags"
    assert refusal(lists, ResourceArn=bucket) == f"{INVALID}Provided Arn is not a DynamoDB resource arn: {bucket}"
    only = "Invalid resource arn provided, only table or stream is accepted. Provided resource arn"
    assert refusal(lists, ResourceArn=index) == f"{INVALID}{only}: {index}"


def test_a_table_of_another_region_is_not_described(client: Any, arn: str) -> None:
    elsewhere = arn.replace("us-east-1", "eu-west-1")

    message = refusal(client.describe_table, TableName=elsewhere)

    assert message == f"1 validation error detected: Invalid AWS region in '{elsewhere}'"


@pytest.mark.parametrize(
    ("statements", "message"),
    [
        ([], f"{POLICY}Could not parse the policy: Statement is empty!"),
        ([{}], f"{POLICY}Missing required field Effect"),
        (
            [{name: value for name, value in STATEMENT.items() if name != "Resource"}],
            f"{POLICY}Missing required field Resource",
        ),
        ([{"Sid": "a", **STATEMENT}] * 2, f"{POLICY}The Statement Ids in the policy are not unique"),
        ([STATEMENT | {"Principal": "*"}], UNBOUNDED),
        ([STATEMENT | {"Principal": {"AWS": "*"}}], UNBOUNDED),
    ],
    ids=["none", "nothing", "no resource", "same ids", "everybody", "every account"],
)
def test_a_wrong_policy_is_refused(client: Any, arn: str, statements: list[Any], message: str) -> None:
    text = json.dumps({"Version": "2012-10-17", "Statement": statements})

    assert refusal(client.put_resource_policy, ResourceArn=arn, Policy=text) == message


def test_everybody_may_be_denied_or_let_in_under_a_condition(client: Any, arn: str) -> None:
    own = {"StringEquals": {"aws:PrincipalAccount": "000000000000"}}
    allowed = STATEMENT | {"Principal": "*", "Condition": own}
    text = json.dumps(
        {"Version": "2012-10-17", "Statement": [STATEMENT | {"Principal": "*", "Effect": "Deny"}, allowed]}
    )

    client.put_resource_policy(ResourceArn=arn, Policy=text)

    assert client.get_resource_policy(ResourceArn=arn)["Policy"] == text
