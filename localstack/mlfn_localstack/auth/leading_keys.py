"""The partition key values that a DynamoDB request touches: condition key `dynamodb:LeadingKeys`.

https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/specifying-conditions.html
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mlfn_localstack.service import Params

_EQUALITY = re.compile(r"\(?\s*(#?[\w.-]+)\s*=\s*(:\w+)")


def leading_keys(key_name: str, params: Params) -> tuple[str, ...]:
    """The values of the partition key `key_name` in an operation's (or transaction item's) parameters."""
    values = [params[member].get(key_name) for member in ("Item", "Key") if isinstance(params.get(member), dict)]
    values += _in_requests(key_name, params.get("Requests"))
    if "KeyConditionExpression" in params:
        values += _in_expression(key_name, params)
    values += [
        value
        for value in params.get("KeyConditions", {}).get(key_name, {}).get("AttributeValueList", ())
        if isinstance(value, dict)
    ]
    return tuple(_text(value) for value in values if isinstance(value, dict))


def _in_requests(key_name: str, requests: Any) -> list[Any]:
    """Of BatchGetItem's keys, or BatchWriteItem's puts and deletes."""
    if isinstance(requests, dict):
        return [key.get(key_name) for key in requests.get("Keys", ())]
    found = []
    for request in requests or ():
        found += [put["Item"].get(key_name) for put in (request.get("PutRequest"),) if put]
        found += [delete["Key"].get(key_name) for delete in (request.get("DeleteRequest"),) if delete]
    return found


def _in_expression(key_name: str, params: Params) -> list[Any]:
    names = params.get("ExpressionAttributeNames", {})
    values = params.get("ExpressionAttributeValues", {})
    return [
        values.get(value)
        for name, value in _EQUALITY.findall(params["KeyConditionExpression"])
        if names.get(name, name) == key_name
    ]


def _text(value: dict[str, Any]) -> str:
    item = next(iter(value.values()), "")
    return item.decode("latin-1") if isinstance(item, bytes) else str(item)
