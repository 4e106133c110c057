"""Which calls a trail takes."""

from __future__ import annotations

from typing import Any

import pytest

from mlfn_localstack.service import Caller, RequestContext
from mlfn_localstack.services.cloudtrail.selection import DEFAULT_SELECTORS, kind_of, takes

ROOT = "arn:aws:iam::000000000000:root"
FUNCTION = "arn:aws:lambda:us-east-1:000000000000:function:f"


def context(service: str, operation: str, caller: str = ROOT) -> RequestContext:
    return RequestContext(
        service=service,
        operation=operation,
        region="us-east-1",
        account_id="000000000000",
        caller=Caller(arn=caller, account_id="000000000000", user_id="u", access_key="AKIA"),
        request_id="r",
        endpoint="http://127.0.0.1:4566",
    )


@pytest.mark.parametrize(
    ("values", "taken"),
    [
        (["arn:aws:lambda"], True),
        ([FUNCTION], True),
        ([f"{FUNCTION}:live"], True),
        ([f"{FUNCTION}:other"], False),
        ([f"{FUNCTION}x"], False),
        (["arn:aws:s3"], False),
    ],
)
def test_a_function_is_selected_by_its_arn(values: list[str], taken: bool) -> None:
    kind = kind_of(context("lambda", "Invoke"), {"FunctionName": "f", "Qualifier": "live"})
    selectors = [{"DataResources": [{"Type": "AWS::Lambda::Function", "Values": values}]}]

    assert kind is not None
    assert takes(selectors, kind, "lambda.amazonaws.com") is taken


@pytest.mark.parametrize(
    ("prefix", "taken"), [("arn:aws:s3:::b/", True), ("arn:aws:s3:::b/in/", True), ("arn:aws:s3:::b/out/", False)]
)
def test_an_object_is_selected_by_bucket_and_prefix(prefix: str, taken: bool) -> None:
    kind = kind_of(context("s3", "PutObject"), {"Bucket": "b", "Key": "in/x"})
    selectors = [{"DataResources": [{"Type": "AWS::S3::Object", "Values": [prefix]}]}]

    assert kind is not None
    assert takes(selectors, kind, "s3.amazonaws.com") is taken


@pytest.mark.parametrize(
    ("service", "operation", "params", "expected"),
    [
        ("iam", "CreateRole", {"RoleName": "r"}, True),
        ("lambda", "CreateFunction", {"FunctionName": "f", "Role": "r"}, True),
        ("lambda", "Invoke", {"FunctionName": "f"}, False),
        ("dynamodb", "PutItem", {"TableName": "t"}, False),
        ("dynamodb", "CreateTable", {"TableName": "t"}, True),
        ("s3", "GetObject", {"Bucket": "b", "Key": "k"}, False),
    ],
)
def test_a_new_trail_takes_management_events_only(service: str, operation: str, params: Any, expected: bool) -> None:
    kind = kind_of(context(service, operation), params)

    assert kind is not None
    assert takes(DEFAULT_SELECTORS, kind, f"{service}.amazonaws.com") is expected


@pytest.mark.parametrize(
    ("service", "operation", "caller"),
    [
        ("logs", "PutLogEvents", ROOT),
        ("logs", "CreateLogGroup", "lambda.amazonaws.com"),
        ("s3", "PutObject", "cloudtrail.amazonaws.com"),
    ],
    ids=["data-without-a-selector", "traffic-between-services", "its-own-delivery"],
)
def test_what_aws_does_not_record_is_no_event(service: str, operation: str, caller: str) -> None:
    assert kind_of(context(service, operation, caller), {"Bucket": "b", "Key": "k", "logGroupName": "g"}) is None


def test_a_service_that_calls_a_function_is_recorded() -> None:
    kind = kind_of(context("lambda", "Invoke", "apigateway.amazonaws.com"), {"FunctionName": "f"})

    assert kind is not None
    assert (kind.data_type, kind.read_only, kind.resources) == ("AWS::Lambda::Function", False, (FUNCTION,))


@pytest.mark.parametrize(
    ("statement", "reads"), [("SELECT * FROM t WHERE pk = 'a'", True), ("DELETE FROM t WHERE pk = 'a'", False)]
)
def test_a_statement_is_an_event_of_the_table_it_names(statement: str, reads: bool) -> None:
    kind = kind_of(context("dynamodb", "ExecuteStatement"), {"Statement": statement})

    assert kind is not None
    assert (kind.data_type, kind.read_only) == ("AWS::DynamoDB::Table", reads)
    assert kind.resources == ("arn:aws:dynamodb:us-east-1:000000000000:table/t",)
