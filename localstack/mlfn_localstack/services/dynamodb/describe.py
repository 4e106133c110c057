"""Tables as DescribeTable and its relatives show them."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mlfn_localstack.services.dynamodb.database import Database
    from mlfn_localstack.services.dynamodb.model import Index, Key, KeySchema, Table, Throughput

_ON_DEMAND_READS, _ON_DEMAND_WRITES = 12_000, 4_000


def describe(database: Database, table: Table, status: str = "ACTIVE") -> dict[str, Any]:
    """A TableDescription."""
    total = database.items.totals.of_table(table)
    description: dict[str, Any] = {
        "AttributeDefinitions": [_definition(key) for key in _attributes(table)],
        "TableName": table.name,
        "KeySchema": _key_schema(table.schema),
        "TableStatus": status,
        "CreationDateTime": table.created_at,
        "ProvisionedThroughput": {
            "NumberOfDecreasesToday": 0,
            "ReadCapacityUnits": table.throughput.read,
            "WriteCapacityUnits": table.throughput.write,
        },
        "TableSizeBytes": total.size,
        "ItemCount": total.items,
        "TableArn": table.arn,
        "TableId": table.uuid,
        "DeletionProtectionEnabled": table.deletion_protection,
    }
    _add_settings(description, table, status)
    for member, indexes in (
        ("LocalSecondaryIndexes", table.local_indexes),
        ("GlobalSecondaryIndexes", table.global_indexes),
    ):
        if indexes:
            description[member] = [describe_index(database, table, index) for index in indexes]
    return description


def describe_index(database: Database, table: Table, index: Index, status: str = "ACTIVE") -> dict[str, Any]:
    """An index's description."""
    projection: dict[str, Any] = {"ProjectionType": str(index.projection)}
    if index.include:
        projection["NonKeyAttributes"] = list(index.include)
    total = database.items.totals.of_index(table, index)
    description: dict[str, Any] = {
        "IndexName": index.name,
        "KeySchema": _key_schema(index.schema),
        "Projection": projection,
        "IndexSizeBytes": total.size,
        "ItemCount": total.items,
        "IndexArn": f"{table.arn}/index/{index.name}",
    }
    if not index.local:
        description["IndexStatus"] = status
        description["ProvisionedThroughput"] = {
            "NumberOfDecreasesToday": 0,
            "ReadCapacityUnits": index.throughput.read,
            "WriteCapacityUnits": index.throughput.write,
        }
        if status != "CREATING":
            description["WarmThroughput"] = _warm_throughput(table, index.throughput)
    return description


def _add_settings(description: dict[str, Any], table: Table, status: str) -> None:
    if table.on_demand:
        description["BillingModeSummary"] = {"BillingMode": "PAY_PER_REQUEST"}
    if status != "CREATING":
        description["WarmThroughput"] = _warm_throughput(table, table.throughput)
    if table.on_demand and status != "CREATING":
        description["BillingModeSummary"]["LastUpdateToPayPerRequestDateTime"] = table.on_demand_since
    if table.stream:
        description["StreamSpecification"] = {"StreamEnabled": True, "StreamViewType": str(table.stream.view)}
    newest = table.stream or table.last_stream
    if newest:
        description["LatestStreamLabel"] = newest.label
        description["LatestStreamArn"] = table.stream_arn
    if table.table_class:
        description["TableClassSummary"] = {"TableClass": table.table_class}
    if table.encryption and table.encryption.get("Enabled"):
        description["SSEDescription"] = describe_encryption(table, table.encryption)


def describe_encryption(table: Table, encryption: dict[str, Any], status: str = "ENABLED") -> dict[str, Any]:
    """How a table's items are encrypted, if not by a key of DynamoDB's own."""
    region, account = table.arn.split(":")[3:5]
    own = f"key/{uuid.uuid5(uuid.NAMESPACE_URL, f'alias/aws/dynamodb {account} {region}')}"
    key = encryption.get("KMSMasterKeyId") or f"arn:aws:kms:{region}:{account}:{own}"
    return {"Status": status, "SSEType": encryption.get("SSEType", "KMS"), "KMSMasterKeyArn": _key_arn(table, key)}


def _warm_throughput(table: Table, throughput: Throughput) -> dict[str, Any]:
    """What a table or index could take at once: as much as it was provisioned with, or what new ones on demand can."""
    read, write = (_ON_DEMAND_READS, _ON_DEMAND_WRITES) if table.on_demand else (throughput.read, throughput.write)
    return {"ReadUnitsPerSecond": read, "WriteUnitsPerSecond": write, "Status": "ACTIVE"}


def _key_arn(table: Table, key: str) -> str:
    if key.startswith("arn:"):
        return key
    region, account = table.arn.split(":")[3:5]
    return f"arn:aws:kms:{region}:{account}:{key if key.startswith('alias/') else f'key/{key}'}"


def _attributes(table: Table) -> list[Key]:
    """The key attributes of the table and its indexes, each once."""
    keys = [*table.schema.keys, *(key for index in table.indexes for key in index.schema.keys)]
    return list({key.name: key for key in keys}.values())


def _definition(key: Key) -> dict[str, str]:
    return {"AttributeName": key.name, "AttributeType": key.kind}


def _key_schema(schema: KeySchema) -> list[dict[str, str]]:
    elements = [{"AttributeName": schema.hash.name, "KeyType": "HASH"}]
    if schema.range is not None:
        elements.append({"AttributeName": schema.range.name, "KeyType": "RANGE"})
    return elements
