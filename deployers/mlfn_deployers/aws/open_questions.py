"""What pipelines have asked people, and nobody has answered."""

from __future__ import annotations

from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

from mlfn.ingress.questions import OPEN_INDEX

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient


def open_questions(client: DynamoDBClient, table: str) -> int | None:
    """How many there are in a table; None if it cannot be read."""
    pages = client.get_paginator("query").paginate(
        TableName=table,
        IndexName=OPEN_INDEX,
        KeyConditionExpression="#open = :one",
        ExpressionAttributeNames={"#open": "open"},
        ExpressionAttributeValues={":one": {"S": "1"}},
        Select="COUNT",
    )
    try:
        return sum(page["Count"] for page in pages)
    except ClientError:
        return None
