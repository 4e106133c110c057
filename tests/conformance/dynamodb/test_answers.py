"""What DynamoDB shows of tables and failed conditions, as AWS was recorded (2023 to 2025)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError

if TYPE_CHECKING:
    from tests.fixtures.emulator import LiveEmulator

KEYS: dict[str, Any] = {
    "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}],
    "AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "S"}],
}


def test_a_table_on_demand_shows_what_it_can_take_once_it_is_there(emulator: LiveEmulator) -> None:
    client = emulator.client("dynamodb")

    created = client.create_table(TableName="shown-on-demand", BillingMode="PAY_PER_REQUEST", **KEYS)

    assert created["TableDescription"]["BillingModeSummary"] == {"BillingMode": "PAY_PER_REQUEST"}
    assert "WarmThroughput" not in created["TableDescription"]
    table = client.describe_table(TableName="shown-on-demand")["Table"]
    assert set(table["BillingModeSummary"]) == {"BillingMode", "LastUpdateToPayPerRequestDateTime"}
    assert table["WarmThroughput"] == {"ReadUnitsPerSecond": 12000, "WriteUnitsPerSecond": 4000, "Status": "ACTIVE"}


def test_a_provisioned_table_can_take_what_it_was_provisioned_with(emulator: LiveEmulator) -> None:
    client = emulator.client("dynamodb")
    throughput = {"ReadCapacityUnits": 5, "WriteCapacityUnits": 6}
    client.create_table(TableName="shown-provisioned", ProvisionedThroughput=throughput, **KEYS)

    warm = client.describe_table(TableName="shown-provisioned")["Table"]["WarmThroughput"]

    assert warm == {"ReadUnitsPerSecond": 5, "WriteUnitsPerSecond": 6, "Status": "ACTIVE"}


def test_the_item_of_a_failed_condition_comes_with_a_capital_message(emulator: LiveEmulator) -> None:
    client = emulator.client("dynamodb")
    client.create_table(TableName="shown-conditions", BillingMode="PAY_PER_REQUEST", **KEYS)
    client.put_item(TableName="shown-conditions", Item={"id": {"S": "1"}})

    with pytest.raises(ClientError) as caught:
        client.delete_item(
            TableName="shown-conditions",
            Key={"id": {"S": "1"}},
            ConditionExpression="attribute_exists(price)",
            ReturnValuesOnConditionCheckFailure="ALL_OLD",
        )

    response: dict[str, Any] = dict(caught.value.response)
    assert response["Error"]["Message"] == "The conditional request failed"
    assert response["Item"] == {"id": {"S": "1"}}
    assert "message" not in response


def test_encryption_that_is_switched_off_is_shown_until_it_is_gone(emulator: LiveEmulator) -> None:
    client = emulator.client("dynamodb")
    settings = {"TableName": "shown-encryption", "SSESpecification": {"Enabled": True}}
    client.create_table(BillingMode="PAY_PER_REQUEST", **settings, **KEYS)
    encryption = client.describe_table(TableName="shown-encryption")["Table"]["SSEDescription"]

    same = client.update_table(**settings)["TableDescription"]["SSEDescription"]
    off = client.update_table(TableName="shown-encryption", SSESpecification={"Enabled": False})

    assert (encryption["SSEType"], encryption["Status"], same) == ("KMS", "ENABLED", encryption)
    assert ":key/" in encryption["KMSMasterKeyArn"]
    assert off["TableDescription"]["SSEDescription"] == {**encryption, "Status": "UPDATING"}
    assert "SSEDescription" not in client.describe_table(TableName="shown-encryption")["Table"]
