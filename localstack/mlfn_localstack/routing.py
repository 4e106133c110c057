"""Which service a request is for, before anything else is known of it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mlfn_localstack.http import HttpRequest

_BY_TARGET = {
    "AWSEvents": "events",
    "AWSStepFunctions": "stepfunctions",
    "AmazonEC2ContainerRegistry_V20150921": "ecr",
    "AmazonSQS": "sqs",
    "AmazonSSM": "ssm",
    "CloudTrail_20131101": "cloudtrail",
    "DynamoDBStreams_20120810": "dynamodbstreams",
    "DynamoDB_20120810": "dynamodb",
    "GraniteServiceVersion20100801": "cloudwatch",
    "Logs_20140328": "logs",
    "TrentService": "kms",
    "secretsmanager": "secretsmanager",
}
_BY_SIGNING_NAME = {
    "apigateway": "apigatewayv2",
    "cloudformation": "cloudformation",
    "cloudtrail": "cloudtrail",
    "dynamodb": "dynamodb",
    "ecr": "ecr",
    "events": "events",
    "iam": "iam",
    "kms": "kms",
    "lambda": "lambda",
    "logs": "logs",
    "monitoring": "cloudwatch",
    "s3": "s3",
    "scheduler": "scheduler",
    "secretsmanager": "secretsmanager",
    "sns": "sns",
    "sqs": "sqs",
    "ssm": "ssm",
    "states": "stepfunctions",
    "sts": "sts",
}
_BY_QUERY_VERSION = {
    "2010-03-31": "sns",
    "2010-05-08": "iam",
    "2010-05-15": "cloudformation",
    "2010-08-01": "cloudwatch",
    "2011-06-15": "sts",
    "2012-11-05": "sqs",
}
_LAMBDA_PATH = re.compile(r"/20\d\d-\d\d-\d\d/")
_HOST_PREFIX = re.compile(r"(?:sync-)?([a-z0-9-]+)\.")
_BUCKET_HOST = re.compile(
    r"(?P<bucket>[a-z0-9][a-z0-9.-]{1,61}[a-z0-9])\.(?:s3[.-][a-z0-9.-]+|s3\.localhost|localhost)", re.IGNORECASE
)
_MAX_FORM_SCAN = 4096


def is_known_signing_name(name: str | None) -> bool:
    """True if that is how requests to one of AWS's APIs are signed (and not those to somebody's own API)."""
    return name in _BY_SIGNING_NAME


def service_of(request: HttpRequest, signed_for: str | None) -> str:
    """botocore's name of the service: by target, signature, form, path or host; S3 if nothing says otherwise."""
    target = request.fields.get("x-amz-target")
    if target is not None:
        service = _BY_TARGET.get(target.rpartition(".")[0].rpartition(".")[2])
        if service is not None:
            return service
    if signed_for is not None:
        return _BY_SIGNING_NAME.get(signed_for, signed_for)
    return _unsigned_service(request)


def _unsigned_service(request: HttpRequest) -> str:
    match = _HOST_PREFIX.match(request.header("host") or "")
    if match and match[1] in _BY_SIGNING_NAME:
        return _BY_SIGNING_NAME[match[1]]
    version = re.search(rb"(?:^|&)Version=([0-9-]{10})", request.body[:_MAX_FORM_SCAN])
    version_text = version[1].decode() if version else request.raw_query.partition("Version=")[2][:10]
    if version_text in _BY_QUERY_VERSION:
        return _BY_QUERY_VERSION[version_text]
    if _LAMBDA_PATH.match(request.raw_path):
        return "lambda"
    return "apigatewayv2" if request.raw_path.startswith("/v2/apis") else "s3"


def bucket_in_host(host: str) -> str | None:
    """The bucket of a virtual-host style request, from the Host header."""
    match = _BUCKET_HOST.fullmatch(host.partition(":")[0])
    return match["bucket"].lower() if match and match["bucket"].lower() != "s3" else None
