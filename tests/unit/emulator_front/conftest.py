"""Requests as botocore makes them, turned into what the emulator's server hands on."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol
from urllib.parse import urlsplit

import pytest
from botocore.auth import S3SigV4Auth, S3SigV4QueryAuth, SigV4Auth, SigV4QueryAuth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from mlfn_localstack.auth.sigv4 import Credential, SigV4Authenticator
from mlfn_localstack.http import HttpRequest
from mlfn_localstack.service import Caller

if TYPE_CHECKING:
    from mlfn_localstack.auth.sigv4 import Credentials as IssuedCredentials

ACCESS_KEY = "AKIAEXAMPLE"
SECRET_KEY = "secret"
CALLER = Caller(arn="arn:aws:iam::000000000000:root", account_id="000000000000", user_id="0", access_key=ACCESS_KEY)


class Signer(Protocol):
    """Makes signed requests."""

    def __call__(
        self,
        url: str,
        *,
        method: str = "POST",
        service: str = "lambda",
        body: bytes = b"",
        headers: dict[str, str] | None = None,
        presigned: bool = False,
    ) -> HttpRequest:
        """A request signed by botocore."""


class _OneKey:
    def find(self, access_key: str, token: str | None) -> Credential | None:
        return Credential(secret_key=SECRET_KEY, caller=CALLER) if access_key == ACCESS_KEY else None


@pytest.fixture
def issued() -> IssuedCredentials:
    """One key that the emulator issued."""
    return _OneKey()


@pytest.fixture
def authenticator(issued: IssuedCredentials) -> SigV4Authenticator:
    """An authenticator that knows one key."""
    return SigV4Authenticator(issued, region="us-east-1")


@pytest.fixture
def sign() -> Signer:
    """Signs requests with the key that the authenticator knows."""

    def make(
        url: str,
        *,
        method: str = "POST",
        service: str = "lambda",
        body: bytes = b"",
        headers: dict[str, str] | None = None,
        presigned: bool = False,
    ) -> HttpRequest:
        request = AWSRequest(method, url, headers=headers or {}, data=body)
        kinds = {(False, False): SigV4Auth, (False, True): SigV4QueryAuth}
        kinds |= {(True, False): S3SigV4Auth, (True, True): S3SigV4QueryAuth}
        kinds[service == "s3", presigned](Credentials(ACCESS_KEY, SECRET_KEY), service, "us-east-1").add_auth(request)
        prepared = request.prepare()
        parts = urlsplit(prepared.url)
        sent = [(name.lower(), str(value)) for name, value in prepared.headers.items()]
        if "host" not in dict(sent):
            sent.append(("host", parts.netloc))
        return HttpRequest(
            method=method,
            raw_path=parts.path or "/",
            raw_query=parts.query,
            headers=tuple(sent),
            body=body,
            client="127.0.0.1",
        )

    return make
