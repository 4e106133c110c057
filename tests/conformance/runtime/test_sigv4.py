"""Our signatures against botocore's."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import botocore.auth
import pytest
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials as BotoCredentials

from mlfn.runtime.sigv4 import Credentials, Request, amz_date, presigned, quoted, sign

NOW = datetime(2026, 11, 23, 6, 18, tzinfo=UTC)


def _botocores(request: Request, credentials: Credentials, service: str, monkeypatch: pytest.MonkeyPatch) -> Any:
    url = f"https://{request.headers['host']}{request.path}" + (f"?{request.query}" if request.query else "")
    other = AWSRequest(method=request.method, url=url, data=request.body, headers=dict(request.headers))
    kind = botocore.auth.S3SigV4Auth if service == "s3" else botocore.auth.SigV4Auth
    # botocore has no way to pass the time in.
    monkeypatch.setattr(botocore.auth, "get_current_datetime", lambda *_, **__: NOW.replace(tzinfo=None))
    own = BotoCredentials(credentials.access_key, credentials.secret_key, credentials.token)
    kind(own, service, "eu-west-1").add_auth(other)
    return other.headers


@pytest.mark.parametrize("token", [None, "session/token=="], ids=["key", "session"])
@pytest.mark.parametrize(
    ("service", "method", "path", "query", "body"),
    [
        ("dynamodb", "POST", "/", "", b'{"TableName": "t"}'),
        ("states", "POST", "/", "", "é".encode()),
        ("s3", "GET", f"/bucket/{quoted('a b/é+~.txt', safe=b'/')}", f"versionId={quoted('a/b=')}", b""),
    ],
    ids=["dynamodb", "states", "s3"],
)
def test_a_signature_is_botocores(
    service: str,
    method: str,
    path: str,
    query: str,
    body: bytes,
    token: str | None,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    headers = {"host": f"{service}.eu-west-1.amazonaws.com", "x-amz-target": "A  b.C"}
    if service == "s3":
        headers["x-amz-content-sha256"] = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
    request = Request(method, path, query, headers, body)
    credentials = Credentials("AKIDEXAMPLE", "secret+key/", token)
    expected = _botocores(request, credentials, service, monkeypatch)

    sign(request, credentials, service=service, region="eu-west-1", now_s=NOW.timestamp())

    assert request.headers["x-amz-date"] == expected["X-Amz-Date"] == amz_date(NOW.timestamp())
    assert request.headers["authorization"] == expected["Authorization"]


@pytest.mark.parametrize("token", [None, "session/token=="], ids=["key", "session"])
@pytest.mark.parametrize("method", ["PUT", "GET"])
def test_a_presigned_query_is_botocores(method: str, token: str | None, monkeypatch: pytest.MonkeyPatch) -> None:
    path = f"/bucket/{quoted('a b/é+~.txt', safe=b'/')}"
    headers = {"content-type": "image/png; a=b", "x-amz-meta-a": "b"} if method == "PUT" else {}
    host = "s3.eu-west-1.amazonaws.com"
    request = Request(method, path, "", {**headers, "host": host}, b"")
    other = AWSRequest(method=method, url=f"https://{host}{path}", headers=dict(headers))
    monkeypatch.setattr(botocore.auth, "get_current_datetime", lambda *_, **__: NOW.replace(tzinfo=None))
    own = BotoCredentials("AKIDEXAMPLE", "secret+key/", token)
    botocore.auth.S3SigV4QueryAuth(own, "s3", "eu-west-1", expires=900).add_auth(other)

    credentials = Credentials("AKIDEXAMPLE", "secret+key/", token)
    query = presigned(request, credentials, region="eu-west-1", now_s=NOW.timestamp(), expires_s=900)

    assert sorted(query.split("&")) == sorted(str(other.url).partition("?")[2].split("&"))
