"""Errors of services as Step Functions names them: `Lambda.TooManyRequestsException`, `S3.NoSuchKeyException`."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from typing import TYPE_CHECKING

from mlfn_localstack.protocols.query_codes import query_code
from mlfn_localstack.services.stepfunctions.asl.failure import StateError
from mlfn_localstack.services.stepfunctions.integrations.models import error_codes, wire_status

if TYPE_CHECKING:
    from mlfn_localstack.service import ServiceError


@dataclass(frozen=True, slots=True, kw_only=True)
class ErrorStyle:
    """How an optimised integration names errors."""

    prefix: str
    fallback: str
    """The name of an error that the service's model does not list."""
    service: str
    """The service's name in causes."""


LAMBDA = ErrorStyle(prefix="Lambda", fallback="AWSLambdaException", service="AWSLambda")
DYNAMODB = ErrorStyle(prefix="DynamoDB", fallback="AmazonDynamoDBException", service="AmazonDynamoDBv2")
EVENTS = ErrorStyle(prefix="EventBridge", fallback="AmazonEventBridgeException", service="AmazonEventBridge")
SNS = ErrorStyle(prefix="SNS", fallback="AmazonSNSException", service="AmazonSNS")
SQS = ErrorStyle(prefix="SQS", fallback="AmazonSQSException", service="AmazonSQS")
STATES = ErrorStyle(prefix="StepFunctions", fallback="AWSStepFunctionsException", service="AWSStepFunctions")

_HEADS = {"HeadBucket": "NoSuchBucket", "HeadObject": "NoSuchKey"}
"""What the SDK takes a 404 for where answers have no body, and so errors neither code nor message."""


def optimised_failure(error: ServiceError, style: ErrorStyle, service: str) -> StateError:
    """The failure of a task of an optimised integration."""
    name = error.code if error.code in error_codes(service) else style.fallback
    if not name.endswith("Exception"):
        name = f"{name}Exception"
    cause = (
        f"{error.message} (Service: {style.service}; Status Code: {wire_status(service, error.status)};"
        f" Error Code: {query_code(service, error.code)}; Request ID: {uuid.uuid4()}; Proxy: null)"
    )
    return StateError(f"{style.prefix}.{name}", cause)


def sdk_failure(error: ServiceError, prefix: str, service: str, operation: str) -> StateError:
    """The failure of a task of an AWS SDK integration."""
    code, message = error.code, error.message
    if operation in _HEADS:
        code, message = _HEADS[operation] if error.status == 404 else code, "null"
    name = (code if code in error_codes(service) else prefix).removesuffix("Exception")
    extended = f", Extended Request ID: {uuid.uuid4().hex}" if service == "s3" else ""
    status = wire_status(service, error.status)
    cause = f"{message} (Service: {prefix}, Status Code: {status}, Request ID: {uuid.uuid4()}{extended})"
    return StateError(f"{prefix}.{name}Exception", cause)
