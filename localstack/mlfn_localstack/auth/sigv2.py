"""Signature Version 2 in the query string: what boto3 and version 1 of the AWS CLI still presign S3 URLs with.

https://docs.aws.amazon.com/AmazonS3/latest/userguide/RESTAuthentication.html
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from typing import TYPE_CHECKING
from urllib.parse import unquote

from mlfn_localstack.auth.claim import Claim
from mlfn_localstack.auth.s3_refusals import expired
from mlfn_localstack.routing import bucket_in_host
from mlfn_localstack.service import ServiceError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mlfn_localstack.http import HttpRequest

_REQUIRED = ("Signature", "Expires", "AWSAccessKeyId")
_MAX_DIGITS = 18
"""Of a number of seconds: thousands would be no number to Python."""
_SUBRESOURCES = frozenset(
    [
        "accelerate",
        "acl",
        "analytics",
        "cors",
        "delete",
        "inventory",
        "lifecycle",
        "location",
        "logging",
        "metrics",
        "notification",
        "object-lock",
        "partNumber",
        "policy",
        "replication",
        "requestPayment",
        "restore",
        "select",
        "select-type",
        "storageClass",
        "tagging",
        "torrent",
        "uploadId",
        "uploads",
        "versionId",
        "versioning",
        "versions",
        "website",
        "response-cache-control",
        "response-content-disposition",
        "response-content-encoding",
        "response-content-language",
        "response-content-type",
        "response-expires",
    ]
)


def is_version_2(request: HttpRequest) -> bool:
    """True if the query string is signed in version 2's way."""
    return "AWSAccessKeyId=" in request.raw_query


def read_version_2(request: HttpRequest, now: float) -> Claim:
    """The claim of a presigned URL that has not expired.

    Raises:
        ServiceError: it is not complete, or too old.
    """
    query = dict(_pairs(request))
    if any(name not in query for name in _REQUIRED):
        names = "Signature, Expires and AWSAccessKeyId"
        raise _denied(f"Query-string authentication requires the {names} parameters")
    expires = query["Expires"]
    if not (expires.isascii() and expires.isdigit() and len(expires) <= _MAX_DIGITS):
        raise _denied(f"Invalid date (should be seconds since epoch): {expires[:40]}")
    if int(expires) < now:
        raise expired(int(expires), now)
    return _claim(query["AWSAccessKeyId"], query["Signature"], expires, query.get("x-amz-security-token"))


def read_form_2(fields: Mapping[str, str]) -> Claim:
    """The claim of a form, whose fields have lower-case names."""
    return _claim(fields["awsaccesskeyid"], fields["signature"], "", fields.get("x-amz-security-token"))


def _claim(access_key: str, signature: str, expires: str, token: str | None) -> Claim:
    return Claim(
        access_key=access_key,
        date="",
        region="",
        service="s3",
        signed_headers=(),
        signature=signature,
        timestamp=expires,
        token=token,
        expires_s=None,
    )


def sign_2(text: str, secret_key: str) -> str:
    """The signature of a text."""
    return base64.b64encode(hmac.digest(secret_key.encode(), text.encode("utf-8"), hashlib.sha1)).decode()


def text_2(request: HttpRequest, claim: Claim) -> str:
    """What a URL's signature is of."""
    headers: dict[str, list[str]] = {}
    for name, value in (*request.headers, *_pairs(request)):
        headers.setdefault(name, []).append(value.strip())
    amz = "".join(f"{name}:{','.join(headers[name])}\n" for name in sorted(headers) if name.startswith("x-amz-"))
    md5, kind = (headers.get(name, [""])[0] for name in ("content-md5", "content-type"))
    return f"{request.method}\n{md5}\n{kind}\n{claim.timestamp}\n{amz}{_resource(request)}"


def _resource(request: HttpRequest) -> str:
    bucket = bucket_in_host(request.header("host") or "")
    path = request.raw_path if bucket is None else f"/{bucket}{request.raw_path}"
    found = sorted((name, value) for name, value in _pairs(request) if name in _SUBRESOURCES)
    parts = [f"{name}={value}" if value else name for name, value in found]
    return f"{path}?{'&'.join(parts)}" if parts else path


def _pairs(request: HttpRequest) -> list[tuple[str, str]]:
    parts = [part.partition("=") for part in request.raw_query.split("&") if part]
    return [(unquote(name), unquote(value.replace("+", " "))) for name, _, value in parts]


def _denied(message: str) -> ServiceError:
    return ServiceError("AccessDenied", message, status=403)
