"""The record of one event.

https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-event-reference-record-contents.html
"""

from __future__ import annotations

import json
import uuid
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from mlfn_localstack.auth.principals import PrincipalKind, principal_of
from mlfn_localstack.protocols.model import load_model

if TYPE_CHECKING:
    from mlfn_localstack.service import Params, RequestContext, Result, ServiceError
    from mlfn_localstack.services.cloudtrail.selection import Kind

EVENT_VERSION = "1.11"
_MAX_ELEMENTS_BYTES = 100_000
_SOURCES = {"apigatewayv2": "apigateway", "cloudwatch": "monitoring", "stepfunctions": "states"}
_SECOND_VERSIONS = frozenset(
    {
        "AddPermission",
        "GetFunction",
        "GetPolicy",
        "RemovePermission",
        "UpdateFunctionCode",
        "UpdateFunctionConfiguration",
    }
)
_SECRET = frozenset(
    {"Body", "CiphertextBlob", "Environment", "Mac", "Message", "Payload", "Plaintext", "SecretAccessKey", "Signature"}
    | {"ClientContext", "ZipFile", "authorizationToken", "input", "output", "Item", "Items", "Attributes"}
    | {"RandomPassword", "SecretBinary", "SecretString"}
)
"""Members that may hold somebody's data; CloudTrail leaves them out."""

Record = dict[str, Any]


def source_of(service: str) -> str:
    """The `eventSource` of a service."""
    return f"{_SOURCES.get(service, service)}.amazonaws.com"


def make_record(
    context: RequestContext, params: Params, kind: Kind, result: Result | None, error: ServiceError | None
) -> Record:
    """An event as CloudTrail writes it."""
    record: Record = {
        "eventVersion": EVENT_VERSION,
        "userIdentity": _identity(context),
        "eventTime": datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "eventSource": source_of(context.service),
        "eventName": _event_name(context),
        "awsRegion": context.region,
        "sourceIPAddress": context.source_ip or _calling_service(context),
        "userAgent": context.user_agent or _calling_service(context),
        **({"errorCode": error.code, "errorMessage": error.message} if error else {}),
        "requestParameters": _request_parameters(context, params),
        "responseElements": None if kind.read_only or kind.data_type or not result else _elements(result),
        **_additional(context, kind, result),
        "requestID": context.request_id,
        "eventID": str(uuid.uuid4()),
        "readOnly": kind.read_only,
        **({"resources": _resources(context, kind)} if kind.resources else {}),
        "eventType": "AwsApiCall",
        "managementEvent": kind.data_type is None,
        "recipientAccountId": context.account_id,
        "eventCategory": "Data" if kind.data_type else "Management",
    }
    return record


def _event_name(context: RequestContext) -> str:
    """The operation's name; Lambda's management events carry the date of the API they belong to."""
    name = context.operation
    if context.service != "lambda" or name.startswith("Invoke"):
        return name
    date = load_model("lambda").operations[name].uri.split("/")[1].replace("-", "")
    return f"{name}{date}{'v2' if name in _SECOND_VERSIONS else ''}"


def _identity(context: RequestContext) -> Record:
    caller = context.caller
    principal = principal_of(caller.arn)
    if principal.kind is PrincipalKind.SERVICE:
        return {"type": "AWSService", "invokedBy": caller.arn}
    if principal.kind is PrincipalKind.ANONYMOUS:
        return {"type": "AWSAccount", "principalId": "", "accountId": caller.arn}
    kinds = {PrincipalKind.ROOT: "Root", PrincipalKind.USER: "IAMUser", PrincipalKind.ROLE: "AssumedRole"}
    identity: Record = {
        "type": kinds[principal.kind],
        "principalId": caller.user_id,
        "arn": caller.arn,
        "accountId": caller.account_id,
        **({"accessKeyId": caller.access_key} if caller.access_key else {}),
    }
    if principal.kind is PrincipalKind.USER:
        identity["userName"] = principal.name
    if principal.kind is PrincipalKind.ROLE:
        identity["sessionContext"] = {
            "sessionIssuer": {
                "type": "Role",
                "principalId": caller.user_id.partition(":")[0],
                "arn": f"arn:aws:iam::{caller.account_id}:role/{principal.name}",
                "accountId": caller.account_id,
                "userName": principal.name,
            },
            "attributes": {"mfaAuthenticated": "false"},
        }
    if not context.source_ip and context.source_arn:
        identity["invokedBy"] = _calling_service(context)
    return identity


def _calling_service(context: RequestContext) -> str:
    """The service a neighbour's call comes from: its principal, or the service of the resource it acts for."""
    if not context.caller.arn.startswith("arn:"):
        return context.caller.arn
    service = context.source_arn.split(":")[2] if context.source_arn.startswith("arn:") else "aws"
    return f"{service}.amazonaws.com"


def _request_parameters(context: RequestContext, params: Params) -> Any:
    if context.operation == "PutParameter":
        params = {name: value for name, value in params.items() if name != "Value"}
    return None if not context.source_ip and context.service == "lambda" else _elements(params) or None


def _additional(context: RequestContext, kind: Kind, result: Result | None) -> Record:
    if context.service != "lambda" or not kind.data_type or not kind.resources:
        return {}
    version = (result or {}).get("ExecutedVersion")
    return {"additionalEventData": {"functionVersion": f"{_function(kind.resources[0])}:{version}"}} if version else {}


def _function(arn: str) -> str:
    return ":".join(arn.split(":")[:7])


def _resources(context: RequestContext, kind: Kind) -> list[Record]:
    if context.service == "lambda" and kind.data_type:
        return [{"accountId": context.account_id, "type": kind.data_type, "ARN": _function(kind.resources[0])}]
    typed = {"type": kind.data_type} if kind.data_type else {}
    return [{"accountId": context.account_id, **typed, "ARN": arn} for arn in kind.resources]


def _elements(value: Any) -> Any:
    """Parameters or results, without what may hold data, first letters in lower case."""
    shown = _shown(value)
    return shown if len(json.dumps(shown)) <= _MAX_ELEMENTS_BYTES else {"omitted": True}


def _shown(value: Any) -> Any:
    match value:
        case dict():
            return {
                key[:1].lower() + key[1:]: _shown(item)
                for key, item in value.items()
                if key not in _SECRET and not isinstance(item, (bytes, bytearray))
            }
        case list() | tuple():
            return [_shown(item) for item in value]
        case datetime():
            return value.strftime("%b %d, %Y, %I:%M:%S %p")
        case str() | bool() | int() | float() | None:
            return value
        case _:
            return str(type(value).__name__)
