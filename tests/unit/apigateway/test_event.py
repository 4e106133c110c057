"""Requests as payload format 2.0."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from mlfn_localstack.http import HttpRequest
from mlfn_localstack.service import Caller
from mlfn_localstack.services.apigatewayv2.event import ApiCall, Authorization, iam_authorization, proxy_event

JANE = Caller(arn="arn:aws:iam::1:user/jane", account_id="1", user_id="AIDA", access_key="AKIA")


def event_of(*headers: tuple[str, str], authorization: Authorization | None = None, **fields: Any) -> dict[str, Any]:
    request = {
        "method": "POST",
        "raw_path": "/models/x",
        "raw_query": "",
        "headers": (("host", "abc.execute-api.localhost:4566"), *headers),
        "body": b"",
        "client": "127.0.0.1",
    }
    call = ApiCall(
        request=HttpRequest(**(request | fields)),
        request_id="JKJaXmPLvHcESHA=",
        account_id="000000000000",
        api_id="abc",
        stage="$default",
        stage_variables={},
        route_key="POST /models/x",
        path="/models/x",
        path_parameters=(),
        authorization=authorization,
        at=datetime(2026, 1, 2, 3, 4, 5, 678000, tzinfo=UTC),
    )
    return proxy_event(call)


def test_the_request_context_is_the_documented_one() -> None:
    event = event_of(("user-agent", "curl"))

    assert event["requestContext"] == {
        "accountId": "000000000000",
        "apiId": "abc",
        "domainName": "abc.execute-api.localhost:4566",
        "domainPrefix": "abc",
        "http": {
            "method": "POST",
            "path": "/models/x",
            "protocol": "HTTP/1.1",
            "sourceIp": "127.0.0.1",
            "userAgent": "curl",
        },
        "requestId": "JKJaXmPLvHcESHA=",
        "routeKey": "POST /models/x",
        "stage": "$default",
        "time": "02/Jan/2026:03:04:05 +0000",
        "timeEpoch": 1767323045678,
    }


def test_members_without_content_are_absent() -> None:
    absent = {"body", "cookies", "queryStringParameters", "pathParameters", "stageVariables"}

    assert not absent & event_of().keys()


def test_the_signer_is_in_the_authorizer_and_the_signature_is_not_passed_on() -> None:
    event = event_of(("authorization", "AWS4-HMAC-SHA256 …"), authorization=iam_authorization(JANE))

    assert event["requestContext"]["authorizer"]["iam"]["userArn"] == "arn:aws:iam::1:user/jane"
    assert "authorization" not in event["headers"]


def test_repeated_headers_and_parameters_are_joined_and_cookies_listed() -> None:
    event = event_of(("a", "1"), ("a", "2"), ("cookie", "x=1; y=2"), raw_query="q=1&q=2&r=%20")

    assert event["headers"]["a"] == "1,2"
    assert "cookie" not in event["headers"]
    assert event["cookies"] == ["x=1", "y=2"]
    assert event["queryStringParameters"] == {"q": "1,2", "r": " "}


@pytest.mark.parametrize(
    ("content_type", "body", "encoded"),
    [
        ("application/json", b"{}", False),
        ("text/plain; charset=utf-8", b"hi", False),
        ("application/cloudevents+json", b"{}", False),
        ("application/json", b"\xff", True),
        ("image/png", b"png", True),
        ("application/x-www-form-urlencoded", b"a=1", True),
        ("", b"hi", False),
    ],
    ids=str,
)
def test_binary_bodies_are_base64(content_type: str, body: bytes, encoded: bool) -> None:
    assert event_of(("content-type", content_type), body=body)["isBase64Encoded"] is encoded


def test_a_forged_forwarding_header_does_not_change_the_source() -> None:
    event = event_of(("x-forwarded-for", "8.8.8.8"))

    assert event["requestContext"]["http"]["sourceIp"] == "127.0.0.1"
    assert event["headers"]["x-forwarded-for"] == "8.8.8.8, 127.0.0.1"
