"""The release log: every move of traffic, appended to the stage's audit table under `V#<app>`.

Its entries are facts about deployments, not records of calls: no chain, no expiry, and no model's role may write them.
"""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

from mlfn_engine.releases.history import Shift

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

LIMIT = 200
"""Entries that are read, at most: what is older nobody rolls back to."""


def append(client: DynamoDBClient, table: str, app: str, shift: Shift) -> None:
    """Write an entry; nothing that is there is ever replaced."""
    item = {"pk": {"S": f"V#{app}"}, "sk": {"S": f"{shift.at}#{uuid.uuid4().hex[:8]}"}, "j": {"S": shift.to_json()}}
    client.put_item(TableName=table, Item=item, ConditionExpression="attribute_not_exists(pk)")


def newest(client: DynamoDBClient, table: str, app: str) -> tuple[Shift, ...]:
    """The newest entries, newest first; none if there is no table yet."""
    try:
        answer = client.query(
            TableName=table,
            KeyConditionExpression="pk = :app",
            ExpressionAttributeValues={":app": {"S": f"V#{app}"}},
            ScanIndexForward=False,
            Limit=LIMIT,
            ConsistentRead=True,
        )
    except ClientError as error:
        if error.response["Error"]["Code"] == "ResourceNotFoundException":
            return ()
        raise
    return tuple(Shift.from_json(item["j"]["S"]) for item in answer["Items"])
