"""What a signed request claims: key, scope, signed headers and signature, from its header or its query string.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import unquote

from mlfn_localstack.auth.refusals import Refusal, refuse
from mlfn_localstack.service import ServiceError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mlfn_localstack.http import HttpRequest

ALGORITHM = "AWS4-HMAC-SHA256"
_START = ALGORITHM + " "
_FIELD = re.compile(r" *(Credential|SignedHeaders|Signature)=([^,\s]+)")
_CREDENTIAL_END = re.compile(r"[,\s&]")
_TIMESTAMP = re.compile(r"\d{8}T\d{6}Z")
_SIGNATURE = re.compile(r"[0-9a-f]{64}")
_MAX_EXPIRES_S = 604_800
_QUERY_FIELDS = ("X-Amz-Algorithm", "X-Amz-Credential", "X-Amz-Date", "X-Amz-SignedHeaders", "X-Amz-Signature")


class Claim(NamedTuple):
    """Not verified yet."""

    access_key: str
    date: str
    region: str
    service: str
    signed_headers: tuple[str, ...]
    signature: str
    timestamp: str
    token: str | None
    expires_s: int | None
    """Seconds a presigned URL is good for; None for a signature in the header."""

    @property
    def scope(self) -> str:
        """The credential scope: date, region and service."""
        return f"{self.date}/{self.region}/{self.service}/aws4_request"


def is_presigned(request: HttpRequest) -> bool:
    """True if the signature is in the query string."""
    return "X-Amz-Signature=" in request.raw_query or "X-Amz-Credential=" in request.raw_query


def claimed_service(request: HttpRequest) -> str | None:
    """The service a request says it is signed for, or None if it is not signed."""
    credential = request.fields.get("authorization", "")
    scope = _usual_scope(credential[:-64])
    if scope is not None:
        return scope[3]
    start = credential.find("Credential=")
    if start < 0 and is_presigned(request):
        credential = unquote(request.raw_query)
        start = credential.find("X-Amz-Credential=") + 6
    return _service_in(credential[start:].partition(",")[0]) if start >= 0 else None


@lru_cache(maxsize=256)
def _service_in(credential: str) -> str | None:
    parts = _CREDENTIAL_END.split(credential, maxsplit=1)[0].split("/")
    return parts[-2] if len(parts) >= 5 else None


def read_claim(request: HttpRequest, service: str) -> Claim:
    """The claim of a request.

    Raises:
        ServiceError: the request is not signed, or its signature is not complete.
    """
    presigned = request.raw_query != "" and is_presigned(request)
    authorization = request.fields.get("authorization")
    if authorization is not None and not presigned and authorization.startswith(_START):
        usual = _usual_claim(request, authorization)
        if usual is not None:
            return usual
    return _read_any_claim(request, service, presigned=presigned)


def _read_any_claim(request: HttpRequest, service: str, *, presigned: bool) -> Claim:
    """The claim in whatever form it has, or the refusal that AWS words for it."""
    values = [value for name, value in request.headers if name == "authorization"]
    if presigned:
        if values:
            raise _two_mechanisms(service, values[0])
        return _from_query(request, service)
    if service == "s3" and "".join(values).startswith("AWS "):
        message = "The authorization mechanism you have provided is not supported. Please use AWS4-HMAC-SHA256."
        raise ServiceError("InvalidRequest", message)
    if not values:
        raise refuse(service, Refusal.MISSING)
    if len(values) > 1 or not values[0].startswith(_START):
        message = f"The Authorization header must come once and use {ALGORITHM}."
        raise refuse(service, Refusal.INCOMPLETE, message)
    return _from_header(request, values[0], service)


def _from_header(request: HttpRequest, authorization: str, service: str) -> Claim:
    fields = _fields(authorization)
    if fields is None:
        raise refuse(service, Refusal.INCOMPLETE, "The Authorization header is not well-formed.")
    missing = [name for name in ("Credential", "Signature", "SignedHeaders") if name not in fields]
    if missing:
        named = " ".join(f"Authorization header requires '{name}' parameter." for name in missing)
        raise refuse(service, Refusal.INCOMPLETE, f"{named} Authorization={ALGORITHM}")
    timestamp = _only(request, "x-amz-date", service)
    if timestamp is None:
        message = "Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header."
        raise refuse(service, Refusal.INCOMPLETE, message)
    return _claim(
        service,
        fields["Credential"],
        signed_headers=fields["SignedHeaders"],
        signature=fields["Signature"],
        timestamp=timestamp,
        token=_only(request, "x-amz-security-token", service),
    )


def _usual_claim(request: HttpRequest, authorization: str) -> Claim | None:
    """The claim as SDKs write it, the signature last: what is before that is the same for a day. None if it differs."""
    scope = _usual_scope(authorization[:-64])
    fields = request.fields
    timestamp = fields.get("x-amz-date", "")
    is_plain = scope is not None and _is_timestamp(timestamp) and len(fields) == len(request.headers)
    if scope is None or not is_plain or not _SIGNATURE.fullmatch(authorization, len(authorization) - 64):
        return None
    return Claim(*scope, authorization[-64:], timestamp, fields.get("x-amz-security-token"), None)


@lru_cache(maxsize=256)
def _usual_scope(text: str) -> tuple[str, str, str, str, tuple[str, ...]] | None:
    """Access key, date, region, service and signed headers of a header up to its signature."""
    fields = _fields(text + "0" * 64) if text.endswith("Signature=") else None
    if fields is None or len(fields) != 3:
        return None
    parts = fields["Credential"].split("/")
    if len(parts) != 5 or parts[4] != "aws4_request":
        return None
    return parts[0], parts[1], parts[2], parts[3], tuple(fields["SignedHeaders"].split(";"))


@lru_cache(maxsize=256)
def _is_timestamp(text: str) -> bool:
    return _TIMESTAMP.fullmatch(text) is not None


def _fields(authorization: str) -> dict[str, str] | None:
    parts = [_FIELD.fullmatch(part) for part in authorization.removeprefix(f"{ALGORITHM} ").split(",")]
    fields = {match[1]: match[2] for match in parts if match}
    return fields if len(fields) == len(parts) else None


def _from_query(request: HttpRequest, service: str) -> Claim:
    fields: dict[str, str] = {}
    for part in request.raw_query.split("&"):
        name, _, value = part.partition("=")
        if name.startswith("X-Amz-") and name in fields:
            raise _bad_query(service, f"{name} comes more than once.")
        fields[unquote(name)] = unquote(value)
    _check_query(fields, service)
    expires = fields.get("X-Amz-Expires", "300" if service != "s3" else "")
    if not re.fullmatch("-?[0-9]{1,18}", expires):
        raise _bad_query(service, "X-Amz-Expires should be a number")
    if int(expires) > _MAX_EXPIRES_S:
        week = "that is, the given X-Amz-Expires must be less than 604800 seconds"
        raise _bad_query(service, f"X-Amz-Expires must be less than a week (in seconds); {week}")
    if int(expires) < 0:
        raise _bad_query(service, "X-Amz-Expires must be non-negative")
    return _claim(
        service,
        fields["X-Amz-Credential"],
        signed_headers=fields["X-Amz-SignedHeaders"],
        signature=fields["X-Amz-Signature"],
        timestamp=fields["X-Amz-Date"],
        token=fields.get("X-Amz-Security-Token"),
        expires_s=int(expires),
    )


def _check_query(fields: dict[str, str], service: str) -> None:
    required = (*_QUERY_FIELDS, *(("X-Amz-Expires",) if service == "s3" else ()))
    missing = [name for name in required if name not in fields]
    if missing and service == "s3":
        message = (
            "Query-string authentication version 4 requires the X-Amz-Algorithm, X-Amz-Credential, X-Amz-Signature, "
            "X-Amz-Date, X-Amz-SignedHeaders, and X-Amz-Expires parameters."
        )
        raise _bad_query(service, message)
    if missing:
        raise _bad_query(service, f"The query string must hold valid parameters: {', '.join(missing)}.")
    if fields["X-Amz-Algorithm"] != ALGORITHM:
        raise _bad_query(service, f'X-Amz-Algorithm only supports "{ALGORITHM}"')


def _two_mechanisms(service: str, authorization: str) -> ServiceError:
    if service != "s3":
        return refuse(service, Refusal.INCOMPLETE, "Only one authentication mechanism is allowed.")
    message = (
        "Only one auth mechanism allowed; only the X-Amz-Algorithm query parameter, Signature query string parameter "
        "or the Authorization header should be specified"
    )
    fields = {"ArgumentName": "Authorization", "ArgumentValue": authorization}
    return ServiceError("InvalidArgument", message, fields=fields)


def read_form_claim(fields: Mapping[str, str]) -> Claim:
    """The claim of a form, whose fields have lower-case names.

    Raises:
        ServiceError: it is not well-formed.
    """
    if fields["x-amz-algorithm"] != ALGORITHM:
        raise _bad_query("s3", f'X-Amz-Algorithm only supports "{ALGORITHM}"')
    return _claim(
        "s3",
        fields["x-amz-credential"],
        signed_headers="",
        signature=fields["x-amz-signature"],
        timestamp=fields["x-amz-date"],
        token=fields.get("x-amz-security-token"),
        expires_s=0,
    )


def _bad_query(service: str, message: str) -> ServiceError:
    if service == "s3":
        return ServiceError("AuthorizationQueryParametersError", message)
    return refuse(service, Refusal.INCOMPLETE, message)


def _claim(
    service: str,
    credential: str,
    *,
    signed_headers: str,
    signature: str,
    timestamp: str,
    token: str | None,
    expires_s: int | None = None,
) -> Claim:
    parts = credential.split("/")
    if len(parts) != 5 or parts[4] != "aws4_request":
        raise _malformed_credential(credential, service, in_query=expires_s is not None)
    if not _TIMESTAMP.fullmatch(timestamp):
        if service == "s3" and expires_s is not None:
            raise _bad_query(service, "X-Amz-Date must be in the ISO8601 Long Format \"yyyyMMdd'T'HHmmss'Z'\"")
        message = "Date must be in ISO-8601 'basic format'."
        raise refuse(service, Refusal.INCOMPLETE, f"{message} Got '{timestamp[:40]}'.")
    if not _SIGNATURE.fullmatch(signature):
        raise refuse(service, Refusal.MISMATCH)
    return Claim(
        access_key=parts[0],
        date=parts[1],
        region=parts[2],
        service=parts[3],
        signed_headers=tuple(signed_headers.split(";")),
        signature=signature,
        timestamp=timestamp,
        token=token,
        expires_s=expires_s,
    )


def _malformed_credential(credential: str, service: str, *, in_query: bool) -> ServiceError:
    if service != "s3":
        message = "Credential must have exactly 5 slash-delimited elements, e.g. keyid/date/region/service/term"
        return refuse(service, Refusal.INCOMPLETE, f"{message}, got '{credential[:200]}'")
    expected = 'the Credential is mal-formed; expecting "<YOUR-AKID>/YYYYMMDD/REGION/SERVICE/aws4_request".'
    if in_query:
        return _bad_query(service, f"Error parsing the X-Amz-Credential parameter; {expected}")
    return refuse(service, Refusal.INCOMPLETE, f"The authorization header is malformed; {expected}")


def _only(request: HttpRequest, name: str, service: str) -> str | None:
    value = request.header(name)
    if value is not None and sum(key == name for key, _ in request.headers) > 1:
        raise refuse(service, Refusal.INCOMPLETE, f"The header {name!r} comes more than once.")
    return value
