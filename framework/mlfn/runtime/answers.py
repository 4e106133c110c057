"""Answers by ingress: problem+json (RFC 9457) or the gateway's response, a state's result, the value itself."""

from __future__ import annotations

from mlfn.jsontext import encoder
from mlfn.runtime.calls import API, STEP_FUNCTIONS
from mlfn.runtime.stack import error_body
from mlfn.shadowing import SHADOW

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from mlfn.runtime.refusal import Refusal

LARGEST = 6 * 1024 * 1024
"""Bytes of a synchronous response (https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html)."""
RECORD_HEADER = "mlfn-record"
EXECUTION_HEADER = "mlfn-execution"
DIGEST_HEADER = "mlfn-sha256"
"""With an answer that lies elsewhere: the SHA-256 of what is there, in hexadecimal digits."""
_encode = encoder(default=str)


def success(ingress: str, body: bytes, record: str, content_type: str = "application/json") -> bytes:
    """The payload that carries a result."""
    if ingress == API:
        return http_answer(200, body.decode(), content_type, record)
    if ingress == STEP_FUNCTIONS:
        return b'{"output":' + body + b',"record":"' + record.encode() + b'"}'
    if ingress == SHADOW:
        return b'{"record":"' + record.encode() + b'"}'  # a shadow's answer is nobody's
    return body


def refused(ingress: str, refusal: Refusal, invocation_id: str, record: str | None) -> tuple[bytes, str | None]:
    """The payload that turns a call away, and its error type if it is a function error."""
    if ingress == API:
        return problem(refusal.status, refusal.error_type, refusal.message, record, refusal.errors), None
    body = error_body(refusal.error_type, refusal.message, invocation_id)
    return to_json(_with_record(body, record)), refusal.error_type


def failed(ingress: str, body: dict[str, Any], record: str) -> tuple[bytes, str | None]:
    """The payload that tells of a model's exception, and its error type if it is a function error."""
    if ingress == API:
        return problem(500, body["errorType"], body["errorMessage"], record), None
    return to_json(_with_record(body, record)), body["errorType"]


def _with_record(body: dict[str, Any], record: str | None) -> dict[str, Any]:
    """The caller is told which record tells of its call: what follows a caught error in a pipeline names its parent."""
    return body if record is None else {**body, "record": record}


def problem(
    status: int,
    title: str,
    detail: str,
    record: str | None,
    errors: list[dict[str, Any]] | None = None,
    headers: dict[str, str] | None = None,
) -> bytes:
    """A gateway response with `application/problem+json`."""
    body: dict[str, Any] = {"type": "about:blank", "title": title, "status": status, "detail": detail}
    if errors:
        body["errors"] = errors
    return http_answer(status, _encode(body), "application/problem+json", record, headers)


def http_answer(
    status: int, body: str, content_type: str, record: str | None, headers: dict[str, str] | None = None
) -> bytes:
    """A response for API Gateway's payload format 2.0."""
    named = {"content-type": content_type, **(headers or {})}
    if record is not None:
        named[RECORD_HEADER] = record
    return to_json({"statusCode": status, "headers": named, "body": body, "isBase64Encoded": False})


def to_json(value: Any) -> bytes:
    """JSON bytes; half a surrogate pair, which a message may hold, becomes `?`."""
    return _encode(value).encode("utf-8", "replace")
