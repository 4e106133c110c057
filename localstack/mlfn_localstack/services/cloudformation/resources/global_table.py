"""AWS::DynamoDB::GlobalTable with its only replica here: what the CDK's TableV2 makes."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, ClassVar

from mlfn_localstack.service import ServiceError
from mlfn_localstack.services.cloudformation.resources.dynamodb import KEY_SCHEMA, LOCAL_INDEX, POLICY, WARM, Table
from mlfn_localstack.services.cloudformation.schema import BOOLEAN, INTEGER, STRING, TAGS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mlfn_localstack.services.cloudformation.resources.handler import Made, Request

_REPLICA = {
    "DeletionProtectionEnabled": BOOLEAN,
    "PointInTimeRecoverySpecification": {"PointInTimeRecoveryEnabled": BOOLEAN, "RecoveryPeriodInDays": INTEGER},
    "ReadOnDemandThroughputSettings": {"MaxReadRequestUnits": INTEGER},
    "Region!": STRING,
    "ResourcePolicy": POLICY,
    "SSESpecification": {"KMSMasterKeyId!": STRING},
    "TableClass": STRING,
    "Tags": TAGS,
}
_OF_TABLE = (
    "AttributeDefinitions",
    "BillingMode",
    "GlobalSecondaryIndexes",
    "KeySchema",
    "LocalSecondaryIndexes",
    "StreamSpecification",
    "TableName",
    "TimeToLiveSpecification",
    "WarmThroughput",
)
_OF_REPLICA = ("DeletionProtectionEnabled", "PointInTimeRecoverySpecification", "ResourcePolicy", "TableClass", "Tags")


class GlobalTable(Table):
    """A table that could have replicas."""

    properties: ClassVar[Mapping[str, Any]] = {
        "AttributeDefinitions!": [{"AttributeName!": STRING, "AttributeType!": STRING}],
        "BillingMode": STRING,
        "GlobalSecondaryIndexes": [LOCAL_INDEX],
        "KeySchema!": KEY_SCHEMA,
        "LocalSecondaryIndexes": [LOCAL_INDEX],
        "Replicas!": [_REPLICA],
        "SSESpecification": {"SSEEnabled!": BOOLEAN, "SSEType": STRING},
        "StreamSpecification": {"StreamViewType!": STRING},
        "TableName": STRING,
        "TimeToLiveSpecification": {"AttributeName": STRING, "Enabled!": BOOLEAN},
        "WarmThroughput": WARM,
        "WriteOnDemandThroughputSettings": {"MaxWriteRequestUnits": INTEGER},
    }
    attributes = frozenset({"Arn", "StreamArn", "TableId"})

    def tagged(self, properties: Mapping[str, Any], stack_tags: Mapping[str, str]) -> Mapping[str, Any]:
        """The properties with the stack's tags at their replicas, which is where tags are."""
        replicas = properties.get("Replicas", [])
        if not stack_tags or not all(isinstance(one, dict) for one in replicas):
            return properties
        return {**properties, "Replicas": [dict(super(GlobalTable, self).tagged(one, stack_tags)) for one in replicas]}

    async def create(self, request: Request) -> Made:
        """Create the table that its replica here is."""
        return await super().create(_as_table(request))

    async def update(self, request: Request, physical_id: str, old: Mapping[str, Any]) -> Made:
        """Change the table that its replica here is."""
        before = _table_of(old, request.region) if old else old
        return await super().update(_as_table(request), physical_id, before)

    async def _made(self, request: Request, name: str) -> Made:
        made = await super()._made(request, name)
        table = (await request.call("dynamodb", "DescribeTable", TableName=name))["Table"]
        return replace(made, attributes=made.attributes | {"TableId": table["TableId"]})


def _as_table(request: Request) -> Request:
    return replace(request, properties=_table_of(request.properties, request.region))


def _table_of(properties: Mapping[str, Any], region: str) -> dict[str, Any]:
    """The properties of the only replica, as those of a table.

    Raises:
        ServiceError: InvalidRequest: there are others, or capacity that would have to follow the load.
    """
    replicas = properties["Replicas"]
    if [one["Region"] for one in replicas] != [region]:
        raise _unsupported(f"global tables with replicas elsewhere than in {region}")
    if properties.get("BillingMode") != "PAY_PER_REQUEST":
        raise _unsupported("global tables of another BillingMode than PAY_PER_REQUEST")
    table = {name: properties[name] for name in _OF_TABLE if name in properties}
    table |= {name: replicas[0][name] for name in _OF_REPLICA if name in replicas[0]}
    reads, writes = replicas[0].get("ReadOnDemandThroughputSettings"), properties.get("WriteOnDemandThroughputSettings")
    if reads or writes:
        table["OnDemandThroughput"] = (reads or {}) | (writes or {})
    if "SSESpecification" in properties:
        table["SSESpecification"] = properties["SSESpecification"] | replicas[0].get("SSESpecification", {})
    return table


def _unsupported(what: str) -> ServiceError:
    return ServiceError("InvalidRequest", f"The emulator does not support {what}.")
