"""Functions' results as HTTP answers."""

from __future__ import annotations

import json
from typing import Any

import pytest

from mlfn_localstack.services.apigatewayv2.response import MalformedResultError, from_result


@pytest.mark.parametrize(
    ("result", "body"),
    [("Hello", b"Hello"), ({"a": 1}, b'{"a": 1}'), ([1], b"[1]"), (None, b"null"), (3.5, b"3.5")],
    ids=str,
)
def test_a_result_without_status_code_is_a_json_answer(result: Any, body: bytes) -> None:
    answer = from_result(json.dumps(result).encode())

    assert (answer.status, answer.headers, answer.body) == (200, (("content-type", "application/json"),), body)


def test_a_proxy_response_sets_status_headers_cookies_and_body() -> None:
    result = {
        "statusCode": "201",
        "headers": {"X-Model": 7, "Content-Type": "a/b"},
        "cookies": ["a=1", "b=2"],
        "body": "é",
    }

    answer = from_result(json.dumps(result).encode())

    assert answer.status == 201
    assert answer.body == "é".encode()
    assert answer.headers == (("x-model", "7"), ("content-type", "a/b"), ("set-cookie", "a=1"), ("set-cookie", "b=2"))


def test_a_base64_body_is_decoded() -> None:
    assert from_result(b'{"statusCode": 200, "body": "AP8=", "isBase64Encoded": true}').body == b"\x00\xff"


@pytest.mark.parametrize(
    "result",
    [
        {"statusCode": "abc"},
        {"statusCode": 99},
        {"statusCode": True},
        {"statusCode": 200, "body": {"a": 1}},
        {"statusCode": 200, "headers": []},
        {"statusCode": 200, "headers": {"a": "b\r\nset-cookie: evil"}},
        {"statusCode": 200, "cookies": "a=b"},
        {"statusCode": 200, "body": "***", "isBase64Encoded": True},
    ],
    ids=str,
)
def test_a_malformed_proxy_response_is_refused(result: dict[str, Any]) -> None:
    with pytest.raises(MalformedResultError):
        from_result(json.dumps(result).encode())


def test_a_result_cannot_frame_the_answer() -> None:
    result = {"statusCode": 200, "headers": {"Content-Length": "5", "Transfer-Encoding": "chunked"}}

    assert from_result(json.dumps(result).encode()).headers == (("content-type", "text/plain;charset=UTF-8"),)


def test_a_body_without_a_type_has_the_type_of_whoever_answers() -> None:
    typed = b'{"statusCode": 200, "headers": {"Content-Type": "a/b"}}'

    assert from_result(b'{"statusCode": 200}', ("content-type", "c/d")).headers == (("content-type", "c/d"),)
    assert from_result(typed, ("content-type", "c/d")).headers == (("content-type", "a/b"),)
