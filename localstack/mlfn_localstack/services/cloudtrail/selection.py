"""Which calls are events, of which kind, and which of them a trail takes.

https://docs.aws.amazon.com/awscloudtrail/latest/userguide/logging-data-events-with-cloudtrail.html
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from mlfn_localstack.auth.actions import accesses
from mlfn_localstack.auth.principals import PrincipalKind, principal_of

if TYPE_CHECKING:
    from mlfn_localstack.service import Params, RequestContext

_ITEM_OPERATIONS = frozenset(
    {"BatchGetItem", "BatchWriteItem", "DeleteItem", "GetItem", "PutItem", "Query", "Scan", "TransactGetItems"}
    | {"TransactWriteItems", "UpdateItem", "BatchExecuteStatement", "ExecuteStatement", "ExecuteTransaction"}
)
_NEVER = frozenset({("logs", "PutLogEvents"), ("cloudwatch", "PutMetricData"), ("dynamodbstreams", "GetRecords")})
"""Data events of kinds the emulator has no selectors for."""
_READS = ("BatchGet", "Describe", "Filter", "Get", "Head", "List", "Lookup", "Query", "Scan", "Search", "TransactGet")
_READING_KMS = frozenset({"Decrypt", "Encrypt", "Sign", "Verify", "GenerateMac", "VerifyMac", "ReEncrypt"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """What sort of event a call is."""

    data_type: str | None
    """The resource type of a data event; None for a management event."""
    read_only: bool
    resources: tuple[str, ...]


def kind_of(context: RequestContext, params: Params) -> Kind | None:
    """What a call is, or None if AWS would record none: traffic between services, or data without a selector."""
    service, operation = context.service, context.operation
    data_type = _data_type(service, operation, params)
    by_service = principal_of(context.caller.arn).kind is PrincipalKind.SERVICE
    if (service, operation) in _NEVER or context.caller.arn == "cloudtrail.amazonaws.com":
        return None
    if by_service and data_type is None and (service, operation) != ("sts", "AssumeRole"):
        return None
    asked = accesses(context, params)
    selects = bool(asked) and all(one.action == "dynamodb:PartiQLSelect" for one in asked)
    read_only = selects or operation.startswith(_READS) or (service == "kms" and _reads_kms(operation))
    resources = tuple(one.resource for one in asked if one.resource != "*")
    return Kind(data_type=data_type, read_only=read_only, resources=resources)


def _reads_kms(operation: str) -> bool:
    return operation in _READING_KMS or operation.startswith("Generate")


def _data_type(service: str, operation: str, params: Params) -> str | None:
    match service:
        case "lambda" if operation.startswith("Invoke"):
            return "AWS::Lambda::Function"
        case "dynamodb" if operation in _ITEM_OPERATIONS:
            return "AWS::DynamoDB::Table"
        case "s3" if "Key" in params or operation == "DeleteObjects":
            return "AWS::S3::Object"
        case _:
            return None


DEFAULT_SELECTORS: list[dict[str, Any]] = [
    {"ReadWriteType": "All", "IncludeManagementEvents": True, "DataResources": [], "ExcludeManagementEventSources": []}
]
"""What a new trail takes: management events."""


def takes(selectors: list[dict[str, Any]], kind: Kind, source: str) -> bool:
    """True if one of a trail's event selectors asks for an event."""
    return any(_selects(selector, kind, source) for selector in selectors)


def _selects(selector: dict[str, Any], kind: Kind, source: str) -> bool:
    wanted = selector.get("ReadWriteType", "All")
    if wanted != "All" and (wanted == "ReadOnly") != kind.read_only:
        return False
    if kind.data_type is None:
        excluded = selector.get("ExcludeManagementEventSources", ())
        return bool(selector.get("IncludeManagementEvents", True)) and source not in excluded
    return any(
        one["Type"] == kind.data_type and any(_covers(value, resource) for resource in kind.resources)
        for one in selector.get("DataResources", ())
        for value in one.get("Values", ())
    )


def _covers(value: str, resource: str) -> bool:
    """`arn:aws:lambda` and `arn:aws:s3` mean all; a function's ARN its versions too; a bucket's what is below."""
    if value in ("arn:aws:lambda", "arn:aws:dynamodb"):
        return resource.startswith(f"{value}:")
    if value in ("arn:aws:s3", "arn:aws:s3:::"):
        return resource.startswith("arn:aws:s3:::")
    if value.startswith("arn:aws:s3:::"):
        return resource.startswith(value)
    return resource == value or resource.startswith((f"{value}:", f"{value}/"))
