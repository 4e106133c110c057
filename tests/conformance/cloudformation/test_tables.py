"""AWS::DynamoDB::Table and GlobalTable whose capacity, class, protection and indexes a template changes."""

from __future__ import annotations

import json
import uuid
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.fixtures.emulator import LiveEmulator

    Deployed = Callable[..., dict[str, Any]]

FAST = {"Delay": 1}
HASHED = [{"AttributeName": "id", "KeyType": "HASH"}]
INDEX = {"IndexName": "by-id", "KeySchema": HASHED, "Projection": {"ProjectionType": "ALL"}}
ON_DEMAND: dict[str, Any] = {"BillingMode": "PAY_PER_REQUEST", "GlobalSecondaryIndexes": [INDEX]}


def units(read: int, write: int) -> dict[str, Any]:
    return {"ProvisionedThroughput": {"ReadCapacityUnits": read, "WriteCapacityUnits": write}}


def template(kind: str, properties: dict[str, Any]) -> str:
    keys = {"KeySchema": HASHED, "AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "S"}]}
    table = {"Type": f"AWS::DynamoDB::{kind}", "Properties": keys | properties}
    return json.dumps({"Resources": {"T": table}, "Outputs": {"Name": {"Value": {"Ref": "T"}}}})


@pytest.fixture
def deployed(emulator: LiveEmulator) -> Iterator[Deployed]:
    """Deploys a table with these properties, to the same stack each time, and describes it."""
    client, dynamodb = emulator.client("cloudformation"), emulator.client("dynamodb")
    stack, kinds = f"tables-{uuid.uuid4().hex[:8]}", iter(("create", "update", "update", "update"))

    def deploy(resource: str = "Table", **properties: Any) -> dict[str, Any]:
        kind = next(kinds)
        getattr(client, f"{kind}_stack")(StackName=stack, TemplateBody=template(resource, properties))
        client.get_waiter(f"stack_{kind}_complete").wait(StackName=stack, WaiterConfig=FAST)
        (output,) = client.describe_stacks(StackName=stack)["Stacks"][0]["Outputs"]
        table: dict[str, Any] = dynamodb.describe_table(TableName=output["OutputValue"])["Table"]
        return table

    yield deploy
    client.delete_stack(StackName=stack)
    client.get_waiter("stack_delete_complete").wait(StackName=stack, WaiterConfig=FAST)


def test_one_update_changes_what_the_service_changes_one_after_the_other(deployed: Deployed) -> None:
    deployed(**units(1, 1), DeletionProtectionEnabled=True)

    table = deployed(
        **ON_DEMAND,
        OnDemandThroughput={"MaxReadRequestUnits": 9},
        TableClass="STANDARD_INFREQUENT_ACCESS",
        StreamSpecification={"StreamViewType": "KEYS_ONLY"},
        SSESpecification={"SSEEnabled": True},
        WarmThroughput={"ReadUnitsPerSecond": 13000},
    )

    assert table["BillingModeSummary"]["BillingMode"] == "PAY_PER_REQUEST"
    assert table["OnDemandThroughput"] == {"MaxReadRequestUnits": 9}
    assert table["TableClassSummary"]["TableClass"] == "STANDARD_INFREQUENT_ACCESS"
    assert table["StreamSpecification"] == {"StreamEnabled": True, "StreamViewType": "KEYS_ONLY"}
    assert table["SSEDescription"]["Status"] == "ENABLED"
    assert table["WarmThroughput"]["ReadUnitsPerSecond"] == 13000
    assert [one["IndexName"] for one in table["GlobalSecondaryIndexes"]] == ["by-id"]
    assert not table["DeletionProtectionEnabled"]


def test_what_a_template_no_longer_says_goes_back(deployed: Deployed) -> None:
    deployed(**ON_DEMAND, OnDemandThroughput={"MaxReadRequestUnits": 9}, TableClass="STANDARD_INFREQUENT_ACCESS")

    table = deployed(**ON_DEMAND)

    assert "OnDemandThroughput" not in table
    assert table["TableClassSummary"]["TableClass"] == "STANDARD"


def test_an_index_stays_while_what_it_can_take_changes(deployed: Deployed) -> None:
    first = deployed(**ON_DEMAND)
    deployed(BillingMode="PROVISIONED", **units(2, 2), GlobalSecondaryIndexes=[INDEX | units(3, 3)])
    deployed(**units(2, 2), GlobalSecondaryIndexes=[INDEX | units(4, 3)])

    table = deployed(**units(2, 2), GlobalSecondaryIndexes=[INDEX | units(4, 5)])

    (before,), (index,) = first["GlobalSecondaryIndexes"], table["GlobalSecondaryIndexes"]
    assert index["IndexArn"] == before["IndexArn"]
    assert index["ProvisionedThroughput"].items() > units(4, 5)["ProvisionedThroughput"].items()
    assert table["ProvisionedThroughput"].items() > units(2, 2)["ProvisionedThroughput"].items()


def test_a_global_table_is_limited_where_it_writes_and_its_replica_where_it_reads(deployed: Deployed) -> None:
    replica = {
        "Region": "us-east-1",
        "ReadOnDemandThroughputSettings": {"MaxReadRequestUnits": 7},
        "DeletionProtectionEnabled": False,
    }

    table = deployed(
        "GlobalTable",
        BillingMode="PAY_PER_REQUEST",
        Replicas=[replica],
        WriteOnDemandThroughputSettings={"MaxWriteRequestUnits": 8},
        WarmThroughput={"WriteUnitsPerSecond": 5000},
    )

    assert table["OnDemandThroughput"] == {"MaxReadRequestUnits": 7, "MaxWriteRequestUnits": 8}
    assert table["WarmThroughput"]["WriteUnitsPerSecond"] == 5000


@pytest.mark.parametrize("kind", ["Table", "GlobalTable"])
def test_a_policy_comes_with_a_table_and_goes_with_the_template(
    emulator: LiveEmulator, deployed: Deployed, kind: str
) -> None:
    statement = {"Effect": "Allow", "Principal": {"AWS": "000000000000"}, "Action": "dynamodb:Scan", "Resource": "*"}
    policy = {"ResourcePolicy": {"PolicyDocument": {"Version": "2012-10-17", "Statement": [statement]}}}
    client = emulator.client("dynamodb")

    def deploy(properties: dict[str, Any]) -> str:
        if kind == "GlobalTable":
            properties = {"Replicas": [{"Region": "us-east-1", **properties}]}
        return str(deployed(kind, BillingMode="PAY_PER_REQUEST", **properties)["TableArn"])

    arn = deploy(policy)

    assert json.loads(client.get_resource_policy(ResourceArn=arn)["Policy"])["Statement"] == [statement]
    deploy({})
    with pytest.raises(ClientError, match="PolicyNotFoundException"):
        client.get_resource_policy(ResourceArn=arn)
