"""An emulator of another region and account: its ARNs say so, and clients of other regions are turned away."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from botocore.exceptions import ClientError
from tests.fixtures.emulator import LiveEmulator

from mlfn_localstack.process import read_credentials, start, stop

if TYPE_CHECKING:
    from collections.abc import Iterator

REGION, ACCOUNT = "eu-west-1", "123456789012"
PLACE = f"{REGION}:{ACCOUNT}"


@pytest.fixture(scope="module")
def abroad(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveEmulator]:
    """An emulator that is told where it is."""
    state_dir = tmp_path_factory.mktemp("abroad")
    running = start(state_dir, port=0, arguments=("--region", REGION, "--account-id", ACCOUNT))
    try:
        credentials = read_credentials(state_dir)
        assert credentials is not None
        yield LiveEmulator(endpoint=running.endpoint, credentials=credentials, state_dir=state_dir)
    finally:
        stop(state_dir)


def test_arns_say_where_the_emulator_is(abroad: LiveEmulator) -> None:
    sqs, table = abroad.client("sqs"), abroad.client("dynamodb")
    url = sqs.create_queue(QueueName="q")["QueueUrl"]
    described = table.create_table(
        TableName="placed",
        KeySchema=[{"AttributeName": "k", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "k", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
    )["TableDescription"]

    assert abroad.client("sts").get_caller_identity()["Account"] == ACCOUNT
    arn = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    assert arn == f"arn:aws:sqs:{PLACE}:q"
    assert described["TableArn"] == f"arn:aws:dynamodb:{PLACE}:table/placed"
    assert abroad.client("sns").create_topic(Name="t")["TopicArn"] == f"arn:aws:sns:{PLACE}:t"
    assert abroad.client("kms").create_key()["KeyMetadata"]["Arn"].startswith(f"arn:aws:kms:{PLACE}:key/")


def test_stacks_are_of_the_emulators_region(abroad: LiveEmulator) -> None:
    stacks = abroad.client("cloudformation")
    template = (
        '{"Resources": {"Q": {"Type": "AWS::SQS::Queue"}, "B": {"Type": "AWS::S3::Bucket"}},'
        ' "Outputs": {"Arn": {"Value": {"Fn::GetAtt": ["Q", "Arn"]}}, "Place": {"Value": {"Fn::Sub":'
        ' "${AWS::Region}:${AWS::AccountId}"}}}}'
    )
    stacks.create_stack(StackName="placed", TemplateBody=template)
    stacks.get_waiter("stack_create_complete").wait(StackName="placed", WaiterConfig={"Delay": 1, "MaxAttempts": 30})
    stack = stacks.describe_stacks(StackName="placed")["Stacks"][0]

    outputs = {each["OutputKey"]: each["OutputValue"] for each in stack["Outputs"]}
    assert outputs["Place"] == PLACE
    assert outputs["Arn"].startswith(f"arn:aws:sqs:{PLACE}:placed-Q-")
    assert stack["StackId"].startswith(f"arn:aws:cloudformation:{PLACE}:stack/placed/")


def test_a_client_of_another_region_is_turned_away(abroad: LiveEmulator) -> None:
    with pytest.raises(ClientError) as caught:
        abroad.client("sqs", region_name="us-east-1").list_queues()

    assert "Credential should be scoped to a valid region" in str(caught.value)
