# ruff: noqa: E501 - tables of requests read best one to a line
"""Our wire protocols against botocore's own serialisers and parsers."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode

import pytest
from botocore.awsrequest import HeadersDict
from botocore.loaders import Loader
from botocore.model import ServiceModel
from botocore.parsers import create_parser
from botocore.serialize import create_serializer

from mlfn_localstack.http import HttpRequest
from mlfn_localstack.protocols import wire_protocol
from mlfn_localstack.service import ServiceError

MOMENT = datetime(2026, 11, 23, 6, 30, tzinfo=UTC)
TRUST = '{"Version":"2012-10-17"}'


def _model(service: str) -> ServiceModel:
    return ServiceModel(Loader().load_service_model(service, "service-2"), service)


def _request(service: str, operation: str, params: dict[str, Any]) -> HttpRequest:
    model = _model(service)
    made = create_serializer(model.protocol).serialize_to_request(params, model.operation_model(operation))
    body = made["body"]
    if isinstance(body, dict):
        body = urlencode(body)
    query = made["query_string"]
    if not isinstance(query, str):
        query = urlencode(query, doseq=True)
    path, _, literal = made["url_path"].partition("?")
    return HttpRequest(
        method=made["method"],
        raw_path=path,
        raw_query="&".join(part for part in (literal, query) if part),
        headers=tuple((name.lower(), str(value)) for name, value in made["headers"].items()),
        body=body.encode() if isinstance(body, str) else body,
        client="127.0.0.1",
    )


REQUESTS = [
    ("dynamodb", "PutItem", {"TableName": "tab", "Item": {"a": {"S": "é"}, "b": {"B": b"\x00\xff"}, "c": {"NULL": True}}}),
    ("dynamodb", "Query", {"TableName": "tab", "Limit": 3, "ExclusiveStartKey": {"k": {"BS": [b"1", b"2"]}}}),
    ("lambda", "Invoke", {"FunctionName": "f", "Qualifier": "live", "LogType": "Tail", "Payload": b"\xff{}"}),
    ("lambda", "CreateFunction", {"FunctionName": "f", "Role": "arn:aws:iam::000000000000:role/r", "Code": {"ZipFile": b"PK\x00"}, "MemorySize": 512, "Environment": {"Variables": {"AB": "b"}}}),
    ("lambda", "UntagResource", {"Resource": "arn:aws:lambda:us-east-1:000000000000:function:f", "TagKeys": ["a b", "c"]}),
    ("stepfunctions", "StartExecution", {"stateMachineArn": "arn:x", "name": "n", "input": "{}"}),
    ("logs", "PutLogEvents", {"logGroupName": "g", "logStreamName": "s", "logEvents": [{"timestamp": 1, "message": "m"}]}),
    ("ecr", "BatchGetImage", {"repositoryName": "rep", "imageIds": [{"imageTag": "t"}]}),
    ("iam", "CreateRole", {"RoleName": "r", "AssumeRolePolicyDocument": TRUST, "Tags": [{"Key": "a", "Value": "b c+d="}], "MaxSessionDuration": 3600}),
    ("sts", "AssumeRole", {"RoleArn": "arn:aws:iam::000000000000:role/r", "RoleSessionName": "me", "DurationSeconds": 900}),
    ("cloudformation", "CreateChangeSet", {"StackName": "s", "ChangeSetName": "c", "Parameters": [{"ParameterKey": "k", "ParameterValue": "v", "UsePreviousValue": False}], "Capabilities": ["CAPABILITY_IAM"]}),
    ("s3", "PutObject", {"Bucket": "buck", "Key": "a/b c", "Body": b"\x00", "Metadata": {"k": "v"}, "ContentType": "t/x"}),
    ("s3", "GetObject", {"Bucket": "buck", "Key": "k", "VersionId": "v", "IfModifiedSince": MOMENT}),
    ("s3", "ListObjectsV2", {"Bucket": "buck", "Prefix": "a/b", "MaxKeys": 5, "FetchOwner": True}),
    ("s3", "UploadPart", {"Bucket": "buck", "Key": "k", "PartNumber": 2, "UploadId": "u", "Body": b"x"}),
    ("s3", "CompleteMultipartUpload", {"Bucket": "buck", "Key": "k", "UploadId": "u", "MultipartUpload": {"Parts": [{"ETag": '"e"', "PartNumber": 1}]}}),
    ("s3", "PutBucketVersioning", {"Bucket": "buck", "VersioningConfiguration": {"Status": "Enabled"}}),
    ("s3", "DeleteObjects", {"Bucket": "buck", "Delete": {"Objects": [{"Key": "a"}, {"Key": "b"}], "Quiet": True}}),
    ("apigatewayv2", "GetTags", {"ResourceArn": "arn:aws:apigateway:us-east-1::/apis/a"}),
    ("apigatewayv2", "CreateRoute", {"ApiId": "a", "RouteKey": "POST /x", "AuthorizationType": "AWS_IAM"}),
]  # fmt: skip


@pytest.mark.parametrize(("service", "operation", "params"), REQUESTS, ids=[f"{s}:{o}" for s, o, _ in REQUESTS])
def test_what_botocore_sends_is_read_as_it_was_given(service: str, operation: str, params: dict[str, Any]) -> None:
    found, read = wire_protocol(service).parse(_request(service, operation, params))

    assert found.name == operation
    assert read == params


RESULTS = [
    ("dynamodb", "GetItem", {"Item": {"a": {"B": b"\x00"}, "n": {"N": "1"}, "l": {"L": [{"S": "é"}]}}}),
    ("dynamodb", "DescribeTable", {"Table": {"TableName": "tab", "CreationDateTime": MOMENT}}),
    ("lambda", "GetFunctionConfiguration", {"FunctionName": "f", "MemorySize": 128, "Environment": {"Variables": {"A": "b"}}}),
    ("stepfunctions", "DescribeExecution", {"executionArn": "a", "stateMachineArn": "b", "status": "RUNNING", "startDate": MOMENT}),
    ("apigatewayv2", "GetApi", {"ApiId": "a", "Name": "n", "CreatedDate": MOMENT, "Tags": {"k": "v"}, "CorsConfiguration": {"AllowOrigins": ["*"]}}),
    ("iam", "ListRolePolicies", {"PolicyNames": ["a", "b<&>"], "IsTruncated": False}),
    ("sts", "GetCallerIdentity", {"UserId": "u", "Account": "000000000000", "Arn": "arn"}),
    ("cloudformation", "DescribeStacks", {"Stacks": [{"StackName": "s", "CreationTime": MOMENT, "StackStatus": "CREATE_COMPLETE", "Outputs": [{"OutputKey": "k", "OutputValue": "v"}]}]}),
    ("s3", "ListObjectsV2", {"IsTruncated": False, "Contents": [{"Key": "a b", "Size": 3, "LastModified": MOMENT}], "CommonPrefixes": [{"Prefix": "p/"}]}),
    ("s3", "HeadObject", {"ContentLength": 3, "ETag": '"e"', "LastModified": MOMENT, "Metadata": {"k": "v"}}),
    ("s3", "GetBucketEncryption", {"ServerSideEncryptionConfiguration": {"Rules": [{"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}}]}}),
]  # fmt: skip


@pytest.mark.parametrize(("service", "operation", "result"), RESULTS, ids=[f"{s}:{o}" for s, o, _ in RESULTS])
def test_what_we_send_is_read_by_botocore_as_it_was_meant(service: str, operation: str, result: dict[str, Any]) -> None:
    protocol, model = wire_protocol(service), _model(service)
    response = protocol.serialise(protocol.model.operations[operation], result, "id")

    parsed = create_parser(model.protocol).parse(
        {"status_code": response.status, "headers": HeadersDict(dict(response.headers)), "body": response.body},
        model.operation_model(operation).output_shape,  # type: ignore[arg-type]  # all of these have one
    )
    parsed.pop("ResponseMetadata")
    assert parsed == result


@pytest.mark.parametrize(
    ("service", "code", "status"),
    [
        ("dynamodb", "ResourceNotFoundException", 400),
        ("lambda", "ResourceNotFoundException", 404),
        ("iam", "NoSuchEntity", 404),
        ("s3", "NoSuchKey", 404),
        ("cloudformation", "ValidationError", 400),
    ],
)
def test_errors_are_read_by_botocore(service: str, code: str, status: int) -> None:
    response = wire_protocol(service).error(ServiceError(code, "it is <not> there"), "id")

    parsed = create_parser(_model(service).protocol).parse(
        {"status_code": response.status, "headers": HeadersDict(dict(response.headers)), "body": response.body},
        None,  # type: ignore[arg-type]  # as botocore calls it for errors
    )
    assert (parsed["Error"]["Code"], parsed["Error"]["Message"]) == (code, "it is <not> there")
    assert response.status == status


@pytest.mark.parametrize(
    "body",
    [b"", b"[]", b"nope", b'{"TableName": NaN}', b'{"TableName": 1e999}', b'{"TableName": "\\ud800"}', b'{"TableName": 5}',
     b"[" * 100_000, b'{"TableName": ' + b"1" * 5_000 + b"}", b"\xff\xfe{\x00}\x00", b"\xef\xbb\xbf{}"],
    ids=range(11),
)  # fmt: skip
def test_a_hostile_json_body_is_a_client_error(body: bytes) -> None:
    request = _request("dynamodb", "DescribeTable", {"TableName": "x"})
    hostile = HttpRequest(
        method="POST", raw_path="/", raw_query="", headers=request.headers, body=body, client="127.0.0.1"
    )

    with pytest.raises(ServiceError) as caught:
        wire_protocol("dynamodb").parse(hostile)
    assert caught.value.status == 400


@pytest.mark.parametrize("number", ["9223372036854775808", "1e30", "123456789012345678901234567890"])
def test_an_integer_that_no_64_bits_hold_is_out_of_range(number: str) -> None:
    request = _request("dynamodb", "Query", {"TableName": "x"})
    hostile = replace(request, body=f'{{"TableName": "x", "Limit": {number}}}'.encode())

    with pytest.raises(ServiceError, match="Numeric value out of range"):
        wire_protocol("dynamodb").parse(hostile)


def test_validation_names_every_mistake() -> None:
    request = _request("lambda", "CreateFunction", {"FunctionName": "f", "Role": "arn", "Code": {}})
    hostile = replace(request, body=b'{"FunctionName": "f", "Code": {}, "MemorySize": 1}')

    with pytest.raises(ServiceError, match="2 validation errors detected") as caught:
        wire_protocol("lambda").parse(hostile)
    assert "Value null at 'role'" in caught.value.message
    assert "Member must have value greater than or equal to 128" in caught.value.message


@pytest.mark.parametrize("entity", ["<!DOCTYPE a [<!ENTITY b 'c'>]><Delete>&b;</Delete>", "<Delete>", "\x00"])
def test_hostile_xml_is_malformed(entity: str) -> None:
    request = _request("s3", "DeleteObjects", {"Bucket": "buck", "Delete": {"Objects": []}})
    hostile = HttpRequest(
        method="POST", raw_path="/buck", raw_query="delete", headers=request.headers, body=entity.encode(), client=""
    )

    with pytest.raises(ServiceError, match="MalformedXML"):
        wire_protocol("s3").parse(hostile)
