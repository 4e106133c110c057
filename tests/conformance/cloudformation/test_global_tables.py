"""AWS::DynamoDB::GlobalTable, as the CDK's TableV2 writes it."""

from __future__ import annotations

import json
import uuid
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import WaiterError

if TYPE_CHECKING:
    from tests.fixtures.emulator import LiveEmulator

FAST = {"Delay": 1}
REPLICA = {"Region": "us-east-1", "PointInTimeRecoverySpecification": {"PointInTimeRecoveryEnabled": True}}


def template(**properties: Any) -> str:
    """A global table with an index."""
    hashed = {"AttributeName": "id", "KeyType": "HASH"}
    index = {"IndexName": "by-id", "KeySchema": [hashed], "Projection": {"ProjectionType": "ALL"}}
    table = {
        "AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "S"}],
        "BillingMode": "PAY_PER_REQUEST",
        "GlobalSecondaryIndexes": [index],
        "KeySchema": [hashed],
        "Replicas": [REPLICA],
        "StreamSpecification": {"StreamViewType": "NEW_IMAGE"},
    }
    outputs = {name: {"Value": {"Fn::GetAtt": ["Table", name]}} for name in ("Arn", "StreamArn", "TableId")}
    resource = {"Type": "AWS::DynamoDB::GlobalTable", "Properties": table | properties}
    return json.dumps({"Resources": {"Table": resource}, "Outputs": outputs | {"Name": {"Value": {"Ref": "Table"}}}})


def deploy(client: Any, stack: str, body: str, kind: str = "create") -> dict[str, str]:
    """What the stack puts out."""
    getattr(client, f"{kind}_stack")(StackName=stack, TemplateBody=body, Tags=[{"Key": "team", "Value": "web"}])
    client.get_waiter(f"stack_{kind}_complete").wait(StackName=stack, WaiterConfig=FAST)
    (found,) = client.describe_stacks(StackName=stack)["Stacks"]
    return {one["OutputKey"]: one["OutputValue"] for one in found["Outputs"]}


def test_a_global_table_with_one_replica_is_a_table(emulator: LiveEmulator) -> None:
    client, dynamodb = emulator.client("cloudformation"), emulator.client("dynamodb")
    name = f"global-{uuid.uuid4().hex[:8]}"

    outputs = deploy(client, name, template())
    deploy(client, name, template(Replicas=[REPLICA | {"DeletionProtectionEnabled": True}]), "update")

    table = dynamodb.describe_table(TableName=outputs["Name"])["Table"]
    tags = dynamodb.list_tags_of_resource(ResourceArn=outputs["Arn"])["Tags"]
    assert (outputs["Arn"], outputs["TableId"]) == (table["TableArn"], table["TableId"])
    assert table["GlobalSecondaryIndexes"][0]["IndexName"] == "by-id"
    assert table["DeletionProtectionEnabled"]
    assert {"Key": "team", "Value": "web"} in tags
    deploy(client, name, template(), "update")
    client.delete_stack(StackName=name)
    client.get_waiter("stack_delete_complete").wait(StackName=name, WaiterConfig=FAST)


@pytest.mark.parametrize(
    ("properties", "what"),
    [
        ({"Replicas": [REPLICA, {"Region": "eu-west-1"}]}, "global tables with replicas elsewhere than in us-east-1"),
        ({"BillingMode": "PROVISIONED"}, "global tables of another BillingMode than PAY_PER_REQUEST"),
    ],
    ids=["replicas", "capacity"],
)
def test_what_takes_more_than_a_table_is_refused_by_name(
    emulator: LiveEmulator, properties: dict[str, Any], what: str
) -> None:
    client, name = emulator.client("cloudformation"), f"global-{uuid.uuid4().hex[:8]}"

    with pytest.raises(WaiterError, match="ROLLBACK_COMPLETE"):
        deploy(client, name, template(**properties))

    events = client.describe_stack_events(StackName=name)["StackEvents"]
    (reason,) = [one["ResourceStatusReason"] for one in events if one["ResourceStatus"] == "CREATE_FAILED"]
    assert f"The emulator does not support {what}." in reason
